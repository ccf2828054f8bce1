"""What a server does around every call: verify, bound, translate, log.

Owns one wrapper around each handler. It works on the bytes as received, because they are what was signed: verify them,
parse them, run the servicer with its caller and deadline known, serialize, send the trailers, and turn whatever was
raised into a status. A method that nobody serves is refused in the same way. Health and reflection pass untouched.
Refuses to know services.
"""

import re
import time
from collections.abc import Callable, Iterator, Mapping
from typing import Any, NoReturn, Self

import grpc
import structlog

from shared import errors
from shared.rpc import served
from shared.rpc.aliases import Handler, ServerInterceptor
from shared.rpc.calls import REQUEST_ID_KEY
from shared.rpc.inprocess.context import Aborted
from shared.rpc.rights import Rights
from shared.rpc.served import ServedCall
from shared.rpc.signature import Verifier, needs_signature
from shared.rpc.status import to_status

_MAX_REQUEST_ID = 64
_REQUEST_ID = re.compile(rf"[0-9A-Za-z._-]{{1,{_MAX_REQUEST_ID}}}")
_NO_DEADLINE_SECONDS = 365 * 24 * 3600
"""gRPC reports an absent deadline as a time that is centuries away."""


class SiloInterceptor(ServerInterceptor):
    """The one interceptor of a silo's server."""

    def __init__(self, verifier: Verifier, *, rights: Rights | None, server: str) -> None:
        """Args:
        verifier: knows the keys and this silo's name.
        rights: which kinds of callers may call which methods; None: all.
        server: this silo's name, for the log.
        """
        self._verifier = verifier
        self._rights = rights
        self._log = structlog.get_logger().bind(silo=server)
        self._wrapped: dict[str, tuple[Handler, Handler]] = {}

    def intercept_service(
        self,
        continuation: Callable[[grpc.HandlerCallDetails], Handler | None],
        handler_call_details: grpc.HandlerCallDetails,
    ) -> Handler | None:
        handler = continuation(handler_call_details)
        method = handler_call_details.method
        known = self._wrapped.get(method)
        if known is not None and known[0] is handler:  # gRPC asks for each call; the answer is the same
            return known[1]
        if not needs_signature(method):
            return handler
        if handler is None:
            return _Unserved(method, self)  # not remembered: anyone can invent names
        wrapped = _wrap(handler, _Guarded(handler, method, self))
        self._wrapped[method] = (handler, wrapped)
        return wrapped

    def begin(self, method: str, context: grpc.ServicerContext) -> "_Serving":
        """One call of a method, as a ``with`` block around what serves it."""
        return _Serving(method, context, verifier=self._verifier, rights=self._rights, log=self._log)


class _Serving:
    """One call while it is served; whatever is raised within it becomes the call's status."""

    __slots__ = ("_call", "_context", "_log", "_method", "_rights", "_started", "_verifier")

    def __init__(
        self, method: str, context: grpc.ServicerContext, *, verifier: Verifier, rights: Rights | None, log: Any
    ) -> None:
        self._method = method
        self._context: Any = context
        self._verifier = verifier
        self._rights = rights
        self._log = log
        self._call = ServedCall()
        self._started = time.perf_counter()

    def __enter__(self) -> Self:
        return self

    def verify(self, body: bytes) -> None:
        """Learns who calls.

        Raises:
            Unauthenticated: a leaf of it says what is wrong with the signature.
        """
        metadata = dict(self._context.invocation_metadata())
        self._call.request_id = _request_id(metadata)
        self._call.caller = self._verifier.verify(self._method, metadata=metadata, body=body)

    def admit(self, body: bytes) -> None:
        """Verifies the call; from here on its caller, request id and deadline are known to whatever serves it.

        Raises:
            Unauthenticated: a leaf of it says what is wrong with the signature.
            PermissionDenied: callers of this kind may not call the method.
        """
        self.verify(body)
        self._call.deadline = _deadline(self._context)
        if self._rights is not None:
            self._rights.require(self._method, caller=self._call.caller)
        served.current.set(self._call)  # never reset: every call has a context of its own

    def __exit__(self, kind: object, error: BaseException | None, trace: object) -> None:
        if error is None:
            self._complete()
        elif isinstance(error, Exception) and not _was_aborted(error, self._context):
            self._fail(error)
        else:  # the servicer aborted, or its stream was dropped: the status is decided
            self._write(code=_code_of(self._context, otherwise="CANCELLED"))

    def _complete(self) -> None:
        if self._call.trailers:
            before = self._context.trailing_metadata() or ()
            self._context.set_trailing_metadata((*before, *self._call.trailers))
        self._write(code=_code_of(self._context, otherwise="OK"))

    def _fail(self, error: Exception) -> None:
        known = self._known(error)
        if isinstance(known, errors.Internal):
            self._log.error("rpc failed", method=self._method, request_id=self._call.request_id, exc_info=error)
        status = to_status(known, trailers=self._call.trailers)
        self._write(code=status.code.name, reason=known.reason)
        self._context.abort_with_status(status)  # raises

    def _known(self, error: Exception) -> errors.SiloError:
        """The error to tell of: of one that nobody meant to raise, only where to look."""
        if isinstance(error, errors.SiloError):
            return error
        if isinstance(error, grpc.RpcError) and not self._context.is_active():
            return errors.Cancelled()  # drawing a request from a client that gave up
        return errors.Internal(metadata={"request_id": self._call.request_id})

    def _write(self, *, code: str, reason: str = "") -> None:
        """One line per call, never with bodies; successes at debug, since a region serves thousands a second."""
        write = self._log.debug if code == "OK" else self._log.info
        write(
            "rpc",
            method=self._method,
            caller=self._call.caller,
            code=code,
            reason=reason,
            duration_seconds=time.perf_counter() - self._started,
            request_id=self._call.request_id,
        )


