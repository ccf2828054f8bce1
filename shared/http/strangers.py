"""How much is done for those whom nobody knows: with no credentials, or with some that were never good here.

Somebody who asks again and again costs processor time even where the answer is a refusal. So of one address so many
requests a second are looked at, and whoever sends more is refused after a pause, which costs nothing but their time.
For use in one event loop. Refuses to know what is asked.
"""

import time
from collections import Counter
from collections.abc import Callable

from cachetools import LRUCache

PER_SECOND = 100
"""Requests of strangers that are looked at, of one address."""
PAUSE_SECONDS = 2.0
"""How long a further one waits for its refusal."""
MAX_KNOWN = 50_000
"""Credentials that are remembered to be good."""


class Strangers:
    """Counts in windows of a second; forgets everyone when one ends."""

    def __init__(self, *, per_second: int = PER_SECOND, read: Callable[[], float] = time.monotonic) -> None:
        """Args:
        per_second: requests of one address that are looked at.
        read: a clock that only goes on, in seconds.
        """
        self._per_second = per_second
        self._read = read
        self._known: LRUCache[bytes, bool] = LRUCache(MAX_KNOWN)
        self._window = 0
        self._counts: Counter[str] = Counter()

    def admit(self, client: bytes | None, *, address: str) -> bool:
        """Whether a request is looked at.

        Args:
            client: what tells its credentials from others; None for none.
            address: where it comes from.
        """
        if client is not None and client in self._known:
            return True
        window = int(self._read())
        if window != self._window:
            self._window = window
            self._counts.clear()
        self._counts[address] += 1
        return self._counts[address] <= self._per_second

    def trust(self, client: bytes) -> None:
        """Something was done for the credentials: they are good."""
        self._known[client] = True

    def doubt(self, client: bytes) -> None:
        """They are not, or no more."""
        self._known.pop(client, None)
