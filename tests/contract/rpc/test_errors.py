"""Errors between silos: what a servicer raises is what its caller catches, and nothing else gets out."""

from collections.abc import Iterator
from typing import Any, NoReturn, cast

import grpc
import pytest
from google.protobuf.wrappers_pb2 import StringValue
from google.rpc import error_details_pb2
from grpc_status import rpc_status
from structlog.testing import capture_logs

from shared import errors
from shared.errors import SiloError
from tests.contract.rpc.conftest import World
from tests.contract.rpc.echo import SERVICE, EchoServicer, EchoStub

HELLO = StringValue(value="hello")


class RaisingServicer(EchoServicer):
    """Raises the same error from every method."""

    def __init__(self, error: Exception) -> None:
        super().__init__()
        self._error = error
        self.read = self.gather = self.fail
        self.chat = self.fail_late
        self.count = lambda request, context: self.fail_late([request], context)

    def fail(self, *_: Any) -> NoReturn:
        raise self._error

    def fail_late(self, requests: Any, _: Any) -> Iterator[StringValue]:
        yield from requests
        raise self._error


@pytest.mark.parametrize("leaf", list(errors.SiloError.by_reason.values()), ids=lambda leaf: leaf.__name__)
def test_every_error_survives_the_wire(world: World, leaf: type[SiloError]) -> None:
    sent = leaf("What happened, naïvely.", metadata={"slug": "acme"}, fields={"b": ["1", "2"], "a": ["3"]})
    with pytest.raises(leaf) as caught:
        world.stub(RaisingServicer(sent)).Write(HELLO)
    assert type(caught.value) is leaf
    assert (caught.value.message, caught.value.metadata) == (sent.message, sent.metadata)
    assert list(caught.value.fields.items()) == list(sent.fields.items())


def test_every_kind_of_call_raises_typed_errors(world: World) -> None:
    stub = world.stub(RaisingServicer(errors.SlugTaken()))
    with pytest.raises(errors.SlugTaken):
        stub.Read.future(HELLO).result(timeout=10)
    with pytest.raises(errors.SlugTaken):
        stub.Gather(iter([HELLO]))
    with pytest.raises(errors.SlugTaken):
        stub.Gather.future(iter([HELLO])).result(timeout=10)
    assert isinstance(stub.Read.future(HELLO).exception(timeout=10), errors.SlugTaken)


def test_a_stream_raises_its_error_after_what_was_sent(world: World) -> None:
    stub = world.stub(RaisingServicer(errors.SlugTaken()))
    for answers in (stub.Count(HELLO), stub.Chat(iter([HELLO]))):
        assert next(answers) == HELLO
        with pytest.raises(errors.SlugTaken):
            next(answers)


def test_an_unknown_exception_says_nothing_but_where_to_look(world: World) -> None:
    with capture_logs() as logs, pytest.raises(errors.Internal) as caught:
        world.stub(RaisingServicer(RuntimeError("password=hunter2"))).Write(HELLO)
    assert caught.value.message == "An internal error occurred."
    assert "hunter2" not in repr(vars(caught.value))
    (logged,) = [line for line in logs if line["event"] == "rpc failed"]
    assert logged["request_id"] == caught.value.metadata["request_id"]
    assert str(logged["exc_info"]) == "password=hunter2"


def test_the_status_follows_googles_error_model(world: World) -> None:
    with pytest.raises(errors.ValidationFailed) as caught:
        world.stub(RaisingServicer(errors.ValidationFailed(fields={"name": ["Required."]}))).Write(HELLO)
    status = rpc_status.from_call(cast("grpc.Call", caught.value.__cause__))
    info, bad_request = error_details_pb2.ErrorInfo(), error_details_pb2.BadRequest()
    assert status.details[0].Unpack(info)
    assert (info.reason, info.domain) == ("VALIDATION_FAILED", "silo")
    assert status.details[1].Unpack(bad_request)
    assert [(v.field, v.description) for v in bad_request.field_violations] == [("name", "Required.")]


