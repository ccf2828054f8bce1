"""The four kinds of call of a silo channel.

Owns what happens around each call: refuse it inside a transaction, bound it by a deadline, serialize, sign the exact
bytes, retry where the contract allows, parse, and raise the typed error. A unary call may be made again; a future and a
stream are one attempt, since part of their outcome may have been seen already. Refuses to know transports and services.

Every multi-callable takes what gRPC's own takes: ``timeout`` in seconds, ``metadata``, and then ``credentials``,
``wait_for_ready`` and ``compression``, which are passed on as they are.
"""

import time
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Any

import grpc

from shared import errors
from shared.database.transaction import refuse_inside_transaction
from shared.rpc import served
from shared.rpc.aliases import Deserializer, Serializer, StreamStream, StreamUnary, UnaryStream, UnaryUnary
from shared.rpc.metadata import Metadata
from shared.rpc.outcome import SiloCall
from shared.rpc.retry import Retrier, is_idempotent
from shared.rpc.signature import Signer
from shared.rpc.status import from_rpc_error

REQUEST_ID_KEY = "silo-request-id"
"""Metadata entry that carries the request id on to the next silo. Not signed: it only correlates log lines."""


@dataclass(frozen=True)
class Link:
    """What all calls of one channel share."""

    silo: str
    """Name of the silo at the other end."""
    signer: Signer
    """Signs each attempt."""
    retrier: Retrier
    """Repeats attempts of idempotent methods."""
    timeout_seconds: float
    """Deadline of a call that is given none."""


class _Method:
    """One method as seen through one channel."""

    def __init__(self, link: Link, path: str, serialize: Serializer, parse: Deserializer) -> None:
        self._link = link
        self._path = path
        self._serialize = serialize
        self._parse = parse

    def _deadline(self, timeout: float | None) -> float:
        """``time.monotonic()`` at which the call ends: by its own timeout, or with the call served here if sooner."""
        # Another silo would be waited for while locks are held; and what it did could not be rolled back.
        refuse_inside_transaction(self._path)
        now = time.monotonic()
        deadline = now + (self._link.timeout_seconds if timeout is None else timeout)
        serving = served.current.get()
        if serving is not None and serving.deadline is not None:
            # A call on behalf of a caller never outlasts the caller.
            deadline = min(deadline, serving.deadline)
        if deadline <= now:
            raise errors.DeadlineExceeded(metadata={"silo": self._link.silo})
        return deadline

    def _metadata(self, body: bytes, extra: Iterable[tuple[str, str | bytes]] | None) -> Metadata:
        # The request id is not signed: it only ties lines of two logs together.
        signed = self._link.signer.sign(self._path, body=body)
        serving = served.current.get()
        if serving is not None and serving.request_id:
            signed = (*signed, (REQUEST_ID_KEY, serving.request_id))
        return (*signed, *extra) if extra else signed

    def _body(self, request: Any) -> bytes:
        return self._serialize(request) if self._serialize else request

    def _bodies(self, requests: Iterable[Any]) -> Iterator[bytes]:
        return map(self._body, requests)

    def _answer(self, payload: bytes) -> Any:
        try:
            return self._parse(payload) if self._parse else payload
        except Exception as exc:
            # The other silo speaks another contract: a fault of ours, of which a client learns nothing.
            raise errors.Internal("The answer could not be read.", metadata={"silo": self._link.silo}) from exc

    def _call(self, inner: Any) -> SiloCall:
        return SiloCall(inner, answer=self._answer, silo=self._link.silo)


