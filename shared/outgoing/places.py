"""Places: how many may wait for one app, and how many requests may be on their way to one host and in all.

Owns the counts. Whoever waits for an app holds one of a server's threads; without a bound, one slow app would hold them
all. A place is held only while that very app is asked: who asks two apps and waits for the slow one keeps nobody from
the quick one. Refuses to know what is asked.
"""

import asyncio
import threading
import time
from collections import Counter, defaultdict
from collections.abc import AsyncIterator, Callable, Collection, Iterator, Mapping
from concurrent.futures import Future
from contextlib import asynccontextmanager, contextmanager
from functools import partial
from typing import Any

MAX_CALLERS_PER_APP = 12
"""Far fewer than a server has threads."""
QUICK_SECONDS = 1.0
"""An app that has kept somebody waiting for longer counts as slow, until it answers."""


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


class AppPlaces:
    """Safe to share between threads."""

    def __init__(
        self,
        *,
        per_app: int = MAX_CALLERS_PER_APP,
        per_quick_app: int = 0,
        monotonic: Callable[[], float] = time.monotonic,
    ) -> None:
        """Args:
        per_app: how many callers may wait for an app, however slow it is.
        per_quick_app: how many for one that keeps nobody waiting, where that is more: many may come at one moment.
        monotonic: seconds that never go back.
        """
        self._per_app = per_app
        self._per_quick_app = per_quick_app
        self._monotonic = monotonic
        self._since: defaultdict[int, dict[object, float]] = defaultdict(dict)
        """By app, since when each place is held, the oldest first."""
        self._lock = threading.Lock()

    @contextmanager
    def taken(self, app_ids: Collection[int]) -> Iterator[Mapping[int, Place]]:
        """A place at each app that has one left, without waiting; kept inside the block, and for calls beyond it."""
        places = {app_id: place for app_id in app_ids if (place := self._take(app_id))}
        try:
            yield places
        finally:
            for place in places.values():
                place.leave()

    def _take(self, app_id: int) -> Place | None:
        key, now = object(), self._monotonic()
        with self._lock:
            if not self._has_room(self._since.get(app_id, {}), now):
                return None
            self._since[app_id][key] = now
        return Place(partial(self._give_back, app_id, key))

    def _has_room(self, since: Mapping[object, float], now: float) -> bool:
        if len(since) < self._per_app:
            return True
        # Judged by the place that is held longest: an app that keeps somebody waiting gets no further callers.
        return len(since) < self._per_quick_app and now - next(iter(since.values())) < QUICK_SECONDS

    def _give_back(self, app_id: int, key: object) -> None:
        with self._lock:
            del self._since[app_id][key]
            if not self._since[app_id]:
                del self._since[app_id]


class HostPlaces:
    """Places of requests to hosts, and of all requests. Belongs to one event loop.

    Who waits for a host holds no place that a call to another host could have.
    """

    def __init__(self, *, total: int, per_host: int) -> None:
        self._total = asyncio.Semaphore(total)
        self._per_host = per_host
        self._hosts: dict[str, asyncio.Semaphore] = {}
        self._users: Counter[str] = Counter()

    @asynccontextmanager
    async def taken(self, host: str) -> AsyncIterator[None]:
        """Waits for a place and keeps it inside the block."""
        of_host = self._hosts.setdefault(host, asyncio.Semaphore(self._per_host))
        self._users[host] += 1
        try:
            # The host first: who waits for a slow host must not hold a place that counts for all.
            async with of_host, self._total:
                yield
        finally:
            # Hosts that nobody calls are forgotten; their names are chosen by whoever registers apps, without a bound.
            self._users[host] -= 1
            if not self._users[host]:
                del self._users[host], self._hosts[host]
