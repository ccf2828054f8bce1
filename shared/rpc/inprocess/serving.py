"""Running one handler for one call.

Owns what a gRPC server does around a servicer's method: parse, call, serialize, end the call. Refuses to know threads
and how the handler was found; messages are always parsed from and serialized to bytes, so nothing mutable is shared.
"""

from collections.abc import Iterator
from typing import Any

import grpc

from shared.rpc.aliases import Handler
from shared.rpc.inprocess.context import InProcessContext
from shared.rpc.inprocess.exchange import Exchange
from shared.rpc.inprocess.pipe import PipeClosed
from shared.rpc.options import MAX_MESSAGE_BYTES


def answer(exchange: Exchange, handler: Handler, body: bytes) -> bytes | None:
    """Runs a unary-unary handler here and now; the serialized answer, or None when the call failed."""
    context = InProcessContext(exchange)
    try:
        request = _parsed(handler, body, context)
        payload = _serialized(handler, handler.unary_unary(request, context), context)  # type: ignore[misc]
    except Exception as exc:  # noqa: BLE001  # whatever a servicer raises ends its call, and only its call
        context.fail(exc)
        return None
    except BaseException:  # the caller's thread is being stopped; it must not leave the call open
        exchange.end(grpc.StatusCode.CANCELLED)
        raise
    context.complete()
    return payload


def serve(exchange: Exchange, handler: Handler) -> None:
    """Runs a handler of any kind against the pipes of the exchange."""
    context = InProcessContext(exchange)
    try:
        _run(exchange, handler, context)
    except PipeClosed:  # the call ended before its request came
        return
    except Exception as exc:  # noqa: BLE001  # whatever a servicer raises ends its call, and only its call
        context.fail(exc)
        return
    context.complete()


def _run(exchange: Exchange, handler: Handler, context: InProcessContext) -> None:
    argument: Any
    if handler.request_streaming:
        argument = _Requests(exchange, handler, context)
    else:
        argument = _parsed(handler, exchange.requests.take(), context)
    outcome = _behavior(handler)(argument, context)
    if not handler.response_streaming:
        exchange.response = _serialized(handler, outcome, context)
        return
    for response in outcome:
        payload = _serialized(handler, response, context)
        # Before the first answer, as gRPC does: a client may wait for the one to come.
        exchange.send_initial(())
        if not exchange.responses.put(payload):
            return


def _behavior(handler: Handler) -> Any:
    if handler.request_streaming:
        return handler.stream_stream if handler.response_streaming else handler.stream_unary
    return handler.unary_stream if handler.response_streaming else handler.unary_unary


class _Requests:
    """The requests of a streaming client, as a servicer iterates over them."""

    def __init__(self, exchange: Exchange, handler: Handler, context: InProcessContext) -> None:
        self._exchange = exchange
        self._handler = handler
        self._context = context

    def __iter__(self) -> Iterator[Any]:
        return self

    def __next__(self) -> Any:
        try:
            body = self._exchange.requests.take()
        except PipeClosed:
            if self._exchange.code in (None, grpc.StatusCode.OK):
                raise StopIteration from None
            raise grpc.RpcError from None  # as gRPC does in a servicer whose client gave up
        return _parsed(self._handler, body, self._context)


def _parsed(handler: Handler, body: bytes, context: InProcessContext) -> Any:
    if handler.request_deserializer is None:
        return body
    try:
        return handler.request_deserializer(body)
    except Exception:  # noqa: BLE001  # the deserializer is the user's; gRPC answers so too
        context.abort(grpc.StatusCode.INTERNAL, "Exception deserializing request!")


def _serialized(handler: Handler, response: Any, context: InProcessContext) -> bytes:
    try:
        payload: bytes = handler.response_serializer(response) if handler.response_serializer else response
    except Exception:  # noqa: BLE001  # the serializer is the user's; gRPC answers so too
        context.abort(grpc.StatusCode.INTERNAL, "Failed to serialize response!")
    if not isinstance(payload, bytes):
        context.abort(grpc.StatusCode.INTERNAL, "Failed to serialize response!")
    if len(payload) > MAX_MESSAGE_BYTES:
        context.abort(grpc.StatusCode.RESOURCE_EXHAUSTED, "Sent message larger than max")
    return payload
