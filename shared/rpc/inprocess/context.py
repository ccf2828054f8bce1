"""The server's end of an in-process call: what a servicer is given as its ``context``.

Owns the state that a servicer prepares (code, details, trailing metadata) until the call ends with it. Refuses to know
how handlers are found and run.
"""

import logging
import time
from collections.abc import Callable, Iterable, Mapping
from typing import NoReturn

import grpc

from shared.rpc.inprocess.exchange import Exchange
from shared.rpc.metadata import Metadata, named, validated

_logger = logging.getLogger(__name__)


class Aborted(Exception):
    """The servicer ended the call by ``abort``."""


class InProcessContext(grpc.ServicerContext):
    """``grpc.ServicerContext`` over an exchange."""

    def __init__(self, exchange: Exchange) -> None:
        self._exchange = exchange
        self._code: grpc.StatusCode | None = None
        self._details = ""
        self._trailing: Metadata = ()

    def complete(self) -> None:
        """Ends the call as the servicer left it, or as late."""
        exchange = self._exchange
        # An answer after the deadline is none, as over TCP, however good it is.
        if exchange.is_late():
            exchange.expire()
        else:
            exchange.end(self._code or grpc.StatusCode.OK, details=self._details, trailing=self._trailing)

    def fail(self, error: Exception) -> None:
        """Ends the call because the servicer raised."""
        # `abort` raises to end the servicer; what it said is prepared already.
        if isinstance(error, Aborted):
            self.complete()
            return
        # An error after the end is the servicer's own affair: its caller has gone.
        if self._exchange.is_active():
            _logger.error("Exception calling application: %s", error, exc_info=error)
        code = self._code or grpc.StatusCode.UNKNOWN
        details = self._details or f"Exception calling application: {error}"
        self._exchange.end(code, details=details, trailing=self._trailing)

    def is_active(self) -> bool:
        return self._exchange.is_active()

    def time_remaining(self) -> float | None:  # type: ignore[override]  # None without a deadline, as documented
        deadline = self._exchange.deadline
        return None if deadline is None else max(0.0, deadline - time.monotonic())

    def cancel(self) -> None:
        self._exchange.end(grpc.StatusCode.CANCELLED, details="Cancelled by the server")

    def add_callback(self, callback: Callable[[], object]) -> bool:
        return self._exchange.add_callback(callback)

    @property
    def sent(self) -> Metadata:
        """What the client sent, as plain pairs."""
        return self._exchange.metadata

    def invocation_metadata(self) -> Metadata:
        return named(self._exchange.metadata)

    def peer(self) -> str:
        return self._exchange.peer

    def peer_identities(self) -> None:
        return None

    def peer_identity_key(self) -> None:
        return None

    def auth_context(self) -> Mapping[str, bytes]:
        return {}

    def set_compression(self, compression: grpc.Compression) -> None:
        """Messages stay in memory; there is nothing to compress."""

    def disable_next_message_compression(self) -> None:
        """Messages stay in memory; there is nothing to compress."""

    def send_initial_metadata(self, initial_metadata: Iterable[tuple[str, str | bytes]]) -> None:
        if not self._exchange.send_initial(validated(initial_metadata)):
            raise ValueError("Initial metadata no longer allowed!")

    def set_trailing_metadata(self, trailing_metadata: Iterable[tuple[str, str | bytes]]) -> None:
        self._trailing = validated(trailing_metadata)

    def trailing_metadata(self) -> Metadata:
        return self._trailing

    def abort(self, code: grpc.StatusCode, details: str) -> NoReturn:
        if code is grpc.StatusCode.OK:
            _logger.error("abort() called with StatusCode.OK; returning UNKNOWN")
            code, details = grpc.StatusCode.UNKNOWN, ""
        self._code, self._details = code, details
        raise Aborted

    def abort_with_status(self, status: grpc.Status) -> NoReturn:
        self._trailing = validated(status.trailing_metadata)
        self.abort(status.code, status.details)

    def set_code(self, code: grpc.StatusCode) -> None:
        self._code = code

    def code(self) -> grpc.StatusCode | None:
        return self._code

    def set_details(self, details: str) -> None:
        self._details = details

    def details(self) -> str:
        return self._details
