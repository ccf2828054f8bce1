"""Clearing away deliveries that there is no more room for."""

from collections.abc import Collection
from datetime import datetime, timedelta

from shared.database.columns import instant_text
from shared.database.locking import unheld_clause
from shared.database.statement import marks
from shared.database.transaction import Transaction
from shared.outbox.enqueue import forget
from shared.webhooks.delivery import CATEGORY, DeliveryState, destination_of

# Longer than the last attempt may be away, by far: what is cleared away can be redelivered by nobody.
EXPIRY_DAYS = 30
# Of each app: one that is told much does not clear away what others were told.
MAX_DELIVERIES = 1000
"""Deliveries of one app that are kept once they are not pending any more."""
CLEARED_AT_ONCE = 500
"""More than come between two times, so that none stay behind."""

_ENDED = f"state <> '{DeliveryState.PENDING}'"
"""In the words of the index."""
# Looked up first, and not held: who held what he leaves alone would write a record for each.
_NEWEST_TOO_MANY = f"SELECT id FROM delivery WHERE sentry_app_id = ? AND {_ENDED} ORDER BY id DESC LIMIT 1 OFFSET ?"  # noqa: S608
_TOO_MANY = f"sentry_app_id = ? AND {_ENDED} AND id <= ? ORDER BY id"
_TOO_OLD = f"created_at < ? AND {_ENDED} ORDER BY created_at"
# What was written before anything that is still said. One that is being written has a greater id, or is not seen yet.
_LEFT_CONTENTS = f"""
DELETE FROM delivery_content WHERE id IN (
    SELECT id FROM delivery_content WHERE id < (SELECT min(content_id) FROM delivery) LIMIT {CLEARED_AT_ONCE})"""  # noqa: S608 - no values


def clear_away(tx: Transaction, sentry_app_id: int, *, now: datetime) -> None:
    """Deletes deliveries of the app that there is no more room for, and some of any app that have expired.

    With them goes what is left of them in the outbox, where a parked one would stay for ever.
    """
    for (newest,) in tx.database.rows(_NEWEST_TOO_MANY, (sentry_app_id, MAX_DELIVERIES)):
        _delete(tx, _TOO_MANY, (sentry_app_id, newest))
    _delete(tx, _TOO_OLD, (instant_text(now - timedelta(days=EXPIRY_DAYS)),))
    # Two that clear away the last two deliveries of one content leave it to whoever comes later.
    tx.database.rows(_LEFT_CONTENTS)


def _delete(tx: Transaction, which: str, values: tuple[object, ...]) -> None:
    deleted = tx.database.rows(
        f"DELETE FROM delivery WHERE id IN (SELECT id FROM delivery WHERE {which} LIMIT {CLEARED_AT_ONCE}"  # noqa: S608 - no values
        f"{unheld_clause(tx.database)}) RETURNING id, sentry_app_id, content_id",
        values,
    )
    for delivery_id, app_id, _ in deleted:
        forget(tx, CATEGORY, delivery_id, destination=destination_of(app_id))
    _clear_contents(tx, {content_id for _, _, content_id in deleted if content_id is not None})


def _clear_contents(tx: Transaction, ids: Collection[int]) -> None:
    """Deletes what no delivery says any more."""
    is_said = "SELECT 1 FROM delivery WHERE content_id = delivery_content.id"
    statement = f"DELETE FROM delivery_content WHERE id IN ({marks(ids)}) AND NOT EXISTS ({is_said})"  # noqa: S608
    tx.database.rows(statement, tuple(ids))
