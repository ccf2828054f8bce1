"""Whose call is served next, where several peers share the workers of a server.

Owns what one peer may have of them: three quarters, and half of the room to wait in, however many calls it signs; and
that some of both is kept for those who have none or few, however many peers sign as many. So peers that are taken, or
in error, keep nobody else's call from a worker. Refuses to know calls, and threads.
"""

import threading
from collections import Counter, OrderedDict, deque
from collections.abc import Callable

Start = Callable[[], None]
"""Gives a call to the workers."""


class Turns:
    """Safe to share between threads."""

    def __init__(self, workers: int, *, max_calls: int) -> None:
        """Args:
        workers: calls that are served at a time.
        max_calls: calls that may be here, waiting or served.
        """
        self._workers, self._max_calls = workers, max_calls
        # More than half: calls that wait for control or an app may fill half of the workers, and who makes them must
        # still be answered what is held here.
        self._share, self._calls_of_one = max(1, workers * 3 // 4), max(1, max_calls // 2)
        # Two peers could have all else. A call in eight is little for those who need all that there is.
        self._kept_workers, self._kept_calls = workers // 8, max_calls // 8
        self._served: Counter[str] = Counter()
        self._waiting: OrderedDict[str, deque[Start]] = OrderedDict()
        """By peer, each with a call at least; who was served last stands last."""
        self._calls: Counter[str] = Counter()
        self._is_closed = False
        self._lock = threading.Lock()

    def take(self, peer: str, start: Start) -> bool:
        """Starts a call, now or when it is its turn; False when there is no room for it to wait.

        Args:
            peer: who calls.
            start: called once, by whoever has made room, if there is room before the end; ``leave`` has to follow.
        """
        with self._lock:
            if self._is_closed or not self._has_room(peer):
                return False
            self._calls[peer] += 1
            # Whose calls wait already does not overtake itself: a peer's calls start in their order.
            is_next = self._may_be_served(peer) and peer not in self._waiting
            if is_next:
                self._served[peer] += 1
            else:
                self._waiting.setdefault(peer, deque()).append(start)
        if is_next:
            start()
        return True

    def leave(self, peer: str) -> None:
        """Ends a call that was started, and starts the next."""
        with self._lock:
            for counter in (self._served, self._calls):
                counter[peer] -= 1
                # Peers come and go with their keys; who has no call here is not remembered.
                if not counter[peer]:
                    del counter[peer]
            start = self._take_next()
        if start is not None:
            start()

    def close(self) -> None:
        """Takes and starts no further call. Idempotent."""
        with self._lock:
            self._is_closed = True
            self._waiting.clear()

    def _has_room(self, peer: str) -> bool:
        total, own = self._calls.total(), self._calls[peer]
        # Of what is kept nobody has much: with few peers at once in need of it, each finds some.
        has_few = own < self._kept_calls // 4
        return own < self._calls_of_one and total < self._max_calls - (0 if has_few else self._kept_calls)

    def _may_be_served(self, peer: str) -> bool:
        total, own = self._served.total(), self._served[peer]
        return own < self._share and total < self._workers - (self._kept_workers if own else 0)

    def _take_next(self) -> Start | None:
        """The call of that peer which has the fewest served; of several such peers, the one that waits longest."""
        able = [peer for peer in self._waiting if self._may_be_served(peer)]
        if not able:
            return None
        peer = min(able, key=self._served.__getitem__)
        waiting = self._waiting.pop(peer)
        start = waiting.popleft()
        if waiting:
            self._waiting[peer] = waiting
        self._served[peer] += 1
        return start
