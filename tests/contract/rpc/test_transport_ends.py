"""How calls end before their time, on each bare transport: deadlines, cancellation, and servers that stop."""

from collections.abc import Iterator
from threading import Event, Thread
from typing import Any

import grpc
import pytest
from google.protobuf.wrappers_pb2 import StringValue

from tests.contract.rpc.conftest import Wire
from tests.contract.rpc.echo import PATIENCE, EchoStub, Held, noting, silent_until, texts
from tests.contract.rpc.test_transport import HELLO, failure_of

BRIEF = 0.1


def wait_for_the_end(request: StringValue, context: grpc.ServicerContext) -> StringValue:
    """A servicer's method that lasts exactly as long as its call."""
    ended = Event()
    if context.add_callback(ended.set):  # False: it ended before
        assert ended.wait(PATIENCE)
    return request


class EndlessStream:
    """A behaviour that answers once and then stays until its call ends, and notes that it learned of it."""

    def __init__(self) -> None:
        self.ended = Event()
        self.was_active = True

    def __call__(self, request: StringValue, context: grpc.ServicerContext) -> Iterator[StringValue]:
        def note() -> None:
            self.was_active = context.is_active()
            self.ended.set()

        context.add_callback(note)
        yield request
        assert self.ended.wait(PATIENCE)


def test_a_late_answer_is_a_deadline_exceeded(wire: Wire) -> None:
    wire.servicer.read = wait_for_the_end
    error = failure_of(lambda: EchoStub(wire.channel()).Read(HELLO, timeout=BRIEF))
    assert error.code() is grpc.StatusCode.DEADLINE_EXCEEDED


def test_a_call_without_time_left_fails_at_once(wire: Wire) -> None:
    error = failure_of(lambda: EchoStub(wire.channel()).Read(HELLO, timeout=-1))
    assert error.code() is grpc.StatusCode.DEADLINE_EXCEEDED


def test_a_deadline_ends_a_stream_that_nobody_feeds(wire: Wire) -> None:
    gate = Event()
    error = failure_of(lambda: texts(EchoStub(wire.channel()).Chat(silent_until(gate), timeout=BRIEF)))
    gate.set()
    assert error.code() is grpc.StatusCode.DEADLINE_EXCEEDED


def test_a_servicer_knows_the_time_that_remains(wire: Wire) -> None:
    seen: list[float] = []
    wire.servicer.read = noting(lambda _, context: seen.append(context.time_remaining()))
    EchoStub(wire.channel()).Read(HELLO, timeout=5)
    assert 0 < seen[0] < 6  # gRPC rounds up on the wire; without a timeout it were endless


def test_callbacks_of_the_context_run_when_the_call_ends_well(wire: Wire) -> None:
    ended = Event()
    wire.servicer.read = noting(lambda _, context: context.add_callback(ended.set))
    EchoStub(wire.channel()).Read(HELLO)
    assert ended.wait(PATIENCE)


class UnreadStream:
    """A behaviour that answers twice at once, and then stays until its call ends."""

    def __init__(self) -> None:
        self.has_sent = Event()

    def __call__(self, request: StringValue, context: grpc.ServicerContext) -> Iterator[StringValue]:
        yield request
        yield request
        self.has_sent.set()
        wait_for_the_end(request, context)


def test_what_was_not_read_before_a_cancellation_is_not_read_after_it(wire: Wire) -> None:
    wire.servicer.count = unread = UnreadStream()
    call = EchoStub(wire.channel()).Count(HELLO)
    next(call)
    assert unread.has_sent.wait(PATIENCE)
    call.cancel()
    assert failure_of(lambda: next(call)).code() is grpc.StatusCode.CANCELLED


def test_what_was_not_read_before_the_deadline_is_not_read_after_it(wire: Wire) -> None:
    wire.servicer.count = unread = UnreadStream()
    call, ended = EchoStub(wire.channel()).Count(HELLO, timeout=1), Event()
    next(call)
    assert unread.has_sent.wait(PATIENCE)
    if call.add_callback(ended.set):
        assert ended.wait(PATIENCE)
    assert failure_of(lambda: next(call)).code() is grpc.StatusCode.DEADLINE_EXCEEDED