class _Guarded:
    """The four behaviours of one method, from bytes to bytes."""

    def __init__(self, handler: Handler, method: str, interceptor: SiloInterceptor) -> None:
        self._handler: Any = handler
        self._method = method
        self._interceptor = interceptor

    def unary_unary(self, body: bytes, context: grpc.ServicerContext) -> bytes:
        with self._interceptor.begin(self._method, context) as call:
            call.admit(body)
            return self._serialized(self._handler.unary_unary(self._parsed(body), context))

    def unary_stream(self, body: bytes, context: grpc.ServicerContext) -> Iterator[bytes]:
        with self._interceptor.begin(self._method, context) as call:
            call.admit(body)
            yield from map(self._serialized, self._handler.unary_stream(self._parsed(body), context))

    def stream_unary(self, bodies: Iterator[bytes], context: grpc.ServicerContext) -> bytes:
        with self._interceptor.begin(self._method, context) as call:
            call.admit(b"")
            return self._serialized(self._handler.stream_unary(map(self._parsed, bodies), context))

    def stream_stream(self, bodies: Iterator[bytes], context: grpc.ServicerContext) -> Iterator[bytes]:
        with self._interceptor.begin(self._method, context) as call:
            call.admit(b"")
            yield from map(self._serialized, self._handler.stream_stream(map(self._parsed, bodies), context))

    def _parsed(self, body: bytes) -> Any:
        try:
            return self._handler.request_deserializer(body) if self._handler.request_deserializer else body
        except Exception as exc:
            raise errors.InvalidInput("The request is not a message of this method.") from exc

    def _serialized(self, answer: Any) -> bytes:
        payload: bytes = self._handler.response_serializer(answer) if self._handler.response_serializer else answer
        return payload


class _Unserved(Handler):
    """A method that nobody here serves, of whatever kind its caller takes it for.

    Its kind is unknown, so that ``stream_stream`` must do for all, and it is tried with both of what may be signed.
    """

    request_streaming = response_streaming = True
    request_deserializer = response_serializer = None
    unary_stream = stream_unary = None

    def __init__(self, method: str, interceptor: SiloInterceptor) -> None:
        self._method = method
        self._interceptor = interceptor

    def unary_unary(self, body: bytes, context: grpc.ServicerContext) -> NoReturn:
        with self._interceptor.begin(self._method, context) as call:
            call.verify(body)
            raise errors.Unimplemented(metadata={"method": self._method})

    def stream_stream(self, bodies: Iterator[bytes], context: grpc.ServicerContext) -> NoReturn:
        with self._interceptor.begin(self._method, context) as call:
            try:
                call.verify(b"")
            except errors.SignatureInvalid:
                call.verify(next(bodies, b""))
            raise errors.Unimplemented(metadata={"method": self._method})


def _wrap(handler: Handler, guarded: _Guarded) -> Handler:
    """A handler of the same kind that takes and gives bytes."""
    if handler.request_streaming:
        if handler.response_streaming:
            return grpc.stream_stream_rpc_method_handler(guarded.stream_stream)
        return grpc.stream_unary_rpc_method_handler(guarded.stream_unary)
    if handler.response_streaming:
        return grpc.unary_stream_rpc_method_handler(guarded.unary_stream)
    return grpc.unary_unary_rpc_method_handler(guarded.unary_unary)


def _request_id(metadata: Mapping[str, str | bytes]) -> str:
    """The id that the caller passes on, or else the call's nonce, which is as good as random; unverified either way."""
    passed_on = metadata.get(REQUEST_ID_KEY)
    if isinstance(passed_on, str) and _REQUEST_ID.fullmatch(passed_on):
        return passed_on
    return str(metadata.get("silo-nonce", ""))[:_MAX_REQUEST_ID]


def _deadline(context: Any) -> float | None:
    remaining: float | None = context.time_remaining()
    if remaining is None or remaining > _NO_DEADLINE_SECONDS:
        return None
    return time.monotonic() + remaining


def _was_aborted(error: Exception, context: Any) -> bool:
    """Whether the servicer called ``context.abort``, whose exception must travel on as it is.

    gRPC raises a bare ``Exception()`` for it, once it has set the code.
    """
    return type(error) in (Exception, Aborted) and not error.args and context.code() is not None


def _code_of(context: Any, *, otherwise: str) -> str:
    code: grpc.StatusCode | None = context.code()
    return otherwise if code is None else code.name
