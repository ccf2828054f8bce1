"""A call in flight, as a silo channel hands it out: gRPC's own object, with answers parsed and errors typed.

Owns the translation at the two places where an answer is taken: ``result()`` of a future and ``next()`` of a stream.
Everything else is the inner call's. Refuses to know how calls are made.
"""

from collections.abc import Callable, Iterator
from typing import Any

import grpc

from shared import errors
from shared.rpc.aliases import Future
from shared.rpc.status import from_rpc_error


class SiloCall(grpc.Call, Future):
    """A ``grpc.Call`` that is also a ``grpc.Future`` or an iterator, as the kind of call has it."""

    def __init__(self, inner: Any, *, answer: Callable[[bytes], Any], silo: str) -> None:
        """Args:
        inner: the transport's call object, which yields bytes.
        answer: bytes to message.
        silo: name of the silo that was called.
        """
        self._inner = inner
        self._answer = answer
        self._silo = silo

    def __iter__(self) -> Iterator[Any]:
        return self

    def __next__(self) -> Any:
        """The next answer.

        Raises:
            StopIteration: the stream ended well.
            SiloError: it did not.
        """
        try:
            payload = next(self._inner)
        except grpc.RpcError as exc:
            raise from_rpc_error(exc, silo=self._silo) from exc
        return self._answer(payload)

    def result(self, timeout: float | None = None) -> Any:
        """The answer.

        Args:
            timeout: seconds to wait here; the call itself goes on.

        Raises:
            SiloError: the call failed; ``Cancelled`` when it was cancelled.
            grpc.FutureTimeoutError: the wait, not the call, ran out of time.
        """
        try:
            payload = self._inner.result(timeout)
        # Not an `RpcError` to gRPC, and yet one answer to whoever waits here.
        except grpc.FutureCancelledError as exc:
            raise errors.Cancelled(metadata={"silo": self._silo}) from exc
        except grpc.RpcError as exc:
            raise from_rpc_error(exc, silo=self._silo) from exc
        return self._answer(payload)

    def exception(self, timeout: float | None = None) -> Exception | None:
        """The error that ``result()`` raises, or None."""
        try:
            self.result(timeout)
        except errors.SiloError as error:
            return error
        return None

    def traceback(self, timeout: float | None = None) -> Any:
        """The traceback of that error, or None."""
        error = self.exception(timeout)
        return error.__traceback__ if error else None

    def add_done_callback(self, fn: Callable[[Any], None]) -> None:
        # With this object and not the inner one, whose result would be bytes and whose error is gRPC's.
        self._inner.add_done_callback(lambda _: fn(self))

    # What follows is passed on one by one and not by `__getattr__`: gRPC's abstract classes ask for each of them.
    def cancel(self) -> bool:
        return bool(self._inner.cancel())

    def cancelled(self) -> bool:
        return bool(self._inner.cancelled())

    def running(self) -> bool:
        return bool(self._inner.running())

    def done(self) -> bool:
        return bool(self._inner.done())

    def is_active(self) -> bool:
        return bool(self._inner.is_active())

    def time_remaining(self) -> Any:
        return self._inner.time_remaining()

    def add_callback(self, callback: Callable[[], None]) -> bool:
        return bool(self._inner.add_callback(callback))

    def initial_metadata(self) -> Any:
        return self._inner.initial_metadata()

    def trailing_metadata(self) -> Any:
        return self._inner.trailing_metadata()

    def code(self) -> Any:
        return self._inner.code()

    def details(self) -> Any:
        return self._inner.details()
