"""The order of first attempts: those of one installation and issue are made one after the other, as they were written.

One that is claimed while an earlier one is still to be tried is held back, and called when that one's turn is over.
Retries keep no order, and nobody waits for them.
"""

from collections.abc import Collection, Sequence

from shared.database.database import Database
from shared.database.statement import marks, now
from shared.outbox.claim import due_clause, renew
from shared.outbox.enqueue import enqueue_each
from shared.outbox.message import Claim
from shared.webhooks.delivery import CATEGORY, DeliveryState, destination_of

HELD_BACK_SECONDS = 60.0
"""How long one is held back that nobody calls, since the process died that should have."""
_MAX_HELD_BACK = 1000
"""Deliveries of an app that are held back at a time."""

# In the words of the index.
_WAITS = f"{{each}}.state = '{DeliveryState.PENDING}' AND {{each}}.attempt_count = 0"
_EARLIER = f"""
delivery.attempt_count = 0 AND EXISTS (
    SELECT 1 FROM delivery AS earlier
    WHERE earlier.installation_id = delivery.installation_id AND earlier.issue_id = delivery.issue_id
    AND earlier.id < delivery.id AND {_WAITS.format(each="earlier")})"""  # noqa: S608 - no values
_TOO_EARLY = f"SELECT id FROM delivery WHERE id IN ({{marks}}) AND {_EARLIER}"  # noqa: S608 - no values
_DUE_TOO_EARLY = f"""
SELECT outbox.id, outbox.category, outbox.object_id, outbox.generation, outbox.attempts, outbox.enqueued_at, {{now}}
FROM outbox JOIN delivery ON delivery.id = outbox.object_id
WHERE outbox.destination = ? AND outbox.category = '{CATEGORY}' AND {{due}} AND {_EARLIER}
ORDER BY outbox.due_at LIMIT {_MAX_HELD_BACK}"""  # noqa: S608 - no values
_NEXT = f"""
SELECT next.id, next.sentry_app_id FROM (
    SELECT (SELECT waiting.id FROM delivery AS waiting
        WHERE waiting.installation_id = ended.installation_id AND waiting.issue_id = ended.issue_id
        AND waiting.id > ended.id AND {_WAITS.format(each="waiting")} ORDER BY waiting.id LIMIT 1) AS id
    FROM delivery AS ended WHERE ended.id IN ({{marks}})) AS found
JOIN delivery AS next ON next.id = found.id"""  # noqa: S608 - no values


def find_too_early(database: Database, delivery_ids: Collection[int]) -> set[int]:
    """Those whose first attempt has to wait for that of an earlier one. Needs a session."""
    statement = _TOO_EARLY.format(marks=marks(delivery_ids))
    return {delivery_id for (delivery_id,) in database.rows(statement, tuple(delivery_ids))}


def hold_back(database: Database, app: str, claims: Sequence[Claim]) -> None:
    """Lets claimed messages wait until they are called, and with them all others of the app that are due too early.

    Args:
        database: where the outbox is.
        app: a ``destination_of``.
        claims: which messages.
    """
    with database.session():
        # Each would be claimed for nothing, before the one whose turn it is.
        rows = database.rows(_DUE_TOO_EARLY.format(now=now(database), due=due_clause(database)), (app,))
    # Nothing is written to one that was called meanwhile: it has another generation.
    renew(database, [*claims, *(Claim(*row) for row in rows)], lease_seconds=HELD_BACK_SECONDS)


def call_next(database: Database, delivery_ids: Collection[int]) -> None:
    """Makes those due that waited for the first attempts of these, which have been written down.

    After the commit, so that one that is written meanwhile is either found here, or finds that nothing is before it.
    """
    with database.transaction() as tx:
        rows = tx.database.rows(_NEXT.format(marks=marks(delivery_ids)), tuple(delivery_ids))
        enqueue_each(tx, CATEGORY, [(destination_of(app_id), delivery_id) for delivery_id, app_id in set(rows)])
