"""Enqueueing: marks an object dirty for some destinations, inside the transaction that changes it."""

import json
from collections.abc import Iterable
from datetime import datetime
from functools import partial

from shared.columns import instant_text
from shared.database import Dialect, Transaction
from shared.outbox.message import MessageState
from shared.wake import EVERY_DESTINATION

NOTIFY_CHANNEL = "silo_outbox"
"""PostgreSQL channel that carries the name of a destination with something due, or that there may be a new one."""

# One statement for any number of objects and destinations, whose text never changes. Rows are written in one order, so
# that two transactions that dirty the same objects lock them the same way round.
_INSERT = f"""
INSERT INTO outbox (destination, category, object_id, generation, state, attempts, due_at, enqueued_at)
SELECT silo.value, given.category, object.value, 1, '{MessageState.DUE}', 0, given.at, given.at
FROM {{given}} CROSS JOIN {{silos}} CROSS JOIN {{objects}}
WHERE true ORDER BY object.value, silo.value
ON CONFLICT (destination, category, object_id) DO UPDATE SET
    generation = outbox.generation + 1,
    due_at = excluded.due_at,
    attempts = CASE outbox.state WHEN '{MessageState.PARKED}' THEN 0 ELSE outbox.attempts END,
    enqueued_at = CASE outbox.state WHEN '{MessageState.PARKED}' THEN excluded.enqueued_at ELSE outbox.enqueued_at END,
    state = excluded.state"""
_SQLITE = _INSERT.format(
    given="(SELECT ? AS category, ? AS at) AS given", silos="json_each(?) AS silo", objects="json_each(?) AS object"
)
_POSTGRESQL = "WITH dirty AS ({insert}) SELECT pg_notify('{channel}', silo) FROM unnest(%b::text[]) AS silo".format(
    insert=_INSERT.format(
        given="(SELECT ?::text AS category, ?::timestamptz AS at) AS given",
        silos="unnest(%b::text[]) AS silo (value)",
        objects="unnest(%b::bigint[]) AS object (value)",
    ),
    channel=NOTIFY_CHANNEL,
)


def enqueue(
    tx: Transaction, category: str, object_ids: Iterable[int], *, destinations: Iterable[str], now: datetime
) -> None:
    """Makes every object due at every destination, and rings the bell after the commit.

    Args:
        tx: the transaction that changes the objects.
        category: what kind of objects; a word that both silos know.
        object_ids: ids of the objects.
        destinations: names of silos; none is fine.
        now: the instant of the change.
    """
    silos, ids = sorted(set(destinations)), sorted(set(object_ids))
    if not silos or not ids:
        return
    if tx.database.dialect is Dialect.POSTGRESQL:
        tx.database.rows(_POSTGRESQL, (category, instant_text(now), silos, ids, silos))
    else:
        tx.database.rows(_SQLITE, (category, instant_text(now), json.dumps(silos), json.dumps(ids)))
    for silo in silos:
        tx.after_commit(partial(tx.database.wake.ring, silo))


def announce_destination(tx: Transaction) -> None:
    """Tells every worker, also in other processes, that there may be a new destination once this commits."""
    if tx.database.dialect is Dialect.POSTGRESQL:
        tx.database.rows("SELECT pg_notify(?, ?)", (NOTIFY_CHANNEL, EVERY_DESTINATION))
    tx.after_commit(partial(tx.database.wake.ring, EVERY_DESTINATION))


def forget(tx: Transaction, category: str, object_id: int, *, destination: str) -> None:
    """Takes away the message of an object that is no more, due or parked; none is fine."""
    statement = "DELETE FROM outbox WHERE destination = ? AND category = ? AND object_id = ?"
    tx.database.rows(statement, (destination, category, object_id))
