"""Whether a silo's replicas have reached what a reader has seen already.

Owns the brief wait of a read that presents a consistency token. Refuses to know what happens when the wait was in vain:
a region then asks control, and control gives up.
"""

import threading
import time
from collections import defaultdict
from collections.abc import Mapping, Sequence

from shared.category import Category
from shared.consistency import WrittenVersion
from shared.database.database import Database
from shared.database.statement import marks
from shared.outbox.kind import Kinds
from shared.rpc.served import remaining_seconds

WAIT_SECONDS = 0.2
"""How long a read waits for the replicas. Replication usually takes milliseconds; a longer wait would rarely help."""
RECHECK_SECONDS = 0.02
"""How soon a wait notices what another process of the silo applied; changes applied in this one end it at once."""


class ReplicaFreshness:
    """Knows how new the replicas are; safe to share between threads."""

    def __init__(self, database: Database, kinds: Kinds, *, wait_seconds: float = WAIT_SECONDS) -> None:
        """Args:
        database: where the replicas are.
        kinds: what this silo holds replicas of; what it owns is never waited for.
        wait_seconds: how long ``wait`` waits at most.
        """
        self._database = database
        self._kinds = kinds
        self._wait_seconds = wait_seconds
        self._commits = 0
        self._committed = threading.Condition()

    def applied(self) -> None:
        """Tells the waiting reads to look again; to be called after each commit of applied changes."""
        with self._committed:
            self._commits += 1
            self._committed.notify_all()

    def wait(self, required: Sequence[WrittenVersion]) -> bool:
        """True as soon as every replica is at the required version or a newer one; False when that took too long.

        Holds no database connection while it waits, and never waits longer than half of what the caller allows, so
        that time is left to ask elsewhere.
        """
        held = self._held(required) if required else ()
        if not held:
            return True
        remaining = remaining_seconds()
        # Without a limit of the caller's the wait's own holds.
        allowed = self._wait_seconds if remaining is None else min(self._wait_seconds, remaining / 2)
        end = time.monotonic() + allowed
        while True:
            commits = self._commits  # read before looking: a commit after the look ends the wait below
            if self.is_fresh(held):
                return True
            if time.monotonic() >= end:
                return False
            self._wait_for_commit(commits, seconds=min(RECHECK_SECONDS, end - time.monotonic()))

    def is_fresh(self, required: Sequence[WrittenVersion]) -> bool:
        """Whether every replica is at the required version or a newer one now; a tombstone has a version too.

        Raises:
            InvalidInput: this silo neither owns nor holds such objects.
        """
        by_category: defaultdict[Category, dict[int, int]] = defaultdict(dict)
        for written in self._held(required):
            # Whoever made the token may have named an object twice: the newest counts.
            known = by_category[written.category].get(written.object_id, 0)
            by_category[written.category][written.object_id] = max(known, written.version)
        with self._database.session():
            return all(
                self._has_reached(self._kinds.held_kind(category).name, versions)
                for category, versions in by_category.items()
            )

    def _held(self, required: Sequence[WrittenVersion]) -> list[WrittenVersion]:
        """What is to be looked for among the replicas; this silo shows the newest state of what it owns in any case."""
        # A token that control made may name what is control's own, to a reader at control.
        own = {kind.category for kind in self._kinds.owned}
        return [written for written in required if written.category not in own]

    def _has_reached(self, table: str, versions: Mapping[int, int]) -> bool:
        rows = self._database.rows(f"SELECT id, version FROM {table} WHERE id IN ({marks(versions)})", list(versions))  # noqa: S608
        replicas: dict[int, int] = dict(rows)
        # What is not here at all counts as version 0, older than any.
        return all(replicas.get(object_id, 0) >= version for object_id, version in versions.items())

    def _wait_for_commit(self, commits: int, *, seconds: float) -> None:
        with self._committed:
            self._committed.wait_for(lambda: self._commits != commits, timeout=max(0.0, seconds))
