"""Renewing what a worker has claimed for as long as it lives, and giving back what is left when it stops.

A claim holds for a few seconds only, so that a dead worker's messages are soon another's. Owns which claims are under
way in this process. Refuses to know what is done about them.
"""

import contextlib
import threading
from collections.abc import Iterator, Sequence

import structlog

from shared.database.database import Database
from shared.errors import SiloError
from shared.outbox.claim import LEASE_SECONDS, release, renew
from shared.outbox.message import Claim

log = structlog.get_logger(__name__)

RENEW_SECONDS = LEASE_SECONDS / 4
"""Between renewals. A claim is first renewed after one to two of these, so that one renewal at least may fail."""
STOP_SECONDS = 1.0
"""How long a renewal under way may keep a worker from stopping."""


class Leases:
    """A worker's claims; safe to share between its threads."""

    def __init__(self, database: Database) -> None:
        self._database = database
        self._under_way: dict[tuple[int, int], Claim] = {}
        """By id and generation: what was enqueued again during a call may be claimed beside it."""
        self._young: set[tuple[int, int]] = set()
        """Claimed since the last look: most are settled before the next one, and need no renewal."""
        # Held while leases are renewed, so that no message is touched once its worker settles it.
        self._lock = threading.Lock()
        self._stopping = threading.Event()
        self._thread = threading.Thread(target=self._run, name="outbox-leases", daemon=True)

    def start(self) -> None:
        self._thread.start()

    def stop(self) -> None:
        """Gives back what is under way still: a call that hangs is left behind, its messages are due at once."""
        self._stopping.set()
        if self._thread.is_alive():
            self._thread.join(STOP_SECONDS)
        if self._thread.is_alive():
            return  # the database hangs, and would for what follows; the leases end by themselves
        # Emptied first: a second stop gives nothing back again.
        left, self._under_way = list(self._under_way.values()), {}
        try:
            release(self._database, left)
        except SiloError as exc:
            log.warning("outbox.claims_kept", reason=exc.reason)

    @contextlib.contextmanager
    def holding(self, claims: Sequence[Claim]) -> Iterator[None]:
        """Renews the claims while the block lasts."""
        self.hold(claims)
        try:
            yield
        finally:
            self.let_go(claims)

    def hold(self, claims: Sequence[Claim]) -> None:
        """Renews the claims from now on."""
        with self._lock:
            self._under_way |= {_key(claim): claim for claim in claims}
            self._young |= {_key(claim) for claim in claims}

    def let_go(self, claims: Sequence[Claim]) -> None:
        """Renews the claims no more: they are about to be settled."""
        with self._lock:
            for claim in claims:
                self._under_way.pop(_key(claim), None)

    def renew(self) -> None:
        """Renews every claim that was under way already when this was last called.

        Raises:
            SiloError: the database cannot be written.
        """
        with self._lock:
            # Young ones wait for the next look, when half of their lease at least is left.
            old = [claim for key, claim in self._under_way.items() if key not in self._young]
            self._young = set()
            renew(self._database, old)

    def _run(self) -> None:
        while not self._stopping.wait(RENEW_SECONDS):
            try:
                self.renew()
            except SiloError as exc:
                log.warning("outbox.claims_not_renewed", reason=exc.reason)
            # The thread lives on: without it every claim of this process would end under its worker.
            except Exception as exc:
                log.exception("outbox.claims_not_renewed", exc_info=exc)


def _key(claim: Claim) -> tuple[int, int]:
    return claim.id, claim.generation
