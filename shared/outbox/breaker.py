"""The circuit breaker of one destination: stop calling a silo that is away, and probe it one call at a time.

Owns the full-jitter backoff too, for everybody who tries again. Refuses to wait, and to call.
"""

import random
from dataclasses import dataclass
from enum import StrEnum

from shared.clock import Clock


@dataclass(frozen=True)
class Backoff:
    """Doubles a bound from ``base_seconds`` up to ``cap_seconds`` and draws evenly below it."""

    base_seconds: float
    cap_seconds: float

    def seconds(self, failures: int, *, rng: random.Random) -> float:
        """The wait after that many failures in a row (1 or more); at least a tenth of the bound, never a busy loop."""
        # The exponent is bounded before the power is taken: a silo that is away for days would overflow a float.
        bound = min(self.cap_seconds, self.base_seconds * 2.0 ** min(failures - 1, 30))
        # Drawn anew each time: silos that lost a destination together do not come back together.
        return bound * (0.1 + 0.9 * rng.random())


PROBE_BACKOFF = Backoff(base_seconds=0.1, cap_seconds=2.0)
"""Between probes. The cap bounds how late a returning silo is noticed."""


class BreakerState(StrEnum):
    """Whether calls flow."""

    CLOSED = "closed"
    OPEN = "open"


class Breaker:
    """Opens at the first failure of a call; one success closes it. New messages never shorten the wait."""

    def __init__(self, clock: Clock, *, rng: random.Random, backoff: Backoff = PROBE_BACKOFF) -> None:
        self._clock = clock
        self._rng = rng
        self._backoff = backoff
        self._failures = 0
        self._probe_at: float | None = None

    @property
    def state(self) -> BreakerState:
        return BreakerState.OPEN if self._failures else BreakerState.CLOSED

    def wait_seconds(self) -> float:
        """How long until a call is allowed; 0 when one is allowed now."""
        if self._probe_at is None:
            return 0.0
        return max(0.0, self._probe_at - self._clock.monotonic())

    def succeeded(self) -> None:
        self._failures = 0
        self._probe_at = None

    def failed(self) -> None:
        # Each failure of a probe doubles the wait; what is enqueued meanwhile changes nothing about it.
        self._failures += 1
        wait = self._backoff.seconds(self._failures, rng=self._rng)
        self._probe_at = self._clock.monotonic() + wait
