"""Calls: in-process against loopback, and a region's read against a handler that returns one constant message."""

import contextlib
import subprocess
import sys
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import grpc

from shared.clock import SystemClock
from shared.pb.hybridcloud.apps.v1 import app_service_pb2, app_service_pb2_grpc
from shared.rpc import channel as rpc_channel
from shared.rpc.inprocess import InProcessChannel, InProcessServer
from shared.rpc.server import serve
from tests.benchmarks.measure import Measurement, at_least, at_most, interleaved, rate
from tests.benchmarks.region_server import CALLER_KEYS, KEYS, Constant
from tests.benchmarks.topology import postgres_server

_APPS = 10_000


def measure(folder: Path) -> Iterable[Measurement]:
    yield from _in_process()
    yield _read(f"sqlite:///{folder / 'us.db'}", "SQLite")
    with postgres_server(folder / "us") as server:
        yield _read(server.get_uri(), "PostgreSQL")
    yield _latency_by_size(folder)


def _in_process() -> Iterable[Measurement]:
    servicer = Constant(app_service_pb2.GetSentryAppBySlugResponse())
    for kind, serving, goal in (("the channel alone", _bare, 50), ("signed, as silos call", _serving, 15)):
        with contextlib.ExitStack() as stack:
            inside = stack.enter_context(serving(servicer, "inprocess:bench"))
            outside = stack.enter_context(serving(servicer, "127.0.0.1:0"))
            fast, slow = interleaved(inside, outside, rounds=3)
        yield Measurement(f"in-process call, {kind}", fast, "calls/s", "loopback", slow, at_least(goal))


@contextlib.contextmanager
def _bare(servicer: Any, listen: str) -> Iterator[Callable[[], object]]:
    """The transport without signatures, deadlines and errors of ours, on both sides of the comparison."""
    name = listen.removeprefix("inprocess:")
    inside = name != listen
    with ThreadPoolExecutor(4) as pool:
        server: grpc.Server = InProcessServer(name) if inside else grpc.server(pool)
        app_service_pb2_grpc.add_AppServiceServicer_to_server(servicer, server)
        port = 0 if inside else server.add_insecure_port(listen)
        server.start()
        with InProcessChannel(name) if inside else grpc.insecure_channel(f"127.0.0.1:{port}") as channel:
            stub = app_service_pb2_grpc.AppServiceStub(channel)
            request = app_service_pb2.GetSentryAppBySlugRequest(slug="app-77")
            yield lambda: stub.GetSentryAppBySlug(request)
        server.stop(None).wait()


@contextlib.contextmanager
def _serving(servicer: Any, listen: str) -> Iterator[Callable[[], object]]:
    add = app_service_pb2_grpc.add_AppServiceServicer_to_server
    with (
        serve(listen, name="us", keys=KEYS, clock=SystemClock(), servicers=[(add, servicer)]) as server,
        _channel(server.address) as channel,
    ):
        stub = app_service_pb2_grpc.AppServiceStub(channel)
        request = app_service_pb2.GetSentryAppBySlugRequest(slug="app-77")
        yield lambda: stub.GetSentryAppBySlug(request)


def _channel(address: str) -> grpc.Channel:
    return rpc_channel.connect(address, caller="service:bench", target_name="us", keys=CALLER_KEYS, clock=SystemClock())


def _read(url: str, engine: str) -> Measurement:
    with _region(url, apps=_APPS) as (read, constant):
        ours, baseline = interleaved(read, constant)
    what = f"region read by slug, {_APPS:,} apps, {engine}"
    return Measurement(what, ours, "calls/s", "a constant message", baseline, at_least(0.85))


@contextlib.contextmanager
def _region(url: str, *, apps: int) -> Iterator[tuple[Callable[[], object], Callable[[], object]]]:
    """One read from a region's process with that many replicas, and the same of a constant in that process."""
    command = [sys.executable, "-m", "tests.benchmarks.region_server", url, str(apps)]
    with contextlib.ExitStack() as stack:
        process = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
        assert process.stdin is not None
        assert process.stdout is not None
        stack.callback(process.stdout.close)
        stack.callback(process.wait)
        stack.callback(process.stdin.close)
        stubs = [
            app_service_pb2_grpc.AppServiceStub(stack.enter_context(_channel(address)))
            for address in process.stdout.readline().split()
        ]
        requests = [app_service_pb2.GetSentryAppBySlugRequest(slug=f"app-{n}") for n in range(1, apps + 1, 37)]
        turn = iter(range(10**12))
        yield (
            lambda: stubs[0].GetSentryAppBySlug(requests[next(turn) % len(requests)]),
            lambda: stubs[1].GetSentryAppBySlug(requests[next(turn) % len(requests)]),
        )


def latency_of_read(url: str, *, apps: int) -> float:
    """Milliseconds, one call after the other."""
    with _region(url, apps=apps) as (read, _):
        return 1000 / rate(read)


def _latency_by_size(folder: Path) -> Measurement:
    """Milliseconds of a read among many replicas against one among few."""
    with (
        _region(f"sqlite:///{folder / 'few.db'}", apps=1_000) as (few, _),
        _region(f"sqlite:///{folder / 'many.db'}", apps=200_000) as (many, _),
    ):
        small, large = interleaved(few, many)
    return Measurement("region read among 200,000 apps", 1000 / large, "ms", "among 1,000", 1000 / small, at_most(1.2))
