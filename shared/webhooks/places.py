"""Places of calls to apps: how many may be under way, so that no app keeps another waiting.

An app is judged by how its calls went. One that answers at once has several places. One that is new has one, and one
more for retries, until it has answered. One that takes its time has fewer, and one whose calls hang is probed by a
single call; these two take their places from a stock of their own. A call that takes longer than ``SOFT_SECONDS`` moves
into that stock while it is under way, so that whoever answers at once waits for nobody who does not. Between two
probes of one that hangs there is ever more time. What is known here is of this process alone.
"""

import threading
import time
from collections import Counter, deque
from collections.abc import Callable, Hashable
from dataclasses import dataclass, field
from enum import Enum

SOFT_SECONDS = 1.0
"""What a call may take without being called slow."""
MAX_UNDER_WAY = 768
"""Calls of one process that are under way at a time."""
PROBE_SECONDS = 5.0
"""Between the end of a call that hung and the next one; twice as long after each further one that does."""
# An app that was mended hears of it within five minutes, also after a weekend of hanging.
MAX_PROBE_SECONDS = 300.0
RETRIES_OF_ALL = 4
"""Retries hold at most one in so many of the places of a stock."""


@dataclass(frozen=True, kw_only=True)
class Bound:
    """How many calls may be under way."""

    per_app: int
    """First attempts."""
    retries_per_app: int
    """Beside them."""
    per_host: int
    """To one port of one host, of all apps that stand so."""
    in_all: int
    """At all apps that stand so."""


class Standing(Enum):
    """How calls to an app went lately."""

    NEW = "new"
    """None has ended since this process began."""
    QUICK = "quick"
    SLOW = "slow"
    """It answers, later than it should."""
    HANGING = "hanging"
    """It does not answer in time."""


BOUNDS = {
    # One call tells what an app is like; a thousand new apps at one host must not be a flood to it.
    Standing.NEW: Bound(per_app=1, retries_per_app=1, per_host=64, in_all=128),
    # Eight at 100 ms each are eighty webhooks a second for one app; its host may have several apps.
    Standing.QUICK: Bound(per_app=8, retries_per_app=2, per_host=64, in_all=256),
    # Less room for those who take long to give it back, and for any one host of theirs.
    Standing.SLOW: Bound(per_app=4, retries_per_app=1, per_host=16, in_all=64),
    Standing.HANGING: Bound(per_app=1, retries_per_app=1, per_host=8, in_all=64),
}


@dataclass(eq=False)
class Place:
    """One call that is under way."""

    sentry_app_id: int
    host: str
    is_retry: bool
    standing: Standing
    """Whose stock it is taken from."""
    taken_at: float
    is_over: bool = False

    def counted(self) -> list[Hashable]:
        """What it counts towards."""
        keys: list[Hashable] = [
            ("app", self.sentry_app_id),
            ("attempts", self.sentry_app_id, self.is_retry),
            ("stock", self.standing),
            # By port as well, since many apps of a laptop or a platform share one address.
            ("host", self.standing, self.host),
        ]
        return [*keys, ("retries", self.standing)] if self.is_retry else keys


@dataclass
class Places:
    """The places of one process."""

    monotonic: Callable[[], float] = time.monotonic
    _counts: Counter[Hashable] = field(default_factory=Counter)
    _standings: dict[int, Standing] = field(default_factory=dict)
    _hosts: dict[int, str] = field(default_factory=dict)
    """Where each app was called last."""
    _young: deque[Place] = field(default_factory=deque)
    """In the order in which they were taken; those that are over are dropped when their turn comes."""
    _under_way: int = 0
    _hung: dict[int, int] = field(default_factory=dict)
    """By app, how often it hung since it last answered."""
    _probe_at: dict[int, float] = field(default_factory=dict)
    """When an app that hangs is called again."""
    _lock: threading.Lock = field(default_factory=threading.Lock)

    def standing(self, sentry_app_id: int) -> Standing:
        """How calls to the app went lately."""
        # Without the lock: reading one entry is atomic, and a moment's error costs at most one call more.
        return self._standings.get(sentry_app_id, Standing.NEW)

    def is_quick(self, sentry_app_id: int) -> bool:
        """Whether the app is known to answer at once."""
        return self.standing(sentry_app_id) is Standing.QUICK

    def room(self, sentry_app_id: int, *, is_retry: bool, host: str | None = None) -> int:
        """How many calls to the app may begin; the host is where it was called last unless it is given."""
        standing = self.standing(sentry_app_id)
        bound, counts = BOUNDS[standing], self._counts
        # Known for the next time as well, also when there is no room now.
        host = self._hosts[sentry_app_id] = host or self._hosts.get(sentry_app_id, "")
        free = [
            MAX_UNDER_WAY - self._under_way,
            bound.in_all - counts["stock", standing],
            bound.per_host - counts["host", standing, host],
            (bound.retries_per_app if is_retry else bound.per_app) - counts["attempts", sentry_app_id, is_retry],
        ]
        if is_retry:
            # Retries are many after an outage of a great app, and late anyway.
            free.append(max(bound.in_all // RETRIES_OF_ALL, 1) - counts["retries", standing])
        if standing is Standing.HANGING:
            # It is probed alone, whatever it is told.
            is_due = self.monotonic() >= self._probe_at.get(sentry_app_id, 0.0)
            free.append(1 - counts["app", sentry_app_id] if is_due else 0)
        return max(min(free), 0)

    def take(self, sentry_app_id: int, *, host: str, is_retry: bool) -> Place:
        """Counts a call that begins."""
        place = Place(sentry_app_id, host, is_retry, self.standing(sentry_app_id), self.monotonic())
        with self._lock:
            self._young.append(place)
            self._under_way += 1
            self._counts.update(place.counted())
        return place

    def give_back(self, place: Place, standing: Standing | None) -> None:
        """Ends a call: ``standing`` is what is known of the app by it; None: nothing."""
        # Whoever made the call knows how it ended; how long it held its place is known here.
        if standing is Standing.QUICK and self.monotonic() - place.taken_at > SOFT_SECONDS:
            standing = Standing.SLOW
        with self._lock:
            place.is_over = True
            self._under_way -= 1
            self._uncount(place)
            if standing is not None:
                self._standings[place.sentry_app_id] = standing
                self._note_hang(place.sentry_app_id, hung=standing is Standing.HANGING)

    def set_slow_apart(self) -> None:
        """Moves calls that take too long into the stock of those that hang; their apps are taken for such meanwhile."""
        now = self.monotonic()
        with self._lock:
            # In the order of their age: the first one that is young enough ends the look.
            while self._young and (self._young[0].is_over or now - self._young[0].taken_at > SOFT_SECONDS):
                place = self._young.popleft()
                if not place.is_over:
                    self._uncount(place)
                    place.standing = self._standings[place.sentry_app_id] = Standing.HANGING
                    self._counts.update(place.counted())

    def _note_hang(self, sentry_app_id: int, *, hung: bool) -> None:
        if not hung:
            self._hung.pop(sentry_app_id, None)
            self._probe_at.pop(sentry_app_id, None)
            return
        times = self._hung[sentry_app_id] = self._hung.get(sentry_app_id, 0) + 1
        # The exponent is bounded too: an app may hang for years.
        wait = min(PROBE_SECONDS * 2 ** min(times - 1, 10), MAX_PROBE_SECONDS)
        self._probe_at[sentry_app_id] = self.monotonic() + wait

    def _uncount(self, place: Place) -> None:
        for key in place.counted():
            self._counts[key] -= 1
            # Apps and hosts are many, and come and go.
            if not self._counts[key]:
                del self._counts[key]
