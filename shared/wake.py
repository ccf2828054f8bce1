"""The bell that a committed enqueue rings. Owns the events; refuses to know what is waiting behind them."""

import threading
from collections import defaultdict

EVERY_DESTINATION = "*"
"""Rung when there may be a new destination; no silo can have this name."""
EVERY_APP = "app:*"
"""Rung with the bell of any app, ``app:<id>``."""


class Wake:
    """One bell per destination, within one process. Missing a ring costs a poll, never a message."""

    def __init__(self) -> None:
        self._events: defaultdict[str, list[threading.Event]] = defaultdict(list)
        self._lock = threading.Lock()

    def listen(self, destination: str) -> threading.Event:
        """An event that is set at every ring for ``destination``, until ``unlisten``."""
        event = threading.Event()
        with self._lock:
            self._events[destination].append(event)
        return event

    def unlisten(self, destination: str, event: threading.Event) -> None:
        with self._lock:
            self._events[destination].remove(event)

    def ring(self, destination: str) -> None:
        with self._lock:
            events = [*self._events.get(destination, ())]
            if destination.startswith("app:"):
                events += self._events.get(EVERY_APP, ())
        for event in events:
            event.set()

    def ring_all(self) -> None:
        for destination in list(self._events):
            self.ring(destination)
