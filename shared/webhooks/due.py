"""What is due of the deliveries: which apps have some, and claiming them, first attempts apart from retries."""

from shared.database.columns import parse_instant
from shared.database.database import Database
from shared.database.locking import unheld_clause
from shared.database.statement import in_seconds, now
from shared.outbox.claim import LEASE_SECONDS, due_clause
from shared.outbox.message import Claim
from shared.wake import APP_PREFIX
from shared.webhooks.delivery import CATEGORY

# A walk along an index from destination to destination: it costs by destinations, not by messages.
_APPS_WITH_DUE = f"""
WITH RECURSIVE walk (destination) AS (
    SELECT min(destination) FROM outbox WHERE destination >= '{APP_PREFIX}'
    UNION ALL
    SELECT (SELECT min(destination) FROM outbox WHERE destination > walk.destination)
    FROM walk WHERE walk.destination LIKE ?)
SELECT destination FROM walk WHERE destination LIKE ? AND EXISTS (
    SELECT 1 FROM outbox
    WHERE outbox.destination = walk.destination AND {{due}})"""  # noqa: S608 - no values
# In the words of the index, in which first attempts and retries stand apart.
_CLAIM = f"""
WITH longest_due AS MATERIALIZED (
    SELECT id FROM outbox
    WHERE destination = ? AND category = '{CATEGORY}' AND {{due}}
    AND (CASE WHEN attempts > 0 THEN 1 ELSE 0 END) = {{is_retry}}
    AND NOT EXISTS (SELECT 1 FROM outbox_pause WHERE destination = ?)
    ORDER BY due_at, id LIMIT ? {{unheld}})
UPDATE outbox SET leased_until = {{lease_end}} FROM longest_due WHERE outbox.id = longest_due.id
RETURNING outbox.id, category, object_id, generation, attempts, enqueued_at, {{now}}"""  # noqa: S608 - no values


def find_apps_with_due(database: Database) -> list[str]:
    """Destinations of the apps that have something due, in their order."""
    with database.session():
        rows = database.rows(_APPS_WITH_DUE.format(due=due_clause(database)), (f"{APP_PREFIX}%",) * 2)
    return [destination for (destination,) in rows]


def claim_due(database: Database, app: str, *, is_retry: bool, limit: int) -> list[Claim]:
    """Leases the app's deliveries that have been due longest; [] when none is, or the app is paused.

    Args:
        database: where the outbox is.
        app: a ``destination_of``.
        is_retry: those that failed before; otherwise those that did not.
        limit: claims at most.
    """
    statement = _CLAIM.format(
        is_retry=int(is_retry),
        now=now(database),
        due=due_clause(database),
        lease_end=in_seconds(database),
        unheld=unheld_clause(database),
    )
    rows = database.write(statement, (app, app, limit, LEASE_SECONDS))
    claims = [
        Claim(message_id, category, object_id, generation, attempts, parse_instant(enqueued_at), parse_instant(at))
        for message_id, category, object_id, generation, attempts, enqueued_at, at in rows
    ]
    # RETURNING promises no order.
    return sorted(claims, key=lambda claimed: (claimed.enqueued_at, claimed.object_id))
