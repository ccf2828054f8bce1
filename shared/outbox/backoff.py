"""Full-jitter backoff: how long to wait before the next try. Owns the arithmetic; refuses to wait."""

import random
from dataclasses import dataclass


@dataclass(frozen=True)
class Backoff:
    """Doubles a bound from ``base_seconds`` up to ``cap_seconds`` and draws evenly below it."""

    base_seconds: float
    cap_seconds: float

    def seconds(self, failures: int, *, rng: random.Random) -> float:
        """The wait after that many failures in a row (1 or more); at least a tenth of the bound, never a busy loop."""
        bound = min(self.cap_seconds, self.base_seconds * 2.0 ** min(failures - 1, 30))
        return bound * (0.1 + 0.9 * rng.random())
