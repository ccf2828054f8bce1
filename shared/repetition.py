"""A log that does not repeat itself, where strangers can make it speak."""

import logging
import threading
import time
from collections.abc import Callable

WINDOW_SECONDS = 60.0
"""How long a sentence that was said is not said again."""
MAX_REMEMBERED = 1_000
"""Sentences that are remembered; more begin anew."""


class Sentences:
    """What was said lately; safe to share between threads."""

    def __init__(self, *, window_seconds: float = WINDOW_SECONDS, read: Callable[[], float] = time.monotonic) -> None:
        self._window_seconds = window_seconds
        self._read = read
        self._said: dict[str, tuple[float, int]] = {}
        self._lock = threading.Lock()

    def left_out(self, sentence: str) -> int | None:
        """How often the sentence was left out since it was last said, now that it is said; None: it is not, either."""
        with self._lock:
            now = self._read()
            said_at, count = self._said.get(sentence, (None, 0))
            if said_at is not None and now - said_at < self._window_seconds:
                self._said[sentence] = (said_at, count + 1)
                return None
            if len(self._said) >= MAX_REMEMBERED:
                self._said.clear()
            self._said[sentence] = (now, 0)
            return count


class OnceInAWhile(logging.Filter):
    """Lets each warning and error of a library through once in a while, and says then how often it was left out."""

    def __init__(self) -> None:
        super().__init__()
        self._sentences = Sentences()

    def filter(self, record: logging.LogRecord) -> bool:
        if record.levelno < logging.WARNING:
            return True
        # The text before its arguments are put in: these are what differs from stranger to stranger.
        kind = record.exc_info[0] if record.exc_info else None
        left_out = self._sentences.left_out(f"{record.msg}{kind.__name__ if kind else ''}")
        if left_out:
            record.msg = f"{record.msg} ({left_out} times more since)"
        return left_out is not None
