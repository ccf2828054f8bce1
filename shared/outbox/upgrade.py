"""Messages that wait until their destination is upgraded: it is of a release that does not know their category.

Nobody is at fault, and no operator can do anything about them but finish the upgrade. One message of each category is
tried every few seconds; once it is taken, the others are due. Owns which those are; refuses to know any category.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field

from shared.clock import Clock
from shared.database.database import Database
from shared.database.locking import unheld_clause
from shared.database.statement import among, now
from shared.errors import CategoryUnknown
from shared.outbox.message import Claim, MessageState, Rejection

TRY_SECONDS = 3.0
"""How late an upgraded destination gets what waited for it at most."""
DUE_AT_ONCE = 10_000
"""How many messages one statement makes due again."""


def is_awaiting(answer: Rejection) -> bool:
    """Whether the destination has to be upgraded first."""
    return answer.reason == CategoryUnknown.reason


@dataclass
class Upgrade:
    """What waits for one destination's upgrade. Several threads may use it: what one finds out is as good for all."""

    database: Database
    destination: str
    clock: Clock
    _categories: frozenset[str] = field(default=frozenset(), init=False)
    """Those of which messages wait, as of the last look."""
    _looked_at: float | None = field(default=None, init=False)

    def try_again(self) -> None:
        """Makes the longest waiting message of each category due, unless that was done a moment ago."""
        at = self.clock.monotonic()
        if self._looked_at is not None and at - self._looked_at < TRY_SECONDS:
            return
        self._looked_at = at
        # Read first: nearly always nothing waits, and a write would cost each lane a commit.
        with self.database.session():
            rows = self.database.rows(f"SELECT category, min(id) {_WAITING} GROUP BY category", (self.destination,))
        self._categories = frozenset(category for category, _ in rows)
        if rows:
            self._make_due([message_id for _, message_id in rows])

    def wait(self, claims: Sequence[Claim]) -> None:
        """Sets messages aside that the destination does not know what to do with; one enqueued again stays due."""
        if not claims:
            return
        generations = {claim.id: claim.generation for claim in claims}
        with self.database.transaction():
            wanted, ids = among(self.database, sorted(generations))
            held = f"SELECT id, generation FROM outbox WHERE id {wanted} {unheld_clause(self.database)}"
            same = [each for each, generation in self.database.rows(held, ids) if generations[each] == generation]
            wanted, ids = among(self.database, same)
            statement = f"UPDATE outbox SET state = '{MessageState.AWAITING_UPGRADE}', last_error = ? WHERE id {wanted}"
            self.database.rows(statement, (f"{CategoryUnknown.reason}: {CategoryUnknown().message}", *ids))

    def delivered(self, claims: Sequence[Claim]) -> None:
        """Makes due what waited, where the destination has taken one of its category."""
        for category in {claim.category for claim in claims} & self._categories:
            statement = f"SELECT id {_WAITING} AND category = ? ORDER BY id LIMIT {DUE_AT_ONCE}"
            with self.database.session():
                ids = [each for (each,) in self.database.rows(statement, (self.destination, category))]
            self._make_due(ids)
            # Else the next batch of the category, or the next look, finds the rest.
            if len(ids) < DUE_AT_ONCE:
                self._categories -= {category}

    def _make_due(self, ids: Sequence[int]) -> None:
        wanted, values = among(self.database, ids)
        with self.database.transaction():
            self.database.rows(
                f"UPDATE outbox SET state = '{MessageState.DUE}', due_at = {now(self.database)}, leased_until = NULL "
                f"WHERE id IN (SELECT id FROM outbox WHERE id {wanted} AND state = '{MessageState.AWAITING_UPGRADE}' "
                f"{unheld_clause(self.database)})",
                values,
            )


_WAITING = f"FROM outbox WHERE destination = ? AND state = '{MessageState.AWAITING_UPGRADE}'"
