"""A bulkhead: how many callers may wait for one app at a time.

Owns the count. Whoever waits for an app holds one of a server's threads; without a bound, one slow app would hold them
all. A place is held only while that very app is asked: who asks two apps and waits for the slow one keeps nobody from
the quick one. Refuses to know what is asked.
"""

import threading
from collections import Counter
from collections.abc import Callable, Collection, Iterator, Mapping
from concurrent.futures import Future
from contextlib import contextmanager
from functools import partial
from typing import Any

MAX_CALLERS_PER_APP = 12
"""Far fewer than a server has threads."""


class Place:
    """One caller's place at one app."""

    def __init__(self, give_back: Callable[[], None]) -> None:
        self._give_back = give_back
        self._holds = 1
        self._lock = threading.Lock()

    def keep_until_done(self, future: "Future[Any]") -> None:
        """Keeps the place until a call has ended, and every other one that it is kept for."""
        with self._lock:
            self._holds += 1
        future.add_done_callback(lambda _: self.leave())

    def leave(self) -> None:
        """Ends one hold; the last one gives the place back."""
        with self._lock:
            self._holds -= 1
            is_over = not self._holds
        if is_over:
            self._give_back()


class Places:
    """Safe to share between threads."""

    def __init__(self, *, per_app: int = MAX_CALLERS_PER_APP) -> None:
        self._per_app = per_app
        self._callers: Counter[int] = Counter()
        self._lock = threading.Lock()

    @contextmanager
    def taken(self, app_ids: Collection[int]) -> Iterator[Mapping[int, Place]]:
        """A place at each app that has one left, without waiting; kept inside the block, and for calls beyond it."""
        places = {app_id: Place(partial(self._give_back, app_id)) for app_id in self._take(app_ids)}
        try:
            yield places
        finally:
            for place in places.values():
                place.leave()

    def _take(self, app_ids: Collection[int]) -> frozenset[int]:
        with self._lock:
            got = frozenset(app_id for app_id in app_ids if self._callers[app_id] < self._per_app)
            self._callers.update(got)
            return got

    def _give_back(self, app_id: int) -> None:
        with self._lock:
            self._callers[app_id] -= 1
            self._callers = +self._callers  # apps that nobody waits for are forgotten
