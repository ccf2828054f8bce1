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
_CLEARED_PER_WRITE = 50


def clear_away(tx: Transaction, sentry_app_id: int, *, now: datetime) -> None:
    """Deletes some of the app's deliveries that there is no more room for, and some that have expired.

    With them goes what is left of them in the outbox, where a parked one would stay for ever.
    """
    expired = instant_text(now - timedelta(days=EXPIRY_DAYS))
    # A few at each write instead of all at times: nobody pays for a clean-up that grew, and no job has to run.
    too_many = f"sentry_app_id = ? {{}} ORDER BY id DESC LIMIT {_CLEARED_PER_WRITE} OFFSET {MAX_DELIVERIES}"
    too_old = f"created_at < ? {{}} ORDER BY created_at LIMIT {_CLEARED_PER_WRITE}"
    for which, value in ((too_many, sentry_app_id), (too_old, expired)):
        ended = which.format(f"AND state <> '{DeliveryState.PENDING}'")
        deleted = tx.database.rows(
            f"DELETE FROM delivery WHERE id IN (SELECT id FROM delivery WHERE {ended}{unheld_clause(tx.database)}) "  # noqa: S608 - no values
            "RETURNING id, sentry_app_id, content_id",
            (value,),
        )
        for delivery_id, app_id, _ in deleted:
            forget(tx, CATEGORY, delivery_id, destination=destination_of(app_id))
        _clear_contents(tx, {content_id for _, _, content_id in deleted if content_id is not None})


def _clear_contents(tx: Transaction, ids: Collection[int]) -> None:
    """Deletes what no delivery says any more."""
    is_said = "SELECT 1 FROM delivery WHERE content_id = delivery_content.id"
    statement = f"DELETE FROM delivery_content WHERE id IN ({marks(ids)}) AND NOT EXISTS ({is_said})"  # noqa: S608
    tx.database.rows(statement, tuple(ids))
