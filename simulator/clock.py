"""Time: the true one, by which databases and stories go, and the machines' clocks, each wrong in its own way."""

import contextlib
import time
from collections.abc import Iterator
from datetime import datetime, timedelta

from shared.clock import Clock


class MachineClock:
    """The clock of one silo's machine. Implements ``Clock``."""

    def __init__(self, true: Clock) -> None:
        self._true = true
        self.skew_seconds = 0.0
        """How far it is ahead of the true time."""

    def now(self) -> datetime:
        return self._true.now() + timedelta(seconds=self.skew_seconds)

    def monotonic(self) -> float:
        return self._true.monotonic()


@contextlib.contextmanager
def stopwatches(true: Clock) -> Iterator[None]:
    """Lets every stopwatch of this process run by that clock, until the block ends.

    Deadlines and durations are measured by ``time.monotonic``: in a story they pass when the story says so, however
    busy the machine is that plays it.
    """
    real, began = time.monotonic, time.monotonic()
    time.monotonic = lambda: began + true.monotonic()
    try:
        yield
    finally:
        time.monotonic = real
