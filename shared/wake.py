"""The bell that a committed enqueue rings. Owns the events; refuses to know what is waiting behind them."""

import threading
from collections import defaultdict

EVERY_DESTINATION = "*"
"""Rung when there may be a new destination; no silo can have this name."""
APP_PREFIX = "app:"
"""Before an app's id: a destination of messages that is no silo, of which no region can have the name."""


class AppBell:
    """Rings for all apps, and tells for which."""

    def __init__(self) -> None:
        self._rung = threading.Event()
        self._apps: set[str] = set()
        self._lock = threading.Lock()

    def ring(self, *apps: str) -> None:
        """Wakes whoever waits; for no app, it has another reason to."""
        with self._lock:
            self._apps.update(apps)
        self._rung.set()

    def take(self) -> set[str]:
        """The apps that it rang for since this was last called; from now on it can be waited for again."""
        # Before the look: what rings meanwhile wakes the next wait, and nothing is slept through.
        self._rung.clear()
        with self._lock:
            apps, self._apps = self._apps, set()
        return apps

    def wait(self, timeout_seconds: float) -> None:
        """Returns once it has rung, or after the time."""
        self._rung.wait(timeout_seconds)


class Wake:
    """One bell per destination, within one process. Missing a ring costs a poll, never a message."""

    def __init__(self) -> None:
        self._events: defaultdict[str, list[threading.Event]] = defaultdict(list)
        self._app_bells: list[AppBell] = []
        self._lock = threading.Lock()

    def listen(self, destination: str) -> threading.Event:
        """An event that is set at every ring for ``destination``, until ``unlisten``."""
        event = threading.Event()
        with self._lock:
            self._events[destination].append(event)
        return event

    def listen_to_apps(self) -> AppBell:
        """A bell that rings for every app, as long as this process lives."""
        bell = AppBell()
        with self._lock:
            self._app_bells.append(bell)
        return bell

    def unlisten(self, destination: str, event: threading.Event) -> None:
        with self._lock:
            self._events[destination].remove(event)

    def ring(self, destination: str) -> None:
        with self._lock:
            events = [*self._events.get(destination, ())]
            bells = [*self._app_bells] if destination.startswith(APP_PREFIX) else []
        for event in events:
            event.set()
        for bell in bells:
            bell.ring(destination)

    def ring_all(self) -> None:
        for destination in list(self._events):
            self.ring(destination)
