"""A circuit to another silo that many requests share: while it is away they are refused at once, but for one probe.

Owns who may try, and what the end of a call says of the silo. When to try again is ``shared.outbox.breaker``'s; refuses
to know what is called.
"""

import random
import threading

from shared.clock import Clock
from shared.errors import (
    Cancelled,
    DeadlineExceeded,
    RpcInsideTransaction,
    SiloError,
    SiloUnreachable,
    Unauthenticated,
)
from shared.outbox.breaker import PROBE_BACKOFF, Breaker, BreakerState

SILENCES_TOLERATED = 2
"""Calls in a row that may go unanswered in time: one slow endpoint must not take the others with it."""
_SAYS_NOTHING = (DeadlineExceeded, Cancelled, RpcInsideTransaction)
"""Ends of a call that are no answer, and no news of who was called."""


class Circuit:
    """Safe to share between threads. Whoever was admitted says how it went, exactly once."""

    def __init__(self, clock: Clock, *, rng: random.Random | None = None) -> None:
        # Seeded by the process's own chance, so that a simulation that seeds that is played alike again.
        own = rng or random.Random(random.random())  # noqa: S311 - jitter
        self._breaker = Breaker(clock, rng=own, backoff=PROBE_BACKOFF)
        self._lock = threading.Lock()
        self._is_probing = False
        self._silences = 0

    def admits(self) -> bool:
        """Whether a call may be made now; while the circuit is open, one at a time and not too often."""
        with self._lock:
            if self._breaker.state is BreakerState.CLOSED:
                return True
            if self._is_probing or self._breaker.wait_seconds() > 0:
                return False
            # One probe at a time: a silo that just came back must not meet everybody who waited for it.
            self._is_probing = True
            return True

    def judge(self, error: BaseException | None, *, silo: str, tells_silence: bool = True) -> None:
        """Learns from the end of a call.

        Args:
            error: what the call raised; None: it was answered.
            silo: who was called.
            tells_silence: whether no answer in time means that the silo hangs; it does not when the caller was
                impatient, or when the silo may have waited for somebody else.
        """
        if error is None:
            self.answered()
        elif _is_away(error, silo):
            self.failed()
        elif isinstance(error, DeadlineExceeded) and tells_silence:
            self.timed_out()
        # Any other error was said by the silo, so that it is there.
        elif isinstance(error, SiloError) and not isinstance(error, _SAYS_NOTHING):
            self.answered()
        else:
            # Neither here nor there: a caller that gave up, or a fault of this code, says nothing of the silo.
            self.abandoned()

    def answered(self) -> None:
        """The call was answered, with whatever status: the silo is there."""
        with self._lock:
            self._is_probing = False
            self._silences = 0
            self._breaker.succeeded()

    def failed(self) -> None:
        """The silo could not be reached, or broke the call off."""
        with self._lock:
            self._open()

    def timed_out(self) -> None:
        """The silo took the call and said nothing in time."""
        with self._lock:
            self._silences += 1
            # A probe is not given a second chance: it was to say whether the silo is back.
            if self._is_probing or self._silences > SILENCES_TOLERATED:
                self._open()

    def abandoned(self) -> None:
        """The caller gave up before there was anything to learn."""
        with self._lock:
            self._is_probing = False

    def _open(self) -> None:
        # Calls that were under way when the circuit opened say nothing new, and must not lengthen the wait.
        if self._is_probing or self._breaker.state is BreakerState.CLOSED:
            self._breaker.failed()
        self._is_probing = False


def _is_away(error: BaseException, silo: str) -> bool:
    """Whether the silo was not reached, or refuses our signature; not when it missed another silo."""
    if isinstance(error, SiloUnreachable):
        # By name: a silo that answers that a third one is away is there itself.
        return error.metadata.get("silo") == silo
    # A signature that is not accepted helps nobody, however often it is tried: it counts as away.
    return isinstance(error, Unauthenticated)
