"""How each kind of in-process call begins.

Owns the client's half of a call until its exchange is in the server's hands. Refuses to know servicers. The server is
looked up by name for each call, so it may start after its channel and be replaced under it.
"""

import threading
import time
from collections.abc import Iterable
from functools import partial
from typing import Any

import grpc
from typing_extensions import override

from shared.rpc.aliases import Deserializer, Serializer, StreamStream, StreamUnary, UnaryStream, UnaryUnary
from shared.rpc.inprocess.call import InProcessCall, InProcessRpcError
from shared.rpc.inprocess.exchange import Exchange
from shared.rpc.inprocess.registry import registry
from shared.rpc.inprocess.server import InProcessServer
from shared.rpc.metadata import Metadata, validated
from shared.rpc.options import MAX_MESSAGE_BYTES


class Client:
    """What the calls of one channel share: the server's name, and the calls that ``close()`` must end."""

    def __init__(self, name: str) -> None:
        self.name = name
        self._open: set[Exchange] = set()
        self._closed = False

    def begin(self, method: str, timeout: float | None, metadata: Metadata | None) -> Exchange:
        """Raises:
        ValueError: the channel is closed, or the metadata could not travel.
        """
        if self._closed:
            # gRPC's own type and text, which callers of either channel may know.
            raise ValueError("Cannot invoke RPC on closed channel!")
        deadline = None if timeout is None else time.monotonic() + timeout
        return Exchange(method, metadata=validated(metadata), deadline=deadline)

    def reach(self, exchange: Exchange, *, wait_for_ready: bool | None) -> InProcessServer | None:
        """The server, which has taken the call on; None, and the call ended, when there is none or no time is left."""
        if not exchange.is_active():
            return None
        server = registry.find(self.name)
        # What gRPC does with a connection that is not there yet.
        if server is None and wait_for_ready:
            left = None if exchange.deadline is None else exchange.deadline - time.monotonic()
            server = registry.wait_for(self.name, timeout=left)
        if server is not None:
            return server if server.admit(exchange) else None
        if exchange.is_active():
            exchange.end(grpc.StatusCode.UNAVAILABLE, details=f"nothing is served at inprocess:{self.name}")
        return None

    def keep(self, exchange: Exchange) -> None:
        """Has ``close()`` end the call while it is open."""
        self._open.add(exchange)
        # It ended before it could be noted, and nobody would take it out again.
        if not exchange.add_callback(partial(self._open.discard, exchange)):
            self._open.discard(exchange)

    def close(self) -> None:
        """Ends every open call; no call begins any more."""
        self._closed = True
        # A copy: each one that ends takes itself out of the set.
        for exchange in tuple(self._open):
            exchange.end(grpc.StatusCode.CANCELLED, details="Channel closed!")


class _Method:
    """One method as seen through one channel."""

    def __init__(self, client: Client, path: str, serialize: Serializer, parse: Deserializer) -> None:
        self._client = client
        self._path = path
        self._serialize = serialize
        self._parse = parse

    def _start_one(
        self, request: Any, timeout: float | None, metadata: Metadata | None, *, wait_for_ready: bool | None
    ) -> InProcessCall:
        """Starts a call with one request on another thread."""
        exchange = self._client.begin(self._path, timeout, metadata)
        exchange.open_pipes()
        # Serialized on the caller's thread: from here on the caller may change the message.
        exchange.requests.put(self._body(request, exchange))
        exchange.requests.close(discard=False)
        return self._launch(exchange, wait_for_ready=wait_for_ready)

    def _start_many(
        self, requests: Iterable[Any], timeout: float | None, metadata: Metadata | None, *, wait_for_ready: bool | None
    ) -> InProcessCall:
        """Starts a call with a stream of requests on another thread; a third one draws the requests."""
        exchange = self._client.begin(self._path, timeout, metadata)
        exchange.open_pipes()
        call = self._launch(exchange, wait_for_ready=wait_for_ready)
        threading.Thread(target=self._feed, args=(exchange, requests), name="inprocess-requests", daemon=True).start()
        return call

    def _launch(self, exchange: Exchange, *, wait_for_ready: bool | None) -> InProcessCall:
        server = self._client.reach(exchange, wait_for_ready=wait_for_ready)
        if server is not None:
            self._client.keep(exchange)
            server.serve_elsewhere(exchange)
        return InProcessCall(exchange, parse=self._parse)

    def _feed(self, exchange: Exchange, requests: Iterable[Any]) -> None:
        try:
            for request in requests:
                # The call is over; the iterator, which is the user's, is asked for nothing more.
                if not exchange.requests.put(self._body(request, exchange)):
                    return
        except Exception:  # noqa: BLE001  # the iterator is the user's; gRPC answers so too
            exchange.end(grpc.StatusCode.UNKNOWN, details="Exception iterating requests!")
        else:
            exchange.requests.close(discard=False)

    def _body(self, request: Any, exchange: Exchange) -> bytes:
        """The serialized request; empty, and the call ended, when it cannot be sent."""
        try:
            body: bytes = self._serialize(request) if self._serialize else request
        except Exception:  # noqa: BLE001  # the serializer is the user's; gRPC answers so too
            exchange.end(grpc.StatusCode.INTERNAL, details="Exception serializing request!")
            return b""
        # As over TCP: what is too large there must not work here.
        if len(body) > MAX_MESSAGE_BYTES:
            exchange.end(grpc.StatusCode.RESOURCE_EXHAUSTED, details="Sent message larger than max")
        return body


