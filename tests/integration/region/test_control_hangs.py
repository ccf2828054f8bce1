"""A control that takes calls and never answers: a region goes on answering what it holds."""

import contextlib
import threading
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from queue import SimpleQueue
from typing import Any

import pytest

import region_silo.bootstrap
from control_silo.models.app import SentryApp
from region_silo.services.control import MAX_WAITING
from shared.domain.peer import CONTROL
from shared.errors import SiloError, SiloUnreachable
from shared.pb.hybridcloud.apps.v1 import app_service_pb2 as pb
from shared.pb.hybridcloud.apps.v1 import app_service_pb2_grpc
from shared.rpc.channel import connect
from shared.rpc.server import DEFAULT_MAX_WORKERS, serve
from tests.keys import SERVICE, keys_of
from tests.silos import Silos, fresh

PATIENCE = 10.0
MISSES = 2 * DEFAULT_MAX_WORKERS


class Hanging(app_service_pb2_grpc.AppServiceServicer):
    """Keeps every call until the gate opens."""

    def __init__(self) -> None:
        self.gate = threading.Event()
        self.asked = threading.Semaphore(0)

    def GetSentryAppBySlug(self, request: pb.GetSentryAppBySlugRequest, context: Any) -> pb.GetSentryAppBySlugResponse:
        self.asked.release()
        self.gate.wait(PATIENCE)
        return pb.GetSentryAppBySlugResponse()

    def UpdateSentryApp(self, request: pb.UpdateSentryAppRequest, context: Any) -> pb.UpdateSentryAppResponse:
        self.asked.release()
        self.gate.wait(PATIENCE)
        return pb.UpdateSentryAppResponse()


class Region:
    """The region ``us`` on TCP with the usual workers, before a control that hangs."""

    def __init__(self, stub: app_service_pb2_grpc.AppServiceStub, control: Hanging, app: SentryApp) -> None:
        self.stub = stub
        self.control = control
        self.app = app
        self.ended: SimpleQueue[Any] = SimpleQueue()

    def miss(self, times: int) -> list[Any]:
        requests = (pb.GetSentryAppBySlugRequest(slug=f"unknown-{number}") for number in range(times))
        return self._begin([self.stub.GetSentryAppBySlug.future(request, timeout=PATIENCE) for request in requests])

    def write(self, times: int) -> list[Any]:
        request = pb.UpdateSentryAppRequest(id=self.app.id)
        return self._begin([self.stub.UpdateSentryApp.future(request, timeout=PATIENCE) for _ in range(times)])

    def read(self) -> pb.GetSentryAppBySlugResponse:
        return self.stub.GetSentryAppBySlug(pb.GetSentryAppBySlugRequest(slug=self.app.slug), timeout=PATIENCE)

    def wait_until_full(self) -> None:
        for _ in range(MAX_WAITING):
            assert self.control.asked.acquire(timeout=PATIENCE)

    def refusals(self, count: int) -> list[SiloError | None]:
        """How the first calls to end have ended."""
        return [self.ended.get(timeout=PATIENCE).exception() for _ in range(count)]

    def _begin(self, futures: list[Any]) -> list[Any]:
        for future in futures:
            future.add_done_callback(self.ended.put)
        return futures


@pytest.fixture
def region(silos: Silos) -> Iterator[Region]:
    acme = silos.create_organization(fresh("acme"), region="us")
    app = silos.create_app(fresh("Kanban"), owner=acme, creator=silos.create_user(fresh("a@b.example")))
    silos.replicate()
    silos.stop(CONTROL)
    hanging = Hanging()  # type: ignore[abstract]  # the other methods are not called
    running = silos.regions["us"]
    with contextlib.ExitStack() as closing:
        workers = closing.enter_context(ThreadPoolExecutor(MISSES))
        servicers = [(app_service_pb2_grpc.add_AppServiceServicer_to_server, hanging)]
        known: dict[str, Any] = {"keys": keys_of(CONTROL), "clock": silos.clock}
        address = silos.address(CONTROL)
        closing.enter_context(serve(address, name=CONTROL, servicers=servicers, in_process_executor=workers, **known))
        config = running.config.model_copy(update={"grpc_listen": "127.0.0.1:0"})
        server = closing.enter_context(
            region_silo.bootstrap.start_server(running.region, config, control=running.control)
        )
        channel = closing.enter_context(
            connect(server.address, caller=SERVICE, target_name="us", **{**known, "keys": keys_of(SERVICE)})
        )
        closing.callback(hanging.gate.set)
        yield Region(app_service_pb2_grpc.AppServiceStub(channel), hanging, app)


def test_a_held_app_is_answered_while_many_misses_wait_for_control(region: Region) -> None:
    region.miss(MISSES)
    region.wait_until_full()
    assert region.read().sentry_app.id == region.app.id
    assert not region.control.gate.is_set()


def test_a_held_app_is_answered_while_many_writes_wait_for_control(region: Region) -> None:
    region.write(MISSES)
    region.wait_until_full()
    assert region.read().sentry_app.id == region.app.id


def test_misses_beyond_those_that_may_wait_are_refused_at_once(region: Region) -> None:
    region.miss(MISSES)
    region.wait_until_full()
    refusals = region.refusals(MISSES - MAX_WAITING)
    assert {type(refusal) for refusal in refusals} == {SiloUnreachable}
    assert not region.control.asked.acquire(blocking=False)


def test_the_misses_that_wait_are_answered_when_control_goes_on(region: Region) -> None:
    region.miss(MISSES)
    region.wait_until_full()
    region.refusals(MISSES - MAX_WAITING)
    region.control.gate.set()
    assert region.refusals(MAX_WAITING) == [None] * MAX_WAITING
