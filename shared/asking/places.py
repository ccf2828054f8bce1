"""A bulkhead: how many callers may wait for one app at a time.

Owns the count. Whoever waits for an app holds one of a server's threads; without a bound, one slow app would hold them
all. Refuses to know what is asked.
"""

import threading
from collections import Counter
from collections.abc import Collection, Iterator
from contextlib import contextmanager

MAX_CALLERS_PER_APP = 12
"""Far fewer than a server has threads."""


class Places:
    """Safe to share between threads."""

    def __init__(self, *, per_app: int = MAX_CALLERS_PER_APP) -> None:
        self._per_app = per_app
        self._callers: Counter[int] = Counter()
        self._lock = threading.Lock()

    @contextmanager
    def taken(self, app_ids: Collection[int]) -> Iterator[frozenset[int]]:
        """Keeps a place at each app that has one left, inside the block; yields those apps, without waiting."""
        with self._lock:
            got = frozenset(app_id for app_id in app_ids if self._callers[app_id] < self._per_app)
            self._callers.update(got)
        try:
            yield got
        finally:
            with self._lock:
                self._callers.subtract(got)
                self._callers = +self._callers  # apps that nobody waits for are forgotten
