"""What a server does around every call: verify, bound, translate, log.

Owns one wrapper around each handler. It works on the bytes as received, because they are what was signed: verify them,
parse them, run the servicer with its caller and deadline known, serialize, send the trailers, and turn whatever was
raised into a status. A method that nobody serves is refused in the same way. Over TCP the doorway asks first who is let
in. Refuses to know services.
"""

import time
from collections.abc import Callable, Iterable, Iterator
from typing import Any, NoReturn

import grpc
import structlog

from shared import errors
from shared.rpc.aliases import Handler, ServerInterceptor
from shared.rpc.doorway import Room, Way
from shared.rpc.inprocess.timer import timer
from shared.rpc.rights import Rights
from shared.rpc.serving import Judge, Serving, judged
from shared.rpc.signature import Verifier, is_health, is_reflection

STREAM_SECONDS = 60.0
"""How long a stream may be open, whatever deadline its caller gave it: each holds a thread."""


class SiloInterceptor(ServerInterceptor):
    """The one interceptor of a silo's server."""

    def __init__(self, verifier: Verifier, *, rights: Rights | None, server: str, tls: bool = False) -> None:
        """Args:
        verifier: knows the keys and this silo's name.
        rights: which kinds of callers may call which methods; None: all.
        server: this silo's name, for the log.
        tls: whether callers show a certificate, which then must be their own.
        """
        self.judge = Judge(verifier, rights, binds_certificates=tls)
        self._log = structlog.get_logger().bind(silo=server)
        self._open_reflection = rights is not None and rights.open_reflection
        # Written by several threads without a lock: whoever is second makes the same wrapper again.
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
        if handler is None:
            return _unserved(method, self)  # not remembered: anyone can invent names
        # Health is asked for by whoever runs the container, who has no key.
        is_open = is_health(method) or (self._open_reflection and is_reflection(method))
        wrapped = _open(handler) if is_open else _guarded(handler, method, self)
        self._wrapped[method] = (handler, wrapped)
        return wrapped

    def begin(self, method: str, context: grpc.ServicerContext) -> Serving:
        """One call of a method, as a ``with`` block around what serves it."""
        return Serving(method, context, judge=self.judge, log=self._log)


class _Behavior:
    """What serves the calls of one method, and says at the doorway which of them are let in."""

    __slots__ = ("_interceptor", "_is_served", "_is_stream", "_method", "_run", "takes_one")

    def __init__(
        self,
        run: Callable[[Any, grpc.ServicerContext], Any],
        method: str,
        interceptor: SiloInterceptor,
        *,
        takes_one: bool,
        is_served: bool = True,
        is_stream: bool = False,
    ) -> None:
        self._run = run
        self._method = method
        self._interceptor = interceptor
        self._is_served = is_served
        self._is_stream = is_stream
        self.takes_one = takes_one

    def __call__(self, argument: Any, context: grpc.ServicerContext) -> Any:
        if self._is_stream:
            _bound(context)
        return self._run(argument, context)

    def judge(self, metadata: Iterable[tuple[str, str | bytes]], body: bytes) -> Way:
        try:
            judge = self._interceptor.judge
            found = judge.caller_of(self._method, metadata=dict(metadata), body=body, is_served=self._is_served)
        # A refusal is served too, so that it is logged and answered like any other, but by those who serve strangers.
        except errors.SiloError as refusal:
            judged.set(refusal)
            return Way(Room.PORCH)
        # For the thread that serves, which must not judge again: the nonce was taken by this judgement.
        judged.set(found)
        # The library's own servicer streams and may hold its thread for long.
        if is_reflection(self._method):
            return Way(Room.LIBRARY)
        return Way(Room.WORKERS, found) if self._is_served else Way(Room.PORCH)


class _OpenBehavior:
    """What serves a method that anybody may call, apart from the workers."""

    def __init__(self, handler: Handler, name: str) -> None:
        self._run = getattr(handler, name)
        self._parse = None if handler.request_streaming else handler.request_deserializer
        self.takes_one = not handler.request_streaming
        self.experimental_non_blocking = getattr(self._run, "experimental_non_blocking", False)
        """gRPC's mark of a stream that holds no thread while it is open."""

    def __call__(self, argument: Any, context: grpc.ServicerContext, *more: Any, **named: Any) -> Any:
        if not self.takes_one:
            _bound(context)
        return self._run(self._parse(argument) if self._parse else argument, context, *more, **named)

    def judge(self, metadata: object, body: bytes) -> Way:
        return Way(Room.PORCH if self.takes_one else Room.LIBRARY)


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
            # One at a time, inside the block: whatever is raised in the middle of a stream becomes its status.
            yield from map(self._serialized, self._handler.unary_stream(self._parsed(body), context))

    def stream_unary(self, bodies: Iterator[bytes], context: grpc.ServicerContext) -> bytes:
        with self._interceptor.begin(self._method, context) as call:
            # A stream is signed as the empty text: what it will say is not known when it begins.
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
            # Protobuf's own text would show bytes of the request to whoever reads the log of the caller.
            raise errors.InvalidInput("The request is not a message of this method.") from exc

    def _serialized(self, answer: Any) -> bytes:
        payload: bytes = self._handler.response_serializer(answer) if self._handler.response_serializer else answer
        return payload


def _guarded(handler: Handler, method: str, interceptor: SiloInterceptor) -> Handler:
    """A handler of the same kind that takes and gives bytes."""
    guarded, (name, make) = _Guarded(handler, method, interceptor), _kind_of(handler)
    is_stream = bool(handler.request_streaming or handler.response_streaming)
    behavior = _Behavior(
        getattr(guarded, name), method, interceptor, takes_one=not handler.request_streaming, is_stream=is_stream
    )
    made: Handler = make(behavior)
    return made


def _open(handler: Handler) -> Handler:
    """The same handler, for the rooms of strangers; it reads a single message itself."""
    name, make = _kind_of(handler)
    parse = handler.request_deserializer if handler.request_streaming else None
    made: Handler = make(_OpenBehavior(handler, name), parse, handler.response_serializer)
    return made


def _bound(context: Any) -> None:
    """Ends a stream after ``STREAM_SECONDS``."""
    # By the process's one timer: a thread for each stream would be what is to be avoided.
    alarm = timer.at(time.monotonic() + STREAM_SECONDS, context.cancel)
    context.add_callback(alarm.cancel)


def _kind_of(handler: Handler) -> tuple[str, Any]:
    """What gRPC calls the kind of a handler, and what makes one of that kind."""
    kind = f"{'stream' if handler.request_streaming else 'unary'}_{'stream' if handler.response_streaming else 'unary'}"
    return kind, getattr(grpc, f"{kind}_rpc_method_handler")


def _unserved(method: str, interceptor: SiloInterceptor) -> Handler:
    """A method that nobody here serves, of whatever kind its caller takes it for.

    A stream of messages is signed as if it were empty, so that the first one is tried with both.
    """

    def refuse(body: bytes, context: grpc.ServicerContext) -> NoReturn:
        with interceptor.begin(method, context) as call:
            try:
                call.admit(body, is_served=False)
            except errors.SignatureInvalid:
                # What the doorway found was of the call as one message; this attempt is judged anew.
                judged.set(None)
                call.admit(b"", is_served=False)
            raise errors.Unimplemented(metadata={"method": method})

    behavior = _Behavior(refuse, method, interceptor, takes_one=True, is_served=False)
    return grpc.unary_unary_rpc_method_handler(behavior)