class SiloUnaryUnary(_Method, UnaryUnary):
    """One request, one answer."""

    def __init__(self, link: Link, path: str, serialize: Serializer, parse: Deserializer, *, inner: UnaryUnary) -> None:
        super().__init__(link, path, serialize, parse)
        self._inner = inner
        # Asked once for each method: the contract does not change while the process runs.
        self._idempotent = is_idempotent(path)

    def __call__(
        self, request: Any, timeout: float | None = None, metadata: Metadata | None = None, *more: Any, **named: Any
    ) -> Any:
        return self.with_call(request, timeout, metadata, *more, **named)[0]

    def with_call(
        self, request: Any, timeout: float | None = None, metadata: Metadata | None = None, *more: Any, **named: Any
    ) -> tuple[Any, grpc.Call]:
        deadline = self._deadline(timeout)
        body = self._body(request)

        def attempt() -> tuple[bytes, grpc.Call]:
            signed = self._metadata(body, metadata)  # anew for each attempt: a nonce is accepted once
            try:
                return self._inner.with_call(body, deadline - time.monotonic(), signed, *more, **named)
            except grpc.RpcError as exc:
                raise from_rpc_error(exc, silo=self._link.silo) from exc

        # One deadline for all attempts: a retry takes from the caller's time, and adds none.
        payload, call = self._link.retrier.call(attempt, deadline=deadline) if self._idempotent else attempt()
        return self._answer(payload), call

    def future(
        self, request: Any, timeout: float | None = None, metadata: Metadata | None = None, *more: Any, **named: Any
    ) -> Any:
        left = self._deadline(timeout) - time.monotonic()
        body = self._body(request)
        # No retry: whoever holds a future may have seen how it ended.
        return self._call(self._inner.future(body, left, self._metadata(body, metadata), *more, **named))


class SiloUnaryStream(_Method, UnaryStream):
    """One request, a stream of answers."""

    def __init__(
        self, link: Link, path: str, serialize: Serializer, parse: Deserializer, *, inner: UnaryStream
    ) -> None:
        super().__init__(link, path, serialize, parse)
        self._inner = inner

    def __call__(
        self, request: Any, timeout: float | None = None, metadata: Metadata | None = None, *more: Any, **named: Any
    ) -> Any:
        left = self._deadline(timeout) - time.monotonic()
        body = self._body(request)
        return self._call(self._inner(body, left, self._metadata(body, metadata), *more, **named))


class SiloStreamUnary(_Method, StreamUnary):
    """A stream of requests, one answer."""

    def __init__(
        self, link: Link, path: str, serialize: Serializer, parse: Deserializer, *, inner: StreamUnary
    ) -> None:
        super().__init__(link, path, serialize, parse)
        self._inner = inner

    def __call__(
        self,
        request_iterator: Iterable[Any],
        timeout: float | None = None,
        metadata: Metadata | None = None,
        *more: Any,
        **named: Any,
    ) -> Any:
        return self.with_call(request_iterator, timeout, metadata, *more, **named)[0]

    def with_call(
        self,
        request_iterator: Iterable[Any],
        timeout: float | None = None,
        metadata: Metadata | None = None,
        *more: Any,
        **named: Any,
    ) -> tuple[Any, grpc.Call]:
        left = self._deadline(timeout) - time.monotonic()
        # Signed as the empty text, since nobody knows yet what the stream will say.
        bodies, signed = self._bodies(request_iterator), self._metadata(b"", metadata)
        try:
            payload, call = self._inner.with_call(bodies, left, signed, *more, **named)
        except grpc.RpcError as exc:
            raise from_rpc_error(exc, silo=self._link.silo) from exc
        return self._answer(payload), call

    def future(
        self,
        request_iterator: Iterable[Any],
        timeout: float | None = None,
        metadata: Metadata | None = None,
        *more: Any,
        **named: Any,
    ) -> Any:
        left = self._deadline(timeout) - time.monotonic()
        bodies, signed = self._bodies(request_iterator), self._metadata(b"", metadata)
        return self._call(self._inner.future(bodies, left, signed, *more, **named))


class SiloStreamStream(_Method, StreamStream):
    """Streams both ways."""

    def __init__(
        self, link: Link, path: str, serialize: Serializer, parse: Deserializer, *, inner: StreamStream
    ) -> None:
        super().__init__(link, path, serialize, parse)
        self._inner = inner

    def __call__(
        self,
        request_iterator: Iterable[Any],
        timeout: float | None = None,
        metadata: Metadata | None = None,
        *more: Any,
        **named: Any,
    ) -> Any:
        left = self._deadline(timeout) - time.monotonic()
        bodies, signed = self._bodies(request_iterator), self._metadata(b"", metadata)
        return self._call(self._inner(bodies, left, signed, *more, **named))
