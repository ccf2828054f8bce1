"""Which nonces were used within the time in which they could be accepted again.

Owns a memory that is bounded by the rate of calls: nonces are kept in buckets by the timestamp they were signed with,
and a bucket is forgotten once every timestamp in it has left the window. Refuses to know what a nonce protects.
"""

import threading


class NonceMemory:
    """Remembers each nonce at least as long as its timestamp is acceptable."""

    def __init__(self, *, window_seconds: int) -> None:
        """Args:
        window_seconds: a timestamp is acceptable while it is at most this far from now, either way.
        """
        self._window = window_seconds
        self._buckets: dict[int, set[bytes]] = {}
        self._lock = threading.Lock()

    def remember(self, nonce: bytes, *, at: int, now: int) -> bool:
        """Records a nonce; False when it is known already.

        Acceptable timestamps span two windows, so at most three buckets exist. A replay carries the timestamp of the
        original (it is signed), and whoever signs anew with an old nonce is caught as well, since all are searched.

        Args:
            nonce: 16 bytes.
            at: unix seconds that the call was signed with, within the window around ``now``.
            now: unix seconds.
        """
        with self._lock:
            bucket = self._buckets.get(at // self._window)
            if bucket is None:
                bucket = self._open_bucket(at // self._window, oldest=(now - self._window) // self._window)
            for known in self._buckets.values():
                if nonce in known:
                    return False
            bucket.add(nonce)
            return True

    def _open_bucket(self, index: int, *, oldest: int) -> set[bytes]:
        # Whole windows at a time: nobody has to look at single nonces to forget them.
        for stale in [i for i in self._buckets if i < oldest]:
            del self._buckets[stale]
        return self._buckets.setdefault(index, set())

    def __len__(self) -> int:
        return sum(len(bucket) for bucket in self._buckets.values())
