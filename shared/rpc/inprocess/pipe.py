"""The serialized messages of one direction of one call.

Owns a bounded queue between one writer and one reader, which share the lock of their call: a writer waits for room, a
reader for a message, and both stop waiting when the call ends. Refuses to know which end is the server.
"""

import threading
from collections import deque

BOUND = 16
"""Messages that may wait; a writer that is this far ahead of its reader pauses, as HTTP/2's window would make it."""


class PipeClosed(Exception):
    """No message will come any more."""


class Pipe:
    """First in, first out."""

    def __init__(self, changed: threading.Condition) -> None:
        """Args:
        changed: the call's condition; notified of every change here.
        """
        self._changed = changed
        self._messages: deque[bytes] = deque()
        self._closed = False

    def put(self, message: bytes) -> bool:
        """Waits for room; False when the pipe was closed, and the message with it."""
        with self._changed:
            while len(self._messages) >= BOUND and not self._closed:
                self._changed.wait()
            if self._closed:
                return False
            self._messages.append(message)
            self._changed.notify_all()
            return True

    def take(self) -> bytes:
        """Waits for a message.

        Raises:
            PipeClosed: the pipe is empty and closed.
        """
        with self._changed:
            while not self._messages:
                if self._closed:
                    raise PipeClosed
                self._changed.wait()
            self._changed.notify_all()
            return self._messages.popleft()

    def close(self, *, discard: bool) -> None:
        """Args:
        discard: drop what was not taken yet, since the call failed.
        """
        with self._changed:
            self._closed = True
            if discard:
                self._messages.clear()
            self._changed.notify_all()
