"""Methods and services that a silo does not serve: refused like everything else, typed and to known callers only."""

from collections.abc import Callable
from typing import Any

import grpc
import pytest
from google.protobuf.wrappers_pb2 import StringValue
from google.rpc import error_details_pb2
from grpc_status import rpc_status

from shared import errors
from shared.rpc.keyring import Keyring
from tests.contract.rpc.conftest import World
from tests.contract.rpc.echo import SERVICE

HELLO = StringValue(value="hello")
EMPTY = StringValue()

CALLS: dict[str, Callable[[grpc.Channel, str], Any]] = {
    "unary_unary": lambda channel, path: _method(channel.unary_unary, path)(HELLO),
    "unary_unary, empty": lambda channel, path: _method(channel.unary_unary, path)(EMPTY),
    "unary_stream": lambda channel, path: list(_method(channel.unary_stream, path)(HELLO)),
    "stream_unary": lambda channel, path: _method(channel.stream_unary, path)(iter([HELLO])),
    "stream_stream": lambda channel, path: list(_method(channel.stream_stream, path)(iter([HELLO]))),
}


@pytest.mark.parametrize("path", [f"/{SERVICE}/Unknown", "/silo.testing.v1.Nobody/Read"])
@pytest.mark.parametrize("kind", CALLS)
def test_what_nobody_serves_is_refused_with_its_name(world: World, kind: str, path: str) -> None:
    with pytest.raises(errors.Unimplemented) as caught:
        CALLS[kind](world.connect(world.serve().address), path)
    assert caught.value.metadata == {"method": path}


def test_what_nobody_serves_has_a_reason_for_machines(world: World) -> None:
    with pytest.raises(errors.Unimplemented) as caught:
        CALLS["unary_unary"](world.connect(world.serve().address), f"/{SERVICE}/Unknown")
    cause: Any = caught.value.__cause__
    info = error_details_pb2.ErrorInfo()
    assert rpc_status.from_call(cause).details[0].Unpack(info)
    assert (info.reason, info.domain) == ("UNIMPLEMENTED", "silo")


@pytest.mark.parametrize("kind", CALLS)
def test_a_stranger_does_not_learn_what_is_served(world: World, kind: str) -> None:
    stranger = world.connect(world.serve().address, keys=Keyring.parse("us/first:guessed"))
    with pytest.raises(errors.SignatureInvalid):
        CALLS[kind](stranger, f"/{SERVICE}/Unknown")


def test_an_unsigned_call_of_nothing_is_unauthenticated(world: World) -> None:
    with pytest.raises(grpc.RpcError) as caught:
        CALLS["unary_unary"](world.bare_channel(world.serve().address), f"/{SERVICE}/Unknown")
    assert caught.value.code() is grpc.StatusCode.UNAUTHENTICATED


def _method(kind: Any, path: str) -> Any:
    return kind(path, StringValue.SerializeToString, StringValue.FromString)
