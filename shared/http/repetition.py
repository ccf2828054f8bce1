"""A log that does not repeat itself, for loggers of libraries that strangers can make speak."""

import logging
import threading
import time
from collections.abc import Callable

WINDOW_SECONDS = 60.0
"""How long a sentence that was said is not said again."""
MAX_REMEMBERED = 1_000
"""Sentences that are remembered; more begin anew."""


class OnceInAWhile(logging.Filter):
    """Lets each warning and error through once in a while, and says then how often it was left out."""

    def __init__(self, *, window_seconds: float = WINDOW_SECONDS, read: Callable[[], float] = time.monotonic) -> None:
        super().__init__()
        self._window_seconds = window_seconds
        self._read = read
        self._said: dict[str, tuple[float, int]] = {}
        self._lock = threading.Lock()

    def filter(self, record: logging.LogRecord) -> bool:
        if record.levelno < logging.WARNING:
            return True
        # The text before its arguments are put in: these are what differs from stranger to stranger.
        kind = record.exc_info[0] if record.exc_info else None
        sentence, now = f"{record.msg}{kind.__name__ if kind else ''}", self._read()
        with self._lock:
            said_at, left_out = self._said.get(sentence, (None, 0))
            if said_at is not None and now - said_at < self._window_seconds:
                self._said[sentence] = (said_at, left_out + 1)
                return False
            if len(self._said) >= MAX_REMEMBERED:
                self._said.clear()
            self._said[sentence] = (now, 0)
        if left_out:
            record.msg = f"{record.msg} ({left_out} times more since)"
        return True
