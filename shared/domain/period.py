"""A period cut into intervals of equal length, as series of counts are answered (spec §6). Owns the cutting alone."""

from collections.abc import Iterable
from dataclasses import dataclass

from shared.errors import RequestRefused

HOUR_SECONDS = 3600
DAY_SECONDS = 24 * HOUR_SECONDS
HOURLY_DAYS = 7
"""A longer period is counted by the day unless asked otherwise."""
MAX_INTERVALS = 10_000
"""In one series."""

MAX_INSTANT = 32_503_680_000
"""The year 3000: no calendar overflows however long the last interval is."""

INSTANT_ERROR = "{name} must be a time in Unix seconds."
ORDER_ERROR = "start must be before end"
RESOLUTION_ERROR = "The resolution must be whole hours or days, such as 1h or 1d."
LENGTH_ERROR = f"The period has more than {MAX_INTERVALS} intervals."


@dataclass(frozen=True, kw_only=True)
class Period:
    """Intervals that follow each other, from the one that holds the start to the one that holds the end."""

    first: int
    """Start of the first, in Unix seconds; a multiple of the length."""
    last: int
    """Start of the last, which may not be over yet."""
    interval_seconds: int

    @property
    def end(self) -> int:
        """Where the last interval ends; it is the first second that does not belong to the period."""
        return self.last + self.interval_seconds

    def count(self, instants: Iterable[float]) -> list[tuple[int, int]]:
        """How many instants fall into each interval, zeros included, by the interval's start.

        Args:
            instants: in Unix seconds; those outside count nowhere.
        """
        counts = dict.fromkeys(range(self.first, self.end, self.interval_seconds), 0)
        for instant in instants:
            start = int(instant // self.interval_seconds) * self.interval_seconds
            # Whoever counts may have read more than the period, and need not know where its intervals begin.
            if start in counts:
                counts[start] += 1
        return list(counts.items())


def parse_period(*, since: int, until: int, interval_seconds: int | None = None) -> Period:
    """The intervals from one instant to another.

    Args:
        since: the first instant, in Unix seconds.
        until: the last.
        interval_seconds: whole hours; None: an hour, or a day for a long period.

    Raises:
        RequestRefused: an instant is beyond the calendar, the period ends before it starts, or is cut too finely.
    """
    for name, instant in (("since", since), ("until", until)):
        if not 0 <= instant <= MAX_INSTANT:
            raise RequestRefused(INSTANT_ERROR.format(name=name))
    # Checked in the order of the original's texts: of several mistakes the first is said.
    if since > until:
        raise RequestRefused(ORDER_ERROR)
    if interval_seconds is None:
        interval_seconds = HOUR_SECONDS if until - since <= HOURLY_DAYS * DAY_SECONDS else DAY_SECONDS
    if interval_seconds <= 0 or interval_seconds % HOUR_SECONDS:
        raise RequestRefused(RESOLUTION_ERROR)
    # Whole intervals on both sides: charts of two periods then lie on one grid.
    first, last = since - since % interval_seconds, until - until % interval_seconds
    if (last - first) // interval_seconds >= MAX_INTERVALS:
        raise RequestRefused(LENGTH_ERROR)
    return Period(first=first, last=last, interval_seconds=interval_seconds)
