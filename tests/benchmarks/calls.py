"""Calls: in-process against loopback, and a region's read against a handler that returns one constant message."""

import contextlib
from collections.abc import Callable, Iterable, Iterator
from pathlib import Path
from typing import Any

import grpc

import region_silo.bootstrap
from region_silo.config import RegionConfig
from region_silo.services.apply import TABLES
from shared.clock import SystemClock
from shared.database import connect
from shared.domain.category import Category
from shared.outbox.apply import apply_changes
from shared.pb.hybridcloud.apps.v1 import app_service_pb2, app_service_pb2_grpc
from shared.pb.hybridcloud.replication.v1 import replica_pb2
from shared.rpc import channel as rpc_channel
from shared.rpc.keyring import Keyring
from shared.rpc.server import serve
from tests.benchmarks.measure import Measurement, interleaved, rate
from tests.benchmarks.topology import postgres_server

_KEYS = Keyring.parse("bench:0123456789abcdef0123456789abcdef")
_APPS = 10_000


def measure(folder: Path) -> Iterable[Measurement]:
    yield _in_process()
    yield _read(f"sqlite:///{folder / 'us.db'}", "SQLite")
    with postgres_server(folder / "us") as server:
        yield _read(server.get_uri(), "PostgreSQL")
    yield _latency_by_size(folder)


class _Constant(app_service_pb2_grpc.AppServiceServicer):
    """Answers every read with one message."""

    def __init__(self, answer: app_service_pb2.GetSentryAppBySlugResponse) -> None:
        self._answer = answer

    def GetSentryAppBySlug(self, request: Any, context: Any) -> app_service_pb2.GetSentryAppBySlugResponse:
        return self._answer


def _in_process() -> Measurement:
    servicer = _Constant(app_service_pb2.GetSentryAppBySlugResponse())
    with contextlib.ExitStack() as stack:
        inside = stack.enter_context(_serving(servicer, "inprocess:bench"))
        outside = stack.enter_context(_serving(servicer, "127.0.0.1:0"))
        fast, slow = interleaved(inside, outside, rounds=3)
    return Measurement(
        "in-process call", fast, "calls/s", "loopback", slow, fast / slow, "≥ 50 × loopback", fast / slow >= 50
    )


@contextlib.contextmanager
def _serving(servicer: Any, listen: str) -> Iterator[Callable[[], object]]:
    add = app_service_pb2_grpc.add_AppServiceServicer_to_server
    with serve(listen, name="us", keyring=_KEYS, clock=SystemClock(), servicers=[(add, servicer)]) as server:
        with _channel(server.address) as channel:
            stub = app_service_pb2_grpc.AppServiceStub(channel)
            request = app_service_pb2.GetSentryAppBySlugRequest(slug="app-77")
            yield lambda: stub.GetSentryAppBySlug(request)


def _channel(address: str) -> grpc.Channel:
    return rpc_channel.connect(
        address, caller="service:bench", target_name="us", keyring=_KEYS, clock=SystemClock()
    )


def _read(url: str, engine: str) -> Measurement:
    with contextlib.ExitStack() as stack:
        read = stack.enter_context(_region(url, apps=_APPS))
        answer: Any = read()
        constant = stack.enter_context(_serving(_Constant(answer), "127.0.0.1:0"))
        ours, baseline = interleaved(read, constant)
    return Measurement(
        f"region read by slug, {_APPS:,} apps, {engine}",
        ours,
        "calls/s",
        "constant message",
        baseline,
        ours / baseline,
        "≥ 0.85 × constant",
        ours / baseline >= 0.85,
    )


@contextlib.contextmanager
def _region(url: str, *, apps: int) -> Iterator[Callable[[], object]]:
    """A region's server with that many replicas, and one read over loopback."""
    database = connect(url, create=True)
    region_silo.bootstrap.migrate(database)
    for start in range(1, apps + 1, 1000):
        changes = [_app(object_id) for object_id in range(start, min(start + 1000, apps + 1))]
        apply_changes(database, changes, tables=TABLES)
    database.close()
    config = RegionConfig("us", url, "127.0.0.1:0", "", "", "", "127.0.0.1:1", _KEYS)
    region = region_silo.bootstrap.open_region(config, clock=SystemClock())
    control = region_silo.bootstrap.connect_control(config, clock=SystemClock())
    with contextlib.ExitStack() as stack:
        stack.callback(region.database.close)
        stack.callback(control.close)
        server = region_silo.bootstrap.start_server(region, config, control=control)
        stack.callback(server.stop)
        stub = app_service_pb2_grpc.AppServiceStub(stack.enter_context(_channel(server.address)))
        requests = [app_service_pb2.GetSentryAppBySlugRequest(slug=f"app-{n}") for n in range(1, apps + 1, 37)]
        turn = iter(range(10**12))
        yield lambda: stub.GetSentryAppBySlug(requests[next(turn) % len(requests)])


def _latency_by_size(folder: Path) -> Measurement:
    """Milliseconds of a read among many replicas against one among few."""
    with contextlib.ExitStack() as stack:
        few = stack.enter_context(_region(f"sqlite:///{folder / 'few.db'}", apps=1_000))
        small = rate(few)
    with contextlib.ExitStack() as stack:
        many = stack.enter_context(_region(f"sqlite:///{folder / 'many.db'}", apps=200_000))
        large = rate(many)
    return Measurement(
        "region read among 200,000 apps",
        1000 / large,
        "ms",
        "among 1,000",
        1000 / small,
        small / large,
        "≤ 1.2 × (flat)",
        small / large <= 1.2,
    )


def _app(object_id: int) -> replica_pb2.Change:
    change = replica_pb2.Change(category=Category.APP.number, object_id=object_id, version=1)
    app = change.app.sentry_app
    app.id, app.slug, app.name, app.uuid = object_id, f"app-{object_id}", f"App {object_id}", f"{object_id:036d}"
    app.scope_list.extend(["event:read", "event:write", "project:read"])
    app.events.extend(["issue.created", "issue.resolved", "comment.created"])
    app.status, app.is_published, app.webhook_url = "published", True, "https://app.example/hook"
    app.application_id, app.owner_id, app.proxy_user_id = object_id, 1, object_id
    app.application.id, app.application.client_id, app.application.client_secret = object_id, "c" * 64, "s" * 64
    return change
