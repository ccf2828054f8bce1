"""The way to control that the calls of one server share, so that a control that hangs does not take the region along.

Owns how many may wait for control at a time, and that none tries while it is known to be away. When to try again is
``shared.circuit``'s; refuses to know what is called.
"""

import contextlib
import threading
from collections.abc import Iterator

from shared.away import silo_away
from shared.circuit import Circuit
from shared.clock import Clock
from shared.domain.peer import CONTROL
from shared.errors import Cancelled, DeadlineExceeded, SiloError, SiloUnreachable, Unauthenticated
from shared.rpc.served import remaining_seconds
from shared.rpc.server import DEFAULT_MAX_WORKERS

MAX_WAITING = DEFAULT_MAX_WORKERS // 2
"""Calls that may wait for control at a time. The other half of the server's workers always answers from replicas."""

PATIENCE_SECONDS = 1.0
"""A caller that allows less time than this proves nothing about control when it runs out."""


class WayToControl:
    """Safe to share between threads."""

    def __init__(self, clock: Clock, *, max_waiting: int = MAX_WAITING) -> None:
        """Args:
        clock: says when control may be tried again.
        max_waiting: calls at a time.
        """
        self._circuit = Circuit(clock)
        self._places = threading.BoundedSemaphore(max_waiting)

    @contextlib.contextmanager
    def asking(self, *, tells_silence: bool = True) -> Iterator[None]:
        """One call to control, as a ``with`` block around it; what the block raises passes through.

        Args:
            tells_silence: whether an answer that does not come in time means that control hangs; it does not for a
                call in which control may wait for an app.

        Raises:
            SiloUnreachable: at once, when control is known to be away or enough calls wait for it already.
        """
        if not self._places.acquire(blocking=False):
            raise silo_away(CONTROL)
        try:
            if not self._circuit.admits():
                raise silo_away(CONTROL)
            with self._judged(tells_silence=tells_silence and _is_patient()):
                yield
        finally:
            self._places.release()

    @contextlib.contextmanager
    def _judged(self, *, tells_silence: bool) -> Iterator[None]:
        try:
            yield
        except BaseException as exc:
            self._judge(exc, tells_silence=tells_silence)
            raise
        self._circuit.answered()

    def _judge(self, exc: BaseException, *, tells_silence: bool) -> None:
        if _is_away(exc):
            self._circuit.failed()
        elif isinstance(exc, DeadlineExceeded) and tells_silence:
            self._circuit.timed_out()
        elif isinstance(exc, SiloError) and not isinstance(exc, DeadlineExceeded | Cancelled):
            self._circuit.answered()
        else:
            self._circuit.abandoned()


def _is_away(exc: BaseException) -> bool:
    """Whether control was not reached, or refuses this silo's signature; not when control missed another silo."""
    if isinstance(exc, SiloUnreachable):
        return exc.metadata.get("silo") == CONTROL
    return isinstance(exc, Unauthenticated)


def _is_patient() -> bool:
    remaining = remaining_seconds()
    return remaining is None or remaining >= PATIENCE_SECONDS
