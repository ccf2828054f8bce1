"""What stubs and servicers may rely on, whatever lies between them: gRPC's own behaviour, on each transport."""

from collections.abc import Callable, Iterator
from itertools import repeat
from threading import Event
from typing import Any, NoReturn

import grpc
import pytest
from google.protobuf.wrappers_pb2 import StringValue
from google.rpc import status_pb2
from grpc_status import rpc_status

from tests.contract.rpc.conftest import Wire
from tests.contract.rpc.echo import PATIENCE, SERVICE, EchoStub, noting, silent_until, texts

HELLO = StringValue(value="hello")


def failure_of(call: Callable[[], object]) -> Any:
    with pytest.raises(grpc.RpcError) as caught:
        call()
    return caught.value


def test_a_unary_call_is_answered(wire: Wire) -> None:
    assert EchoStub(wire.channel()).Read(HELLO) == HELLO


def test_a_future_is_answered(wire: Wire) -> None:
    future = EchoStub(wire.channel()).Read.future(HELLO)
    assert (future.result(PATIENCE), future.result(PATIENCE), future.done()) == (HELLO, HELLO, True)


def test_done_callbacks_of_a_future_are_called_also_when_they_come_late(wire: Wire) -> None:
    early, late = Event(), Event()
    future = EchoStub(wire.channel()).Read.future(HELLO)
    future.add_done_callback(lambda _: early.set())
    assert early.wait(PATIENCE)
    future.add_done_callback(lambda _: late.set())
    assert late.wait(PATIENCE)


def test_a_stream_of_answers_is_read_to_its_end(wire: Wire) -> None:
    assert texts(EchoStub(wire.channel()).Count(StringValue(value="100"))) == [str(n) for n in range(100)]


def test_a_stream_of_requests_gets_one_answer(wire: Wire) -> None:
    requests = (StringValue(value=str(n)) for n in range(3))
    assert EchoStub(wire.channel()).Gather(requests).value == "0+1+2"


def test_a_stream_of_requests_may_be_a_future(wire: Wire) -> None:
    assert EchoStub(wire.channel()).Gather.future(iter([HELLO])).result(PATIENCE) == HELLO


def test_streams_both_ways_alternate(wire: Wire) -> None:
    answered = Event()

    def requests() -> Iterator[StringValue]:
        yield StringValue(value="first")
        answered.wait(PATIENCE)
        yield StringValue(value="second")

    answers = EchoStub(wire.channel()).Chat(requests())
    assert next(answers).value == "first"
    answered.set()
    assert texts(answers) == ["second"]


def test_empty_messages_and_empty_streams_arrive(wire: Wire) -> None:
    stub = EchoStub(wire.channel())
    assert stub.Read(StringValue()) == StringValue()
    assert stub.Gather(iter([])) == StringValue()
    assert texts(stub.Chat(iter([StringValue()]))) == [""]


def test_messages_are_copies(wire: Wire) -> None:
    seen: list[StringValue] = []
    wire.servicer.read = noting(lambda request, _: seen.append(request))
    answer = EchoStub(wire.channel()).Read(HELLO)
    assert seen[0] is not HELLO
    assert answer is not seen[0]


def test_a_servicer_sees_the_metadata_of_the_call(wire: Wire) -> None:
    seen: dict[str, Any] = {}
    wire.servicer.read = noting(lambda _, context: seen.update(context.invocation_metadata()))
    EchoStub(wire.channel()).Read(HELLO, metadata=(("colour", "blue"), ("raw-bin", b"\x00\xff")))
    assert (seen["colour"], seen["raw-bin"]) == ("blue", b"\x00\xff")


def test_metadata_entries_are_readable_by_name(wire: Wire) -> None:
    seen: list[str] = []
    wire.servicer.read = noting(lambda _, context: seen.extend(entry.key for entry in context.invocation_metadata()))
    EchoStub(wire.channel()).Read(HELLO, metadata=(("colour", "blue"),))
    assert "colour" in seen


@pytest.mark.parametrize("entry", [("Upper", "x"), ("a b", "x"), ("key", "ümlaut"), ("key", "line\nbreak")])
def test_metadata_that_cannot_travel_is_refused(wire: Wire, entry: tuple[str, str]) -> None:
    with pytest.raises((ValueError, grpc.RpcError)):
        EchoStub(wire.channel()).Read(HELLO, metadata=(entry,))


def test_initial_and_trailing_metadata_come_back(wire: Wire) -> None:
    def read(request: StringValue, context: grpc.ServicerContext) -> StringValue:
        context.send_initial_metadata((("before", "1"),))
        context.set_trailing_metadata((("after", "2"),))
        return request

    wire.servicer.read = read
    _, call = EchoStub(wire.channel()).Read.with_call(HELLO)
    assert dict(call.initial_metadata())["before"] == "1"
    assert dict(call.trailing_metadata())["after"] == "2"


def test_initial_metadata_arrives_before_the_first_answer(wire: Wire) -> None:
    seen = Event()

    def count(request: StringValue, context: grpc.ServicerContext) -> Iterator[StringValue]:
        context.send_initial_metadata((("before", "1"),))
        seen.wait(PATIENCE)
        yield request

    wire.servicer.count = count
    call = EchoStub(wire.channel()).Count(HELLO)
    assert dict(call.initial_metadata())["before"] == "1"
    seen.set()
    assert texts(call) == ["hello"]


def test_initial_metadata_may_be_sent_once(wire: Wire) -> None:
    def read(request: StringValue, context: grpc.ServicerContext) -> StringValue:
        context.send_initial_metadata(())
        with pytest.raises(ValueError, match="no longer allowed"):
            context.send_initial_metadata(())
        return request

    wire.servicer.read = read
    assert EchoStub(wire.channel()).Read(HELLO) == HELLO


