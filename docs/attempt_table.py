"""When an app is asked again, as a table."""

from collections.abc import Sequence
from itertools import accumulate

_UNITS = ((86_400, "d"), (3600, "h"), (60, "min"), (1, "s"))


def render_attempts(waits_seconds: Sequence[float]) -> str:
    """One row for each attempt: its number, the wait before it, and how long after the first one it is made.

    Args:
        waits_seconds: between an attempt and the next one.
    """
    since_first = accumulate(waits_seconds)
    rows = [
        f"| {number} | {_length(wait)} | {_length(since)} |"
        for number, (wait, since) in enumerate(zip(waits_seconds, since_first, strict=True), 2)
    ]
    end = f"| - | parked after attempt {len(waits_seconds) + 1} | |"
    return "\n".join(["| attempt | wait before it | after the first |", "|---|---|---|", "| 1 | none | |", *rows, end])


def _length(seconds: float) -> str:
    """The two greatest units, such as ``2 h 40 min``."""
    parts, left = [], int(seconds)
    for size, name in _UNITS:
        count, left = divmod(left, size)
        if count:
            parts.append(f"{count} {name}")
    return " ".join(parts[:2])
