"""A region whose database says nothing: nobody is blamed, and everything arrives once it speaks again."""

import contextlib
import itertools
import time
from collections.abc import Iterator
from pathlib import Path

import pytest
from grpc_health.v1 import health_pb2, health_pb2_grpc

from shared.errors import DeadlineExceeded
from shared.outbox.drain import ATTEMPTS_BEFORE_PARKING
from shared.outbox.message import MessageState, OutboxMessage
from shared.rpc.health import CHECK_SECONDS, REMEMBERED_SECONDS
from tests.conftest import PostgresServer
from tests.proxy import Proxy, proxied
from tests.silos import Silos, running_silos

pytestmark = pytest.mark.postgres


@pytest.fixture
def stage(
    postgres_server: PostgresServer, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> Iterator[tuple[Silos, Proxy]]:
    """Control, and ``us`` with its database behind a proxy; calls and statements are waited for only briefly."""
    monkeypatch.setattr("shared.outbox.deliver.DELIVERY_SECONDS", 0.3)
    with postgres_server.database() as us, proxied(us) as (proxy, us_url):
        urls = itertools.chain([f"sqlite:///{tmp_path / 'control.db'}"], itertools.repeat(us_url))
        with running_silos(lambda: next(urls), regions=("us",)) as silos:
            yield silos, proxy


@contextlib.contextmanager
def stalled(silos: Silos, proxy: Proxy) -> Iterator[None]:
    proxy.fall_silent()
    silos.clock.advance(REMEMBERED_SECONDS)
    try:
        yield
    finally:
        proxy.speak()


def messages(silos: Silos) -> list[OutboxMessage]:
    with silos.control.database.session():
        return list(OutboxMessage.select())


def test_a_region_whose_database_says_nothing_does_not_serve(stage: tuple[Silos, Proxy]) -> None:
    silos, proxy = stage
    stub = health_pb2_grpc.HealthStub(silos.channel("us"))
    assert stub.Check(health_pb2.HealthCheckRequest()).status == health_pb2.HealthCheckResponse.SERVING
    with stalled(silos, proxy):
        started = time.monotonic()
        assert stub.Check(health_pb2.HealthCheckRequest()).status == health_pb2.HealthCheckResponse.NOT_SERVING
        assert time.monotonic() - started < 2 * CHECK_SECONDS


def test_a_single_object_is_not_blamed_for_a_region_that_stalls(stage: tuple[Silos, Proxy]) -> None:
    silos, proxy = stage
    organization = silos.create_organization("acme", region="us")
    silos.replicate()
    silos.create_app("Kanban", owner=organization, creator=silos.create_user("maker@acme.example"))
    drain = silos.drain_to("us")
    drain.limit = 1
    with stalled(silos, proxy):
        for _ in range(ATTEMPTS_BEFORE_PARKING + 1):
            assert isinstance(drain.run_once().away, DeadlineExceeded)
    assert {(row.state, row.attempts) for row in messages(silos)} == {(MessageState.DUE, 0)}
    silos.replicate()
    assert messages(silos) == []