def test_abort_ends_the_call_with_its_status(wire: Wire) -> None:
    def read(request: StringValue, context: grpc.ServicerContext) -> NoReturn:
        context.set_trailing_metadata((("why", "because"),))
        context.abort(grpc.StatusCode.ABORTED, "naïve, ünicode")

    wire.servicer.read = read
    error = failure_of(lambda: EchoStub(wire.channel()).Read(HELLO))
    assert (error.code(), error.details()) == (grpc.StatusCode.ABORTED, "naïve, ünicode")
    assert dict(error.trailing_metadata())["why"] == "because"


def test_abort_with_ok_is_a_mistake_of_the_servicer(wire: Wire) -> None:
    wire.servicer.read = lambda _, context: context.abort(grpc.StatusCode.OK, "fine")
    error = failure_of(lambda: EchoStub(wire.channel()).Read(HELLO))
    assert (error.code(), error.details()) == (grpc.StatusCode.UNKNOWN, "")


def test_a_rich_status_arrives_whole(wire: Wire) -> None:
    sent = status_pb2.Status(code=5, message="not here")
    wire.servicer.read = lambda _, context: context.abort_with_status(rpc_status.to_status(sent))
    error = failure_of(lambda: EchoStub(wire.channel()).Read(HELLO))
    assert rpc_status.from_call(error) == sent


def test_a_code_that_is_set_beside_an_answer_fails_the_call(wire: Wire) -> None:
    def read(request: StringValue, context: grpc.ServicerContext) -> StringValue:
        context.set_code(grpc.StatusCode.NOT_FOUND)
        context.set_details("gone")
        return request

    wire.servicer.read = read
    error = failure_of(lambda: EchoStub(wire.channel()).Read(HELLO))
    assert (error.code(), error.details()) == (grpc.StatusCode.NOT_FOUND, "gone")


def test_an_exception_of_the_servicer_is_unknown(wire: Wire) -> None:
    wire.servicer.read = lambda *_: 1 / 0
    error = failure_of(lambda: EchoStub(wire.channel()).Read(HELLO))
    assert error.code() is grpc.StatusCode.UNKNOWN
    assert error.details() == "Exception calling application: division by zero"


def test_an_exception_in_a_stream_comes_after_what_was_sent(wire: Wire) -> None:
    def count(request: StringValue, _: grpc.ServicerContext) -> Iterator[StringValue]:
        yield request
        raise LookupError

    wire.servicer.count = count
    answers = EchoStub(wire.channel()).Count(HELLO)
    assert next(answers) == HELLO
    assert failure_of(lambda: next(answers)).code() is grpc.StatusCode.UNKNOWN


def test_an_answer_of_another_type_is_an_internal_error(wire: Wire) -> None:
    wire.servicer.read = lambda *_: None
    assert failure_of(lambda: EchoStub(wire.channel()).Read(HELLO)).code() is grpc.StatusCode.INTERNAL


def test_bytes_that_are_no_message_are_an_internal_error(wire: Wire) -> None:
    raw = wire.channel().unary_unary(f"/{SERVICE}/Read", None, None)
    assert failure_of(lambda: raw(b"\xff\xff")).code() is grpc.StatusCode.INTERNAL


def test_an_unknown_method_is_unimplemented(wire: Wire) -> None:
    error = failure_of(lambda: EchoStub(wire.channel()).Unknown(HELLO))
    assert (error.code(), error.details()) == (grpc.StatusCode.UNIMPLEMENTED, "Method not found!")


def test_a_failing_request_iterator_fails_the_call(wire: Wire) -> None:
    def requests() -> Iterator[StringValue]:
        yield HELLO
        raise LookupError

    assert failure_of(lambda: EchoStub(wire.channel()).Gather(requests())).code() is grpc.StatusCode.UNKNOWN


def test_a_servicer_may_answer_before_it_has_read_every_request(wire: Wire) -> None:
    wire.servicer.gather = lambda requests, _: next(requests)
    assert EchoStub(wire.channel()).Gather(repeat(HELLO)) == HELLO


def test_a_fast_writer_waits_for_a_slow_reader(wire: Wire) -> None:
    sent: list[int] = []

    def count(_: StringValue, __: grpc.ServicerContext) -> Iterator[StringValue]:
        for number in range(10_000):
            sent.append(number)
            yield StringValue(value="x" * 100_000)

    wire.servicer.count = count
    call = EchoStub(wire.channel()).Count(HELLO)
    next(call)
    call.cancel()
    assert len(sent) < 10_000


def test_the_peer_and_its_lack_of_identity_are_known(wire: Wire) -> None:
    seen: list[Any] = []

    def read(request: StringValue, context: grpc.ServicerContext) -> StringValue:
        seen.extend([context.peer().partition(":")[0], context.peer_identities(), context.peer_identity_key()])
        return request

    wire.servicer.read = read
    EchoStub(wire.channel()).Read(HELLO)
    assert seen == ["ipv4" if wire.transport == "tcp" else "inprocess", None, None]


def test_closing_a_channel_ends_its_calls(wire: Wire) -> None:
    wire.servicer.chat = lambda requests, _: requests
    gate = Event()
    channel = wire.channel()
    call = EchoStub(channel).Chat(silent_until(gate))
    channel.close()
    assert call.code() is grpc.StatusCode.CANCELLED
    gate.set()
    with pytest.raises(ValueError, match="closed channel"):
        EchoStub(channel).Read(HELLO)


def test_a_channel_becomes_ready(wire: Wire) -> None:
    ready = grpc.channel_ready_future(wire.channel())
    ready.result(PATIENCE)
    assert (ready.done(), ready.cancelled()) == (True, False)
