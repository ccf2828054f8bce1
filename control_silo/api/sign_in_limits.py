"""How often one may fail to sign in: at an account from an address, from an address, at an account, and all together.

Whoever guesses waits longer and longer, and nobody else does: an account whose owner signs in from where they have
signed in before waits neither for what others tried on it nor for what all strangers tried. Counts in the process.
"""

import math
import threading
from dataclasses import dataclass

from cachetools import LRUCache

from shared.clock import Clock
from shared.errors import RateLimited
from shared.http.client_address import network_of
from shared.http.errors import RETRY_AFTER_NAME
from shared.http.pauses import Leniency, Pauses

PAIR = Leniency(free=10, forgiven_per_second=1 / 60, longest_seconds=300)
"""At one account, from one address."""
ADDRESS = Leniency(free=50, forgiven_per_second=1 / 10, longest_seconds=300)
"""At any account, from one address: many people may have one in common."""
ACCOUNT = Leniency(free=50, forgiven_per_second=1 / 30, longest_seconds=300)
"""At one account, from all addresses that it has not signed in from."""
OVERALL = Leniency(free=500, forgiven_per_second=5, longest_seconds=30)
"""At any account, from any such address."""
MAX_KNOWN = 20_000
"""Pairs of account and address that have signed in, of which so many are remembered."""

_ALL = ""
_EMAIL_CHARACTERS = 254
"""No address is longer, and what is made up shall not fill the memory."""


@dataclass(frozen=True)
class Attempt:
    """Somebody tries to sign in."""

    email: str
    address: str

    @classmethod
    def of(cls, *, email: str, address: str) -> "Attempt":
        # The account is looked for in small letters: other spellings of its address are no further attempts.
        return cls(email.strip().casefold()[:_EMAIL_CHARACTERS], network_of(address))

    @property
    def pair(self) -> str:
        return f"{self.address} {self.email}"


class SignInLimits:
    """Failures of one process; safe to share between threads."""

    def __init__(self, clock: Clock) -> None:
        self._pairs, self._addresses = Pauses(clock, PAIR), Pauses(clock, ADDRESS)
        self._accounts, self._overall = Pauses(clock, ACCOUNT), Pauses(clock, OVERALL)
        self._known: LRUCache[str, bool] = LRUCache(MAX_KNOWN)
        self._lock = threading.Lock()

    def begin(self, attempt: Attempt) -> None:
        """Counts an attempt as failed, before the password is looked at.

        Raises:
            RateLimited: somebody has failed too often; it is not looked at.
        """
        with self._lock:
            counts = self._counts(attempt)
            # Each of them has to allow it, and none is counted before all do: whoever is refused makes their wait no
            # longer.
            wait_seconds = max(pauses.wait_seconds(who) for pauses, who in counts)
            if not wait_seconds:
                for pauses, who in counts:
                    pauses.count(who)
                return
        seconds = math.ceil(wait_seconds)
        text = f"Too many failed attempts to sign in; try again in {seconds} seconds."
        raise RateLimited(text, metadata={RETRY_AFTER_NAME: str(seconds)})

    def succeeded(self, attempt: Attempt) -> None:
        """The attempt was good after all."""
        with self._lock:
            # Before the pair is known, so that what `begin` counted is what is taken back.
            for pauses, who in self._counts(attempt):
                pauses.take_back(who)
            self._pairs.forget(attempt.pair)
            self._known[attempt.pair] = True

    def _counts(self, attempt: Attempt) -> list[tuple[Pauses, str]]:
        own = [(self._pairs, attempt.pair), (self._addresses, attempt.address)]
        if attempt.pair in self._known:
            return own
        # Of strangers alone: they could lock the owner out of an account otherwise.
        return [*own, (self._accounts, attempt.email), (self._overall, _ALL)]
