"""A small service for the contract suite: one method of each kind, over ``StringValue``, its contract in the pool."""

from collections.abc import Callable, Iterator
from threading import Event
from typing import Any

import grpc
from google.protobuf import descriptor_pb2, descriptor_pool
from google.protobuf.wrappers_pb2 import StringValue

SERVICE = "silo.testing.v1.Echo"
_TEXT = ".google.protobuf.StringValue"
_IDEMPOTENT = descriptor_pb2.MethodOptions.IDEMPOTENT
PATIENCE = 10.0
"""Seconds after which a test gives up on what should happen at once."""

Behavior = Callable[[Any, Any], Any]
"""What a method of the servicer does with its request or requests and its context."""


def _publish() -> None:
    """Puts the contract where generated code would have put it."""
    file = descriptor_pb2.FileDescriptorProto(
        name="silo/testing/v1/echo.proto", package="silo.testing.v1", dependency=["google/protobuf/wrappers.proto"]
    )
    service = file.service.add(name="Echo")
    service.method.add(name="Read", input_type=_TEXT, output_type=_TEXT).options.idempotency_level = _IDEMPOTENT
    service.method.add(name="Write", input_type=_TEXT, output_type=_TEXT)
    service.method.add(name="Count", input_type=_TEXT, output_type=_TEXT, server_streaming=True)
    service.method.add(name="Gather", input_type=_TEXT, output_type=_TEXT, client_streaming=True)
    service.method.add(name="Chat", input_type=_TEXT, output_type=_TEXT, client_streaming=True, server_streaming=True)
    descriptor_pool.Default().AddSerializedFile(file.SerializeToString())


_publish()


class EchoStub:
    """As generated code would have it, with one method more that the server does not know."""

    def __init__(self, channel: grpc.Channel) -> None:
        def method(kind: str, name: str) -> Any:
            return getattr(channel, kind)(
                f"/{SERVICE}/{name}", StringValue.SerializeToString, StringValue.FromString, _registered_method=True
            )

        self.Read = method("unary_unary", "Read")
        self.Write = method("unary_unary", "Write")
        self.Count = method("unary_stream", "Count")
        self.Gather = method("stream_unary", "Gather")
        self.Chat = method("stream_stream", "Chat")
        self.Unknown = method("unary_unary", "Unknown")


class EchoServicer:
    """Echoes, until a test gives one of its methods another behaviour."""

    def __init__(self) -> None:
        self.read: Behavior = lambda request, _: request
        self.count: Behavior = _count
        self.gather: Behavior = _gather
        self.chat: Behavior = lambda requests, _: requests

    def Read(self, request: StringValue, context: grpc.ServicerContext) -> Any:
        return self.read(request, context)

    def Write(self, request: StringValue, context: grpc.ServicerContext) -> Any:
        return self.read(request, context)

    def Count(self, request: StringValue, context: grpc.ServicerContext) -> Any:
        yield from self.count(request, context)

    def Gather(self, requests: Iterator[StringValue], context: grpc.ServicerContext) -> Any:
        return self.gather(requests, context)

    def Chat(self, requests: Iterator[StringValue], context: grpc.ServicerContext) -> Any:
        yield from self.chat(requests, context)


def noting(note: Behavior) -> Behavior:
    """A behaviour that echoes, having told ``note``."""

    def echo(request: StringValue, context: grpc.ServicerContext) -> StringValue:
        note(request, context)
        return request

    return echo


class Held:
    """A behaviour that says when it begins and echoes when it is let go, whatever becomes of its call."""

    def __init__(self) -> None:
        self.began = Event()
        self.gate = Event()

    def __call__(self, request: StringValue, context: grpc.ServicerContext) -> StringValue:
        self.began.set()
        assert self.gate.wait(PATIENCE)
        return request


def silent_until(gate: Event) -> Iterator[StringValue]:
    """A stream of requests that says nothing, and ends when the gate opens."""
    gate.wait(PATIENCE)
    yield from ()


def add_echo_servicer_to_server(servicer: EchoServicer, server: grpc.Server) -> None:
    kinds: dict[str, Any] = {
        "Read": grpc.unary_unary_rpc_method_handler,
        "Write": grpc.unary_unary_rpc_method_handler,
        "Count": grpc.unary_stream_rpc_method_handler,
        "Gather": grpc.stream_unary_rpc_method_handler,
        "Chat": grpc.stream_stream_rpc_method_handler,
    }
    handlers: dict[str, grpc.RpcMethodHandler[Any, Any]] = {
        name: make(getattr(servicer, name), StringValue.FromString, StringValue.SerializeToString)
        for name, make in kinds.items()
    }
    server.add_generic_rpc_handlers((grpc.method_handlers_generic_handler(SERVICE, handlers),))
    server.add_registered_method_handlers(SERVICE, handlers)  # type: ignore[attr-defined]  # newer than the stubs


def texts(messages: Iterator[StringValue]) -> list[str]:
    return [message.value for message in messages]


def _count(request: StringValue, _: grpc.ServicerContext) -> Iterator[StringValue]:
    return (StringValue(value=str(number)) for number in range(int(request.value)))


def _gather(requests: Iterator[StringValue], _: grpc.ServicerContext) -> StringValue:
    return StringValue(value="+".join(texts(requests)))
