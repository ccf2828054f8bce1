"""Which calls were accepted, by all servers of a silo together, of those that must not be accepted twice.

Owns a table that is bounded: an entry is of use as long as its call could be accepted again, and is cleared away after
that. A server's own memory of nonces is quicker, and enough for calls that may be repeated; it ends with the server.
"""

import threading
from collections import Counter

from shared.clock import Clock
from shared.database.database import Database
from shared.errors import RateLimited
from shared.rpc.signature import FUTURE_SECONDS, SKEW_SECONDS

MAX_NONCES = 200_000
"""Calls that are remembered at a time: more than a silo can write in the minute that they count."""
MAX_PEER_NONCES = 10_000
"""Calls of one peer in ``_CLEAR_SECONDS`` and one process, so that a peer which is taken fills nobody else's memory."""
_CLEAR_SECONDS = 10
"""How often what is of no more use is cleared away."""
_REMEMBER = "INSERT INTO peer_nonce (nonce, stamped_at) VALUES (?, ?) ON CONFLICT DO NOTHING RETURNING nonce"


class SharedNonces:
    """Safe to share between threads, and by any number of processes on one database."""

    def __init__(self, database: Database, *, clock: Clock) -> None:
        self._database = database
        self._clock = clock
        self._cleared_at = 0
        self._is_full = False
        self._by_peer: Counter[str] = Counter()
        self._counting = threading.Lock()
        self._clearing = threading.Lock()

    def remember(self, nonce: str, *, peer: str, stamped_at: int) -> bool:
        """Records a nonce; False when a server of this silo has accepted a call with it before.

        Args:
            nonce: of a call whose signature was verified.
            peer: who signed it.
            stamped_at: unix seconds that the call was signed with.

        Raises:
            RateLimited: more calls are remembered already than may be, of this peer or of all.
            SiloError: the database cannot be written, so that nobody could know.
        """
        now = int(self._clock.now().timestamp())
        # By the difference in either direction, as the clock of a machine may be set back. Whoever finds somebody
        # clearing goes on.
        if abs(now - self._cleared_at) >= _CLEAR_SECONDS and self._clearing.acquire(blocking=False):
            try:
                self._clear(now)
            finally:
                self._clearing.release()
        with self._counting:
            self._by_peer[peer] += 1
            is_too_much = self._by_peer[peer] > MAX_PEER_NONCES
        if self._is_full or is_too_much:
            raise RateLimited("Too many calls that change something came within a minute.")
        # The statement decides, and not a look before it: of two servers that get the same call one inserts.
        return bool(self._database.write(_REMEMBER, (nonce, stamped_at)))

    def _clear(self, now: int) -> None:
        oldest = now - SKEW_SECONDS - FUTURE_SECONDS
        self._database.write("DELETE FROM peer_nonce WHERE stamped_at < ?", (oldest,))
        with self._database.session():
            ((count,),) = self._database.rows("SELECT COUNT(*) FROM peer_nonce")
        with self._counting:
            self._by_peer.clear()
        self._cleared_at, self._is_full = now, count >= MAX_NONCES
