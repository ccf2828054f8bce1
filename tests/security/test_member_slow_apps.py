"""A member of one organization with ten apps that hang: whoever asks for others is answered as if nobody was there."""

import itertools
import time
from collections import Counter
from collections.abc import Callable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import ExitStack
from statistics import median

import httpx
import pytest

from region_silo.api.request import ASKING_THREADS
from shared.outgoing.places import HTTP_CALLERS, RPC_CALLERS
from shared.rpc.server import DEFAULT_MAX_WORKERS
from tests.http_silos import serving_http
from tests.integration.region.apps.world import BOARDS, World
from tests.integration.third_party import ThirdPartyApp, running_app
from tests.silos import running_silos

CALLERS = 60
SOON_SECONDS = 1.0


class Crowd:
    """``slow`` has ten apps that hang, and callers who ask for their choices; ``other`` lives beside it in ``us``."""

    def __init__(self, slow: World, other: World, app: ThirdPartyApp) -> None:
        self.slow, self.other, self._app = slow, other, app
        apps = [slow.create_app(webhook_url=f"{app.url}/hook") for _ in range(10)]
        self._installations = [slow.installation_of(each).uuid for each in apps]

    def wait(self, callers: ThreadPoolExecutor) -> list[Future[httpx.Response]]:
        """Has more callers wait for the ten apps than may."""
        paths = [f"/sentry-app-installations/{uuid}/external-requests/" for uuid in self._installations]
        asked = itertools.islice(itertools.cycle(paths), CALLERS)
        waiting = [callers.submit(self.slow.owner.get, path, uri="/boards") for path in asked]
        self._app.wait_for(HTTP_CALLERS.per_organization.slow)
        return waiting


@pytest.fixture
def crowd(new_database_url: Callable[[], str]) -> Iterator[Crowd]:
    with ExitStack() as closing:
        silos = closing.enter_context(running_silos(new_database_url, regions=["us"]))
        http = closing.enter_context(serving_http(silos))
        quick, hanging = closing.enter_context(running_app()), closing.enter_context(running_app())
        quick.answers("/boards", json=BOARDS)
        hanging.holds("/boards", json=BOARDS)
        crowd = Crowd(World(silos, http, quick), World(silos, http, quick), hanging)
        silos.replicate()
        yield crowd


def seconds(ask: Callable[[], int]) -> float:
    before = time.monotonic()
    assert ask() == 200
    return time.monotonic() - before


def test_ten_slow_apps_of_one_organization_keep_nobody_else_waiting(crowd: Crowd) -> None:
    other = crowd.other
    with ThreadPoolExecutor(CALLERS) as callers:
        waiting = crowd.wait(callers)
        asking = [lambda: other.owner.get(f"{other.path}/external-requests/", uri="/boards").status_code] * 5
        reading = [lambda: other.owner.get(f"/organizations/{other.acme.slug}/projects/").status_code] * 5
        took = [seconds(ask) for ask in (*asking, *reading)]
    assert median(took) < SOON_SECONDS, took
    statuses = Counter(each.result().status_code for each in waiting)
    assert set(statuses) == {502, 429}  # nobody waits for longer than an app may take
    assert statuses[429] >= CALLERS - HTTP_CALLERS.per_organization.quick


def test_who_waits_too_many_is_told_so_and_when_to_come_again(crowd: Crowd) -> None:
    with ThreadPoolExecutor(CALLERS) as callers:
        answers = [each.result() for each in crowd.wait(callers)]
    refused = next(answer for answer in answers if answer.status_code == 429)
    assert refused.json() == {"detail": "Too many requests to apps of this organization are in progress."}
    assert int(refused.headers["retry-after"]) >= 1


def test_whoever_asks_an_app_takes_a_thread_that_is_kept_for_it(crowd: Crowd, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(ASKING_THREADS, "max_waiting", 0)  # so that whoever would take one is refused
    other = crowd.other
    asked = other.owner.get(f"{other.path}/external-requests/", uri="/boards")
    prepared = other.owner.get(f"/organizations/{other.acme.slug}/sentry-app-components/")
    read = other.owner.get(f"/organizations/{other.acme.slug}/projects/")
    assert [answer.status_code for answer in (asked, prepared, read)] == [429, 429, 200]


def test_fewer_may_wait_for_apps_than_there_are_threads() -> None:
    for bounds, threads in ((HTTP_CALLERS, ASKING_THREADS.threads), (RPC_CALLERS, DEFAULT_MAX_WORKERS)):
        assert bounds.per_app.slow < bounds.per_organization.slow < bounds.total < threads
        assert bounds.per_organization.quick < threads
