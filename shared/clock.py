"""The injected clock: what time it is, for everything that is stored, sent or compared with what was.

What several machines must agree on, such as when a message is due, is told by their database instead (``now`` in
``shared.database.statement``). How long something takes is measured with ``monotonic``, which nobody sets back.
"""

import time
from datetime import UTC, datetime, timedelta
from typing import Protocol


class Clock(Protocol):
    """Where time comes from: the system's clock in processes, a frozen one in tests and in the simulator."""

    def now(self) -> datetime:
        """The current instant, aware, UTC."""

    def monotonic(self) -> float:
        """Seconds since some moment; they only ever grow, whatever becomes of the time of day."""


class SystemClock:
    """The machine's clock."""

    def now(self) -> datetime:
        return datetime.now(UTC)

    def monotonic(self) -> float:
        return time.monotonic()


class FrozenClock:
    """A clock that moves only when told to; for tests."""

    def __init__(self, at: datetime = datetime(2030, 1, 1, tzinfo=UTC)) -> None:
        self._at = self._began_at = at

    def now(self) -> datetime:
        return self._at

    def monotonic(self) -> float:
        return (self._at - self._began_at).total_seconds()

    def advance(self, seconds: float) -> None:
        self._at += timedelta(seconds=seconds)