def test_an_error_larger_than_metadata_may_be_arrives_cut(world: World) -> None:
    huge = errors.ValidationFailed("é" * 100_000, fields={f"field{n}": ["wrong " * 50] for n in range(5_000)})
    with pytest.raises(errors.ValidationFailed) as caught:
        world.stub(RaisingServicer(huge)).Write(HELLO)
    assert huge.message.startswith(caught.value.message)
    assert 0 < len(caught.value.fields) < len(huge.fields)


def test_text_that_is_no_unicode_does_not_hide_the_error(world: World) -> None:
    with pytest.raises(errors.SlugTaken):
        world.stub(RaisingServicer(errors.SlugTaken("lone \ud800 surrogate"))).Write(HELLO)


def test_bytes_that_are_no_message_are_invalid_input(world: World) -> None:
    channel = world.connect(world.serve().address)
    with pytest.raises(errors.InvalidInput, match="not a message of this method"):
        channel.unary_unary(f"/{SERVICE}/Read")(b"\xff\xff")
    with pytest.raises(errors.InvalidInput):
        channel.stream_unary(f"/{SERVICE}/Gather")(iter([b"\xff\xff"]))


def test_an_answer_that_cannot_be_read_is_internal(world: World) -> None:
    def refuse(_: bytes) -> None:
        raise ValueError

    channel = world.connect(world.serve().address)
    with pytest.raises(errors.Internal, match="could not be read"):
        channel.unary_unary(f"/{SERVICE}/Read", StringValue.SerializeToString, refuse)(HELLO)


def test_an_answer_that_cannot_be_written_is_internal(world: World) -> None:
    servicer = EchoServicer()
    servicer.read = lambda *_: None
    with pytest.raises(errors.Internal):
        world.stub(servicer).Write(HELLO)


def test_an_abort_of_the_servicer_stays_as_it_is(world: World) -> None:
    servicer = EchoServicer()
    servicer.read = lambda _, context: context.abort(grpc.StatusCode.OUT_OF_RANGE, "beyond")
    with pytest.raises(errors.InvalidInput) as caught:
        world.stub(servicer).Write(HELLO)
    cause: Any = caught.value.__cause__
    assert (cause.code(), cause.details()) == (grpc.StatusCode.OUT_OF_RANGE, "beyond")


def test_an_unknown_method_is_unimplemented(world: World) -> None:
    with pytest.raises(errors.Unimplemented):
        world.stub().Unknown(HELLO)


def test_a_silo_that_is_not_there_is_unreachable_and_named(world: World) -> None:
    server = world.serve()
    server.stop()
    with pytest.raises(errors.SiloUnreachable) as caught:
        EchoStub(world.connect(server.address)).Write(HELLO)
    assert caught.value.metadata == {"silo": "us"}


def test_a_message_over_the_limit_is_refused_both_ways(world: World) -> None:
    servicer = EchoServicer()
    servicer.read = lambda *_: StringValue(value="x" * 17_000_000)
    stub = world.stub(servicer)
    with pytest.raises(errors.Exhausted):
        stub.Write(StringValue(value="x" * 17_000_000))
    with pytest.raises(errors.Exhausted):
        stub.Write(HELLO)


def test_a_message_within_the_limit_arrives(world: World) -> None:
    large = StringValue(value="x" * 15_000_000)
    assert world.stub().Write(large) == large


def test_the_access_log_says_who_called_what_and_how_it_ended(world: World) -> None:
    with capture_logs() as logs:
        stub = world.stub(RaisingServicer(errors.SlugTaken()))
        with pytest.raises(errors.SlugTaken):
            stub.Write(StringValue(value="body"))
    (line,) = [line for line in logs if line["event"] == "rpc"]
    assert (line["silo"], line["caller"], line["method"]) == ("us", "control", f"/{SERVICE}/Write")
    assert (line["code"], line["reason"], line["log_level"]) == ("ALREADY_EXISTS", "SLUG_TAKEN", "info")
    assert line["duration_seconds"] >= 0
    assert "body" not in str(line)