def test_a_cancelled_stream_ends_on_both_sides(wire: Wire) -> None:
    wire.servicer.count = endless = EndlessStream()
    call = EchoStub(wire.channel()).Count(HELLO)
    next(call)
    call.cancel()
    assert failure_of(lambda: next(call)).code() is grpc.StatusCode.CANCELLED
    assert endless.ended.wait(PATIENCE)
    assert not endless.was_active


def test_a_cancelled_future_says_so(wire: Wire) -> None:
    wire.servicer.read = wait_for_the_end
    future = EchoStub(wire.channel()).Read.future(HELLO)
    assert (future.running(), future.cancel(), future.cancelled(), future.done()) == (True, True, True, True)
    with pytest.raises(grpc.FutureCancelledError):
        future.result()
    assert future.code() is grpc.StatusCode.CANCELLED


def test_a_servicer_that_reads_from_a_client_that_gave_up_is_interrupted(wire: Wire) -> None:
    interrupted, gate = Event(), Event()

    def gather(requests: Iterator[StringValue], _: grpc.ServicerContext) -> StringValue:
        with pytest.raises(grpc.RpcError):
            next(requests)
        interrupted.set()
        return HELLO

    wire.servicer.gather = gather
    future = EchoStub(wire.channel()).Gather.future(silent_until(gate))
    future.cancel()
    gate.set()
    assert interrupted.wait(PATIENCE) or wire.transport == "tcp"  # over TCP the call may never reach the servicer


def test_the_wait_for_a_future_has_a_time_of_its_own(wire: Wire) -> None:
    wire.servicer.read = wait_for_the_end
    future = EchoStub(wire.channel()).Read.future(HELLO)
    with pytest.raises(grpc.FutureTimeoutError):
        future.result(timeout=BRIEF)
    assert future.running()
    future.cancel()


@pytest.mark.parametrize("wire", ["executor", "tcp"], indirect=True)  # inline, a handler runs on its caller's thread
def test_a_caller_stops_waiting_for_a_handler_that_never_returns(wire: Wire) -> None:
    held = wire.servicer.read = Held()
    error = failure_of(lambda: EchoStub(wire.channel()).Read(HELLO, timeout=BRIEF))
    held.gate.set()
    assert error.code() is grpc.StatusCode.DEADLINE_EXCEEDED


def test_a_stopping_server_lets_open_calls_end(wire: Wire) -> None:
    held = wire.servicer.read = Held()
    future = EchoStub(wire.channel()).Read.future(HELLO)
    assert held.began.wait(PATIENCE)
    stopped = wire.server.stop(PATIENCE)
    assert not stopped.is_set()
    held.gate.set()
    assert future.result(PATIENCE) == HELLO
    assert stopped.wait(PATIENCE)


def test_a_server_that_stops_without_grace_ends_open_calls(wire: Wire) -> None:
    held = wire.servicer.read = Held()
    future = EchoStub(wire.channel()).Read.future(HELLO)
    assert held.began.wait(PATIENCE)
    wire.server.stop(None)
    held.gate.set()
    assert future.exception(PATIENCE).code() in (grpc.StatusCode.UNAVAILABLE, grpc.StatusCode.CANCELLED)


def test_a_server_that_stops_ends_calls_that_outlast_its_grace(wire: Wire) -> None:
    held = wire.servicer.read = Held()
    future = EchoStub(wire.channel()).Read.future(HELLO)
    assert held.began.wait(PATIENCE)
    assert wire.server.stop(BRIEF).wait(PATIENCE)
    held.gate.set()
    assert isinstance(future.exception(PATIENCE), grpc.RpcError)


def test_a_stopped_server_is_unavailable(wire: Wire) -> None:
    wire.server.stop(None)
    assert failure_of(lambda: EchoStub(wire.channel()).Read(HELLO)).code() is grpc.StatusCode.UNAVAILABLE


def test_termination_can_be_waited_for(wire: Wire) -> None:
    waiting: list[Any] = []
    thread = Thread(target=lambda: waiting.append(wire.server.wait_for_termination(PATIENCE)))
    thread.start()
    wire.server.stop(None)
    thread.join(PATIENCE)
    assert waiting == [False]
    wire.server.stop(None)  # again, without harm
