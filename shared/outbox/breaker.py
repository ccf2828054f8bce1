"""The circuit breaker of one destination: stop calling a silo that is away, and probe it one call at a time."""

import random
from datetime import datetime, timedelta
from enum import StrEnum

from shared.clock import Clock
from shared.outbox.backoff import Backoff

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
        self._probe_at: datetime | None = None

    @property
    def state(self) -> BreakerState:
        return BreakerState.OPEN if self._failures else BreakerState.CLOSED

    def wait_seconds(self) -> float:
        """How long until a call is allowed; 0 when one is allowed now."""
        if self._probe_at is None:
            return 0.0
        return max(0.0, (self._probe_at - self._clock.now()).total_seconds())

    def succeeded(self) -> None:
        self._failures = 0
        self._probe_at = None

    def failed(self) -> None:
        self._failures += 1
        wait = self._backoff.seconds(self._failures, rng=self._rng)
        self._probe_at = self._clock.now() + timedelta(seconds=wait)
