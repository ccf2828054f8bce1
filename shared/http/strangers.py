"""How much is done for those whom nobody knows: with no credentials, or with some that were never good here.

Somebody who asks again and again costs processor time even where the answer is a refusal. So of one address so many
requests a second are looked at; a further one waits for its turn, which costs nothing but its time, and is refused if
there are too many still. Turns come at a rate of their own: however many wait, so many a second are refused.
For use in one event loop. Refuses to know what is asked.
"""

import asyncio
import time
from collections.abc import Callable

from cachetools import LRUCache

# Far more than a person, and a fraction of what a silo answers: many people may share an address.
PER_SECOND = 50
"""Requests of strangers that are looked at, of one address, in the long run."""
AT_ONCE = 50
"""How many of these may come together."""
TURNS_PER_SECOND = 50
"""How many that have waited come to their turn, of one address: each is looked at then or refused."""
PAUSE_SECONDS = (1.0, 10.0)
"""How long a further one waits, at least and at most."""
# The least used are forgotten first; whoever is good is known again by the next answer.
MAX_KNOWN = 50_000
"""Credentials that are remembered to be good."""
MAX_ADDRESSES = 10_000


class Strangers:
    """Counts by address."""

    def __init__(
        self, *, per_second: float = PER_SECOND, at_once: int = AT_ONCE, read: Callable[[], float] = time.monotonic
    ) -> None:
        """Args:
        per_second: requests of one address that are looked at.
        at_once: how many of these may come together.
        read: a clock that only goes on, in seconds.
        """
        self._per_second = per_second
        self._at_once = at_once
        self._read = read
        self._known: LRUCache[bytes, bool] = LRUCache(MAX_KNOWN)
        self._left: LRUCache[str, tuple[float, float]] = LRUCache(MAX_ADDRESSES)
        """By address how many more are looked at, and at which time that was so."""
        self._last_turns: LRUCache[str, float] = LRUCache(MAX_ADDRESSES)
        """By address when the last of those who wait comes to its turn."""

    async def admit(self, client: bytes | None, *, address: str) -> bool:
        """Whether a request is looked at, at once or after a pause.

        Args:
            client: what tells its credentials from others; None for none.
            address: where it comes from.
        """
        # Good credentials cost nothing here: a crowd of strangers behind the same proxy is not their doing.
        if (client is not None and client in self._known) or self._take(address):
            return True
        await asyncio.sleep(self._wait_seconds(address))
        # Judged anew after the pause, by what has become free in it.
        return self._take(address)

    def _wait_seconds(self, address: str) -> float:
        shortest, longest = PAUSE_SECONDS
        now = self._read()
        # One after the other: of those who were put off together nobody comes back together with others.
        turn = max(now + shortest, self._last_turns.get(address, now) + 1 / TURNS_PER_SECOND)
        # Whoever would wait too long does not lengthen the line: it would be as long as a crowd likes.
        turn = min(turn, now + longest)
        self._last_turns[address] = turn
        return turn - now

    def _take(self, address: str) -> bool:
        now = self._read()
        left, at = self._left.get(address, (float(self._at_once), now))
        left = min(self._at_once, left + (now - at) * self._per_second)
        self._left[address] = (left - 1 if left >= 1 else left, now)
        return left >= 1

    def trust(self, client: bytes) -> None:
        """Something was done for the credentials: they are good."""
        self._known[client] = True

    def doubt(self, client: bytes) -> None:
        """They are not, or no more."""
        self._known.pop(client, None)
