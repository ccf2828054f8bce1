"""Interceptors of servers and of channels, on each bare transport."""

from typing import Any, NoReturn

import grpc
from google.protobuf.wrappers_pb2 import StringValue

from tests.contract.rpc.conftest import Wire
from tests.contract.rpc.echo import SERVICE, EchoStub
from tests.contract.rpc.test_transport import HELLO, failure_of


class Doubling(grpc.ServerInterceptor):  # type: ignore[type-arg]
    """Runs every unary handler twice."""

    def intercept_service(self, continuation: Any, handler_call_details: Any) -> Any:
        handler = continuation(handler_call_details)

        def twice(request: StringValue, context: grpc.ServicerContext) -> StringValue:
            return StringValue(value=handler.unary_unary(handler.unary_unary(request, context), context).value)

        return grpc.unary_unary_rpc_method_handler(twice, StringValue.FromString, StringValue.SerializeToString)


class Refusing(grpc.ServerInterceptor):  # type: ignore[type-arg]
    """Fails before a handler is found."""

    def intercept_service(self, continuation: Any, handler_call_details: Any) -> NoReturn:
        raise LookupError(handler_call_details.method)


def test_interceptors_wrap_handlers_outermost_first(wire: Wire) -> None:
    wire.servicer.read = lambda request, _: StringValue(value=request.value + "!")
    wire.serve(Doubling(), Doubling())
    assert EchoStub(wire.channel()).Read(HELLO).value == "hello!!!!"


def test_a_failing_interceptor_fails_the_call(wire: Wire) -> None:
    wire.serve(Refusing())
    error = failure_of(lambda: EchoStub(wire.channel()).Read(HELLO))
    assert (error.code(), error.details()) == (grpc.StatusCode.UNKNOWN, "Error in service handler!")


def test_client_interceptors_see_calls_and_their_errors(wire: Wire) -> None:
    seen: list[str] = []

    class Watching(grpc.UnaryUnaryClientInterceptor):  # type: ignore[type-arg]
        def intercept_unary_unary(self, continuation: Any, client_call_details: Any, request: Any) -> Any:
            seen.append(client_call_details.method)
            return continuation(client_call_details, request)

    EchoStub(grpc.intercept_channel(wire.channel(), Watching())).Read(HELLO)
    assert seen == [f"/{SERVICE}/Read"]
