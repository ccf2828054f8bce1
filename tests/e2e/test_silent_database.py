"""A silo whose database falls silent, as real processes: it says so, it answers, and it can be stopped."""

import json
import signal
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from subprocess import Popen

import httpx
import pytest

from shared.cli.local.addresses import choose_addresses
from shared.cli.platform_keys import PlatformKeys
from shared.database.postgresql import ANSWER_SECONDS
from tests.e2e.silo_up import START_SECONDS, STOP_SECONDS, eventually
from tests.e2e.test_processes import run, running
from tests.proxy import Proxy, proxied

pytestmark = [pytest.mark.e2e, pytest.mark.slow, pytest.mark.postgres]

HEALTH_SECONDS = 5.0
KEYS = PlatformKeys().completed(["us"], shares_operator=True)


@dataclass(frozen=True)
class Stage:
    """Control, its worker beside it in the same process, and the network to its database."""

    process: Popen[bytes]
    proxy: Proxy
    api: httpx.Client

    def health(self) -> int:
        return self.api.get("/readyz", timeout=HEALTH_SECONDS).status_code


@contextmanager
def control_behind(proxy: Proxy, url: str) -> Iterator[Stage]:
    place = choose_addresses((), http_port=0)["control"]
    told = {
        "CONTROL_DATABASE_URL": url,
        "CONTROL_GRPC_LISTEN": place.grpc,
        "CONTROL_HTTP_LISTEN": place.http,
        **KEYS.variables("control"),
    }
    token = json.loads(run("control_silo", "migrate", "--bootstrap", told=told).out)["superuser"]["token"]
    with (
        running("control_silo", "serve", told=told) as process,
        httpx.Client(base_url=place.url, headers={"Authorization": f"Bearer {token}"}, trust_env=False) as api,
    ):
        eventually(lambda: answers(api), within_seconds=START_SECONDS)
        yield Stage(process, proxy, api)


def answers(api: httpx.Client) -> bool:
    try:
        return api.get("/readyz").is_success
    except httpx.TransportError:
        return False


@pytest.fixture
def stage(postgres_url: str) -> Iterator[Stage]:
    with proxied(postgres_url) as (proxy, url), control_behind(proxy, url) as stage:
        yield stage


def test_a_silo_whose_database_falls_silent_says_so_answers_with_an_error_and_stops_in_time(stage: Stage) -> None:
    stage.proxy.fall_silent()
    assert stage.health() == 503
    began_at = time.monotonic()
    assert stage.api.get("/api/0/sentry-apps/", timeout=2 * ANSWER_SECONDS).status_code == 503
    assert time.monotonic() - began_at < ANSWER_SECONDS + HEALTH_SECONDS
    began_at = time.monotonic()
    stage.process.send_signal(signal.SIGTERM)
    stage.process.wait(2 * STOP_SECONDS)
    assert time.monotonic() - began_at < STOP_SECONDS + 0.5


def test_a_silo_whose_connections_lost_their_server_serves_on(stage: Stage) -> None:
    assert stage.api.get("/api/0/sentry-apps/").status_code == 200
    stage.proxy.lose_the_server()
    eventually(lambda: stage.health() == 200, within_seconds=HEALTH_SECONDS)
    eventually(lambda: stage.api.get("/api/0/sentry-apps/", timeout=30).is_success, within_seconds=2 * ANSWER_SECONDS)
