"""Places: how many may wait for one app, for an organization's apps and in all; how many requests go to one host.

Owns the counts. Whoever waits for an app holds one of a server's threads; without bounds, one slow app would hold them
all, or ten slow apps of one organization. A place at an app is held only while that very app is asked: who asks two
apps and waits for the slow one keeps nobody from the quick one. Refuses to know what is asked.
"""

import asyncio
import threading
import time
from collections import Counter, defaultdict
from collections.abc import AsyncIterator, Callable, Collection, Iterator, Mapping
from concurrent.futures import Future
from contextlib import asynccontextmanager, contextmanager
from dataclasses import dataclass
from functools import partial
from typing import Any

from shared.errors import RateLimited

QUICK_SECONDS = 1.0
"""Who has kept somebody waiting for longer counts as slow, until it answers."""


@dataclass(frozen=True, kw_only=True)
class Bound:
    """How many may wait."""

    slow: int
    """However long it takes."""
    quick: int
    """While nobody has waited for longer than ``QUICK_SECONDS``: many may come at one moment. At least ``slow``."""


@dataclass(frozen=True, kw_only=True)
class CallerBounds:
    """How many callers may wait for apps in one server."""

    per_app: Bound
    per_organization: Bound
    """Counts callers, however many of the organization's apps each asks."""
    total: int


HTTP_CALLERS = CallerBounds(per_app=Bound(slow=6, quick=12), per_organization=Bound(slow=12, quick=20), total=32)
"""Whoever waits over HTTP does so in threads that are kept for it, 40 of them (``ASKING_THREADS``)."""
RPC_CALLERS = CallerBounds(per_app=Bound(slow=4, quick=6), per_organization=Bound(slow=6, quick=8), total=8)
"""Half of the workers that a gRPC server has: the others answer whoever asks no app."""


class Place:
    """One caller's place at one app."""

    def __init__(self, give_back: Callable[[], None]) -> None:
        self._give_back = give_back
        # The block's own, which ends with it.
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
            # Decided under the lock: of two that leave at once one is the last.
            is_over = not self._holds
        if is_over:
            self._give_back()


class AppPlaces:
    """Safe to share between threads."""

    def __init__(self, bounds: CallerBounds, *, monotonic: Callable[[], float] = time.monotonic) -> None:
        """Args:
        bounds: how many callers there may be.
        monotonic: seconds that never go back.
        """
        self._apps = _Held(bounds.per_app, monotonic)
        self._organizations = _Held(bounds.per_organization, monotonic)
        self._total = threading.BoundedSemaphore(bounds.total)

    @contextmanager
    def waiting(self, organization_id: int) -> Iterator[None]:
        """A caller who waits for apps of an organization, as a ``with`` block around it.

        Raises:
            RateLimited: as many wait for this organization's apps as may, or for all apps together.
        """
        # The organization's before the common one: whoever has too many already takes nothing from the others.
        place = self._organizations.take(organization_id)
        if place is None:
            raise RateLimited("Too many requests to apps of this organization are in progress.")
        try:
            # Refused and not queued: who queues holds a thread as well.
            if not self._total.acquire(blocking=False):
                raise RateLimited("Too many requests to apps are in progress.")
            try:
                yield
            finally:
                self._total.release()
        finally:
            place.leave()

    @contextmanager
    def taken(self, app_ids: Collection[int]) -> Iterator[Mapping[int, Place]]:
        """A place at each app that has one left, without waiting; kept inside the block, and for calls beyond it."""
        # One that has no place left is missing; the caller leaves that app out and asks the others.
        places = {app_id: place for app_id in app_ids if (place := self._apps.take(app_id))}
        try:
            yield places
        finally:
            for place in places.values():
                place.leave()


class _Held:
    """The places that are held, each since when."""

    def __init__(self, bound: Bound, monotonic: Callable[[], float]) -> None:
        self._bound = bound
        self._monotonic = monotonic
        self._since: defaultdict[int, dict[object, float]] = defaultdict(dict)
        """By app or organization, since when each place is held, the oldest first."""
        self._lock = threading.Lock()

    def take(self, whose: int) -> Place | None:
        key, now = object(), self._monotonic()
        with self._lock:
            if not self._has_room(self._since.get(whose, {}), now):
                return None
            self._since[whose][key] = now
        return Place(partial(self._give_back, whose, key))

    def _has_room(self, since: Mapping[object, float], now: float) -> bool:
        if len(since) < self._bound.slow:
            return True
        # Judged by the place that is held longest: who keeps somebody waiting gets no further callers.
        return len(since) < self._bound.quick and now - next(iter(since.values())) < QUICK_SECONDS

    def _give_back(self, whose: int, key: object) -> None:
        with self._lock:
            del self._since[whose][key]
            if not self._since[whose]:
                del self._since[whose]


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
        # No await between these lines, so that no other task can forget the host meanwhile.
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
