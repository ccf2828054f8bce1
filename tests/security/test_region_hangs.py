"""A region that takes calls and answers none: what control does without it, it does as if the region was not there."""

import socket
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from statistics import median

import httpx
import pytest

from control_silo.models.app import SentryApp
from control_silo.models.region import RegisteredRegion
from control_silo.services.region_line import MAX_WAITING, RegionLine
from control_silo.services.user import NewUser
from shared.clock import SystemClock
from shared.domain.peer import CONTROL
from shared.errors import DeadlineExceeded, SiloUnreachable
from tests.http_silos import HttpSilos, serving_http
from tests.silos import Silos, running_silos

CALLERS = 40
SOON_SECONDS = 0.5


@dataclass
class Stage:
    """``acme`` lives in ``us``, ``globex`` in ``de``, which hangs; each has an app that nobody else has installed."""

    silos: Silos
    http: HttpSilos
    owner: NewUser
    app: SentryApp
    lost: SentryApp

    def log_of(self, app: SentryApp) -> httpx.Response:
        path = f"/api/0/sentry-apps/{app.slug}/webhook-requests/"
        return self.http.get(CONTROL, path, token=self.owner.token)

    def seconds(self, ask: Callable[[], httpx.Response]) -> float:
        before = time.monotonic()
        assert ask().status_code == 200
        return time.monotonic() - before


@pytest.fixture
def hole() -> Iterator[str]:
    """Where somebody listens and says nothing."""
    with socket.create_server(("127.0.0.1", 0), backlog=512) as listening:
        yield f"127.0.0.1:{listening.getsockname()[1]}"


@pytest.fixture
def stage(new_database_url: Callable[[], str], hole: str) -> Iterator[Stage]:
    with running_silos(new_database_url) as silos, serving_http(silos) as http:
        owner = http.create_user("root@silo.example", is_superuser=True)
        apps = [
            silos.create_app(slug, owner=silos.create_organization(slug, region=region), creator=owner.user)
            for slug, region in (("acme", "us"), ("globex", "de"))
        ]
        with silos.control.database.transaction():
            RegisteredRegion.update(grpc_address=hole, http_address=hole).where(RegisteredRegion.name == "de").execute()
        yield Stage(silos, http, owner, *apps)


def test_a_region_is_not_asked_for_what_it_cannot_hold(stage: Stage) -> None:
    assert stage.seconds(lambda: stage.log_of(stage.app)) < SOON_SECONDS


def test_a_region_that_hangs_slows_no_request_that_does_without_it(stage: Stage) -> None:
    with ThreadPoolExecutor(CALLERS) as callers:
        waiting = [callers.submit(stage.log_of, stage.lost) for _ in range(CALLERS)]
        took = [stage.seconds(lambda: stage.log_of(stage.app)) for _ in range(20)]
        assert not all(each.done() for each in waiting), "the region hung while the others were asked"
    assert median(took) < SOON_SECONDS, took


def test_a_region_that_hangs_is_soon_waited_for_no_more(stage: Stage) -> None:
    for _ in range(3):
        stage.log_of(stage.lost)
    before = time.monotonic()
    answers = [stage.log_of(stage.lost) for _ in range(5)]
    assert time.monotonic() - before < SOON_SECONDS * 5
    assert {answer.status_code for answer in answers} == {200}


def test_few_wait_for_one_region_however_many_ask() -> None:
    line = RegionLine("de", SystemClock())
    for _ in range(MAX_WAITING):
        line.enter()
    with pytest.raises(SiloUnreachable):
        line.enter()
    line.leave(None)
    line.enter()


def test_a_line_is_closed_after_calls_that_nobody_answered() -> None:
    line = RegionLine("de", SystemClock())
    for _ in range(3):
        line.enter()
        line.leave(DeadlineExceeded())
    with pytest.raises(SiloUnreachable):
        line.enter()
