"""When an app is asked again: about three days long, ever more seldom. Owns the times; knows no tables."""

import random
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime

_MINUTE, _HOUR, _DAY = 60, 3600, 86_400

WAITS_SECONDS = (
    *(5, 30, 2 * _MINUTE, 10 * _MINUTE, 30 * _MINUTE),
    *(1 * _HOUR, 3 * _HOUR, 6 * _HOUR, 12 * _HOUR, 1 * _DAY, 1 * _DAY),
)
"""Between an attempt and the next one. The first is made at once; after the last the delivery is parked."""
MAX_ATTEMPTS = len(WAITS_SECONDS) + 1
JITTER = 0.2
"""A wait is longer or shorter by up to this part of it, so that what failed at once does not come back at once."""
MAX_RETRY_AFTER_SECONDS = float(_DAY)
"""An app that asks for more is asked again after this."""


def wait_seconds(attempt: int, *, rng: random.Random, retry_after: float | None = None) -> float | None:
    """How long to wait after an attempt that failed; None: it was the last.

    Args:
        attempt: its number, from 1 on.
        rng: for the jitter.
        retry_after: what the app asked for; it is never asked earlier, nor earlier than it would be without that.
    """
    if attempt >= MAX_ATTEMPTS:
        return None
    usual = WAITS_SECONDS[attempt - 1] * rng.uniform(1 - JITTER, 1 + JITTER)
    return max(usual, retry_after or 0.0)


def parse_retry_after(value: str, *, now: datetime) -> float | None:
    """The seconds that ``Retry-After`` asks for, in either of its forms, at most a day; None: it is none.

    >>> from datetime import UTC, datetime
    >>> parse_retry_after("120", now=datetime(2030, 1, 1, tzinfo=UTC))
    120.0
    >>> parse_retry_after("Tue, 01 Jan 2030 00:05:00 GMT", now=datetime(2030, 1, 1, tzinfo=UTC))
    300.0
    """
    text = value.strip()
    if text.isascii() and text.isdigit():
        # More digits than any bound has are as good as the bound, and may be more than `int` reads.
        return MAX_RETRY_AFTER_SECONDS if len(text) > 9 else min(float(text), MAX_RETRY_AFTER_SECONDS)
    try:
        at = parsedate_to_datetime(text)
    except (ValueError, OverflowError):
        return None
    # A date of an unknown zone is one of Greenwich, as every date of HTTP is.
    seconds = (at.replace(tzinfo=at.tzinfo or UTC) - now).total_seconds()
    return min(max(seconds, 0.0), MAX_RETRY_AFTER_SECONDS)
