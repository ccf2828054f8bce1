"""Who holds a region's key can sign as many calls as they like, and keep nobody else's from being served."""

import threading
from collections.abc import Iterator
from contextlib import ExitStack
from typing import Any

import grpc
import pytest
from google.protobuf.wrappers_pb2 import StringValue

from shared.clock import FrozenClock
from shared.errors import SiloError
from shared.rpc.channel import connect
from shared.rpc.keyring import Keyring
from shared.rpc.retry import RetryPolicy
from shared.rpc.served import current_caller
from shared.rpc.server import CALLS_PER_WORKER, DEFAULT_MAX_WORKERS, serve
from tests.contract.rpc.echo import EchoServicer, EchoStub, add_echo_servicer_to_server

PATIENCE = 10.0
KEYS = {"de": "de-1:one", "fr": "fr-1:another", "us": "us-1:other"}
ALL_OF_ONE = DEFAULT_MAX_WORKERS * CALLS_PER_WORKER // 2


class Flooded:
    """Control, whose peer de makes calls that hang until the test ends."""

    def __init__(self, closing: ExitStack) -> None:
        self._closing, self.end, self.hanging = closing, threading.Event(), threading.Semaphore(0)
        servicer, keys = EchoServicer(), Keyring.parse(",".join(f"{name}/{key}" for name, key in KEYS.items()))
        servicer.read = self._answer
        server = serve(
            "127.0.0.1:0",
            name="control",
            keys=keys,
            clock=FrozenClock(),
            servicers=[(add_echo_servicer_to_server, servicer)],
        )
        closing.callback(server.stop, grace_seconds=0)
        closing.callback(self.end.set)
        self.address = server.address

    def peer(self, name: str) -> EchoStub:
        keys, clock, once = Keyring.parse(f"control/{KEYS[name]}"), FrozenClock(), RetryPolicy(max_attempts=1)
        channel = connect(self.address, caller=name, target_name="control", keys=keys, clock=clock, retry=once)
        return EchoStub(self._closing.enter_context(channel))

    def flood(self, calls: int, *, by: str = "de") -> list[Any]:
        stubs = [self.peer(by) for _ in range(1 + calls // 500)]
        text = StringValue(value="hang")
        return [stubs[number % len(stubs)].Read.future(text, timeout=60) for number in range(calls)]

    def _answer(self, request: StringValue, context: grpc.ServicerContext) -> StringValue:
        if current_caller() != "us" and request.value == "hang":
            self.hanging.release()
            self.end.wait()
        return request


@pytest.fixture
def control() -> Iterator[Flooded]:
    with ExitStack() as closing:
        yield Flooded(closing)


def test_a_region_that_floods_keeps_no_other_peers_call_from_a_worker(control: Flooded) -> None:
    calls = control.flood(2 * DEFAULT_MAX_WORKERS)
    assert all(control.hanging.acquire(timeout=PATIENCE) for _ in range(DEFAULT_MAX_WORKERS * 3 // 4))
    other = control.peer("us")
    for _ in range(DEFAULT_MAX_WORKERS):
        assert other.Read(StringValue(value="hello"), timeout=PATIENCE).value == "hello"
    assert not control.hanging.acquire(blocking=False)
    assert not any(call.done() for call in calls)


def test_two_regions_that_flood_keep_no_other_peers_call_from_a_worker(control: Flooded) -> None:
    calls = [*control.flood(ALL_OF_ONE + 1), *control.flood(ALL_OF_ONE + 1, by="fr")]
    refused = threading.Semaphore(0)
    for call in calls:
        call.add_done_callback(lambda _: refused.release())
    assert all(refused.acquire(timeout=PATIENCE) for _ in range(2))
    other = control.peer("us")
    for _ in range(DEFAULT_MAX_WORKERS):
        assert other.Read(StringValue(value="hello"), timeout=PATIENCE).value == "hello"


def test_a_region_that_floods_takes_half_of_the_room_to_wait(control: Flooded) -> None:
    calls = control.flood(ALL_OF_ONE + 1)
    refused = threading.Event()
    for call in calls:
        call.add_done_callback(lambda _: refused.set())
    assert refused.wait(PATIENCE)
    assert control.peer("us").Read(StringValue(value="hello"), timeout=PATIENCE).value == "hello"


def test_what_waits_for_its_turn_is_served_in_the_end(control: Flooded) -> None:
    calls = control.flood(2 * DEFAULT_MAX_WORKERS)
    control.end.set()
    assert {call.result(timeout=PATIENCE).value for call in calls} == {"hang"}


def test_a_call_without_room_is_refused_with_an_error_that_says_so(control: Flooded) -> None:
    calls = control.flood(ALL_OF_ONE + 20)
    refusals = threading.Semaphore(0)
    for call in calls:
        call.add_done_callback(lambda _: refusals.release())
    assert all(refusals.acquire(timeout=PATIENCE) for _ in range(20))
    errors = [call.exception() for call in calls if call.done()]
    assert {isinstance(each, SiloError) for each in errors} == {True}
