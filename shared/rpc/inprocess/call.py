"""The client's end of an in-process call: the objects that stubs hand to their users.

Owns gRPC's ``Call``, ``Future`` and response iterator over an exchange, and the error a failed call raises. Refuses to
know how a call is started and served.
"""

import time
from collections.abc import Callable, Iterator
from typing import Any

import grpc

from shared.rpc.aliases import Deserializer, Future
from shared.rpc.inprocess.exchange import Exchange
from shared.rpc.inprocess.pipe import PipeClosed
from shared.rpc.metadata import Metadata, named

_LOCALLY_CANCELLED = "Locally cancelled by application!"


class InProcessCall(grpc.Call, Future):
    """A call in flight or ended: its status and metadata, its result as a future, its answers as an iterator."""

    def __init__(self, exchange: Exchange, *, parse: Deserializer = None) -> None:
        self._exchange = exchange
        self._parse = parse

    def initial_metadata(self) -> Metadata:
        return named(self._exchange.wait_initial())

    def trailing_metadata(self) -> Metadata:
        # Waits as gRPC's does: trailers come with the end.
        self._exchange.wait_end()
        return named(self._exchange.trailing)

    def code(self) -> grpc.StatusCode:
        self._exchange.wait_end()
        return self._exchange.code or grpc.StatusCode.UNKNOWN

    def details(self) -> str:
        self._exchange.wait_end()
        return self._exchange.details

    def debug_error_string(self) -> str:
        return f"in-process call of {self._exchange.method}: {self.code().name}: {self.details()}"

    def is_active(self) -> bool:
        return self._exchange.is_active()

    def time_remaining(self) -> float | None:  # type: ignore[override]  # None without a deadline, as documented
        deadline = self._exchange.deadline
        return None if deadline is None else max(0.0, deadline - time.monotonic())

    def add_callback(self, callback: Callable[[], object]) -> bool:
        return self._exchange.add_callback(callback)

    def cancel(self) -> bool:
        return self._exchange.end(grpc.StatusCode.CANCELLED, details=_LOCALLY_CANCELLED)

    def cancelled(self) -> bool:
        return self._exchange.code is grpc.StatusCode.CANCELLED and self._exchange.details == _LOCALLY_CANCELLED

    def running(self) -> bool:
        return self._exchange.code is None

    def done(self) -> bool:
        return self._exchange.code is not None

    def result(self, timeout: float | None = None) -> Any:
        error = self.exception(timeout)
        if error is not None:
            raise error
        payload = self._exchange.response
        return payload if self._parse is None or payload is None else self._parse(payload)

    def exception(self, timeout: float | None = None) -> "InProcessRpcError | None":
        if not self._exchange.wait_end(timeout):
            raise grpc.FutureTimeoutError
        if self.cancelled():
            raise grpc.FutureCancelledError
        return None if self._exchange.code is grpc.StatusCode.OK else self.failure()

    def failure(self) -> "InProcessRpcError":
        """The error to raise for a call that ended badly."""
        return InProcessRpcError(self._exchange)

    def traceback(self, timeout: float | None = None) -> Any:
        error = self.exception(timeout)
        return error.__traceback__ if error else None

    def add_done_callback(self, fn: Callable[[Any], None]) -> None:
        if not self._exchange.add_callback(lambda: fn(self)):
            fn(self)

    def __iter__(self) -> Iterator[Any]:
        return self

    def __next__(self) -> Any:
        try:
            payload = self._exchange.responses.take()
        except PipeClosed:
            if self.code() is grpc.StatusCode.OK:
                raise StopIteration from None
            raise self.failure() from None
        return self._parse(payload) if self._parse else payload


class InProcessRpcError(InProcessCall, grpc.RpcError):  # type: ignore[misc]  # the stubs give errors no pairs
    """The call failed; it is itself the call, with code, details and trailing metadata."""

    def __str__(self) -> str:
        return f"<{type(self).__name__} {self.code().name}: {self.details()!r}>"

    __repr__ = __str__
