"""What is known about the call that is being served right now.

Owns one context variable: who calls, under which request id, until when, and which trailing metadata the answer will
carry. The interceptor writes it, services read it, the channel passes the deadline and the request id on. Refuses to
know how any of it travels.
"""

import time
from contextvars import ContextVar
from dataclasses import dataclass, field

from shared.rpc.metadata import validated


@dataclass(slots=True)
class ServedCall:
    caller: str = ""
    """Name of the silo or service that signed the call; empty for health and reflection."""
    request_id: str = ""
    """Correlates the log lines of every silo that a request passes through: 1 to 64 of ``[0-9A-Za-z._-]``."""
    deadline: float | None = None
    """``time.monotonic()`` at which the caller stops waiting; None when it waits for ever."""
    trailers: list[tuple[str, str | bytes]] = field(default_factory=list)
    """Trailing metadata that the answer, or the error, will carry."""


current: ContextVar[ServedCall | None] = ContextVar("served_call", default=None)


def current_caller() -> str:
    """Name of the verified caller (``control``, ``us``, ``service:billing``); empty outside a signed call."""
    call = current.get()
    return call.caller if call else ""


def remaining_seconds() -> float | None:
    """Seconds until the caller stops waiting, 0 when that has passed; None without a deadline or outside a call."""
    call = current.get()
    if call is None or call.deadline is None:
        return None
    return max(0.0, call.deadline - time.monotonic())


def add_trailer(key: str, value: str) -> None:
    """Adds one entry to the trailing metadata of the call being served, whether it succeeds or fails.

    Does nothing outside a call, so that a service is the same behind gRPC and behind HTTP.

    Args:
        key: lower case, ``[0-9a-z._-]``, not ending in ``-bin``.
        value: printable ASCII.

    Raises:
        ValueError: the entry could not travel.
    """
    call = current.get()
    if call is not None:
        # Judged now, where it is known who wrote it: gRPC would end the call without a word.
        call.trailers.extend(validated([(key, value)]))