def _settled(call: InProcessCall) -> tuple[Any, grpc.Call]:
    """The answer of a call that its caller waits for."""
    if call.code() is not grpc.StatusCode.OK:
        raise call.failure()
    return call.result(), call


class InProcessUnaryUnary(_Method, UnaryUnary):
    """One request, one answer; the only kind that runs on its caller's thread."""

    @override
    def __call__(
        self,
        request: Any,
        timeout: float | None = None,
        metadata: Metadata | None = None,
        credentials: grpc.CallCredentials | None = None,
        wait_for_ready: bool | None = None,
        compression: grpc.Compression | None = None,
    ) -> Any:
        return self.with_call(request, timeout, metadata, wait_for_ready=wait_for_ready)[0]

    @override
    def with_call(
        self,
        request: Any,
        timeout: float | None = None,
        metadata: Metadata | None = None,
        credentials: grpc.CallCredentials | None = None,
        wait_for_ready: bool | None = None,
        compression: grpc.Compression | None = None,
    ) -> tuple[Any, grpc.Call]:
        exchange = self._client.begin(self._path, timeout, metadata)
        body = self._body(request, exchange)
        server = self._client.reach(exchange, wait_for_ready=wait_for_ready)
        if server is None:
            raise InProcessRpcError(exchange)
        # With an executor every call is piped; without one, its caller's thread serves a unary call, which is what
        # makes it quick.
        if not server.runs_inline:
            exchange.open_pipes()
            exchange.requests.put(body)
            server.serve_elsewhere(exchange)
            return _settled(InProcessCall(exchange, parse=self._parse))
        payload = server.answer_inline(exchange, body)
        if payload is None or exchange.code is not grpc.StatusCode.OK:
            raise InProcessRpcError(exchange)
        return self._parse(payload) if self._parse else payload, InProcessCall(exchange)

    @override
    def future(
        self,
        request: Any,
        timeout: float | None = None,
        metadata: Metadata | None = None,
        credentials: grpc.CallCredentials | None = None,
        wait_for_ready: bool | None = None,
        compression: grpc.Compression | None = None,
    ) -> Any:
        return self._start_one(request, timeout, metadata, wait_for_ready=wait_for_ready)


class InProcessUnaryStream(_Method, UnaryStream):
    """One request, a stream of answers."""

    @override
    def __call__(
        self,
        request: Any,
        timeout: float | None = None,
        metadata: Metadata | None = None,
        credentials: grpc.CallCredentials | None = None,
        wait_for_ready: bool | None = None,
        compression: grpc.Compression | None = None,
    ) -> Any:
        return self._start_one(request, timeout, metadata, wait_for_ready=wait_for_ready)


class InProcessStreamUnary(_Method, StreamUnary):
    """A stream of requests, one answer."""

    @override
    def __call__(
        self,
        request_iterator: Iterable[Any],
        timeout: float | None = None,
        metadata: Metadata | None = None,
        credentials: grpc.CallCredentials | None = None,
        wait_for_ready: bool | None = None,
        compression: grpc.Compression | None = None,
    ) -> Any:
        return self.with_call(request_iterator, timeout, metadata, wait_for_ready=wait_for_ready)[0]

    @override
    def with_call(
        self,
        request_iterator: Iterable[Any],
        timeout: float | None = None,
        metadata: Metadata | None = None,
        credentials: grpc.CallCredentials | None = None,
        wait_for_ready: bool | None = None,
        compression: grpc.Compression | None = None,
    ) -> tuple[Any, grpc.Call]:
        return _settled(self._start_many(request_iterator, timeout, metadata, wait_for_ready=wait_for_ready))

    @override
    def future(
        self,
        request_iterator: Iterable[Any],
        timeout: float | None = None,
        metadata: Metadata | None = None,
        credentials: grpc.CallCredentials | None = None,
        wait_for_ready: bool | None = None,
        compression: grpc.Compression | None = None,
    ) -> Any:
        return self._start_many(request_iterator, timeout, metadata, wait_for_ready=wait_for_ready)


class InProcessStreamStream(_Method, StreamStream):
    """Streams both ways."""

    @override
    def __call__(
        self,
        request_iterator: Iterable[Any],
        timeout: float | None = None,
        metadata: Metadata | None = None,
        credentials: grpc.CallCredentials | None = None,
        wait_for_ready: bool | None = None,
        compression: grpc.Compression | None = None,
    ) -> Any:
        return self._start_many(request_iterator, timeout, metadata, wait_for_ready=wait_for_ready)
