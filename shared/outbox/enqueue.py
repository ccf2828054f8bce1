"""Enqueueing: marks an object dirty for some destinations, inside the transaction that changes it."""

import json
from collections.abc import Iterable, Sequence
from functools import partial
from itertools import product

from shared.database.statement import Dialect
from shared.database.statement import now as database_now
from shared.database.transaction import Transaction
from shared.outbox.message import MessageState
from shared.wake import EVERY_DESTINATION

NOTIFY_CHANNEL = "silo_outbox"
"""PostgreSQL channel that carries the name of a destination with something due, or that there may be a new one."""

# One statement for any number of messages, whose text never changes. Rows are written in one order, so that two
# transactions that dirty the same objects lock them the same way round.
_INSERT = f"""
INSERT INTO outbox (destination, category, object_id, generation, state, attempts, due_at, enqueued_at)
SELECT {{destination}}, {{category}}, {{object_id}}, 1, '{MessageState.DUE}', 0, {{{{now}}}}, {{{{now}}}}
FROM {{messages}}
WHERE true ORDER BY {{category}}, {{object_id}}, {{destination}}
ON CONFLICT (destination, category, object_id) DO UPDATE SET
    generation = outbox.generation + 1,
    due_at = excluded.due_at,
    attempts = CASE outbox.state WHEN '{MessageState.PARKED}' THEN 0 ELSE outbox.attempts END,
    enqueued_at = CASE outbox.state WHEN '{MessageState.PARKED}' THEN excluded.enqueued_at ELSE outbox.enqueued_at END,
    state = excluded.state"""
_SQLITE = _INSERT.format(
    destination="json_extract(message.value, '$[0]')",
    category="json_extract(message.value, '$[1]')",
    object_id="json_extract(message.value, '$[2]')",
    messages="json_each(?) AS message",
)
_POSTGRESQL = "WITH dirty AS ({insert}) SELECT pg_notify('{channel}', silo) FROM unnest(%b::text[]) AS silo".format(
    insert=_INSERT.format(
        destination="message.destination",
        category="message.category",
        object_id="message.object_id",
        messages="unnest(%b::text[], %b::text[], %b::bigint[]) AS message (destination, category, object_id)",
    ),
    channel=NOTIFY_CHANNEL,
)


def enqueue(tx: Transaction, category: str, object_ids: Iterable[int], *, destinations: Iterable[str]) -> None:
    """Makes every object due at every destination, and rings the bell after the commit.

    Args:
        tx: the transaction that changes the objects.
        category: what kind of objects; a word that both silos know.
        object_ids: ids of the objects.
        destinations: names of silos; none is fine.
    """
    enqueue_each(tx, category, product(set(destinations), set(object_ids)))


def enqueue_each(tx: Transaction, category: str, messages: Iterable[tuple[str, int]]) -> None:
    """Like ``enqueue``, for objects of one destination each: ``(destination, object id)``, none of them twice."""
    enqueue_messages(tx, [(silo, str(category), object_id) for silo, object_id in messages])


def enqueue_messages(tx: Transaction, messages: Sequence[tuple[str, str, int]]) -> None:
    """Like ``enqueue``, for objects of any category: ``(destination, category, object id)``, none of them twice."""
    if not messages:
        return
    # Each silo is notified once, however many objects there are.
    silos = sorted({silo for silo, *_ in messages})
    at = database_now(tx.database)
    if tx.database.dialect is Dialect.POSTGRESQL:
        destinations, categories, object_ids = map(list, zip(*messages, strict=True))
        tx.database.rows(_POSTGRESQL.format(now=at), (destinations, categories, object_ids, silos))
    else:
        tx.database.rows(_SQLITE.format(now=at), (json.dumps(messages),))
    # After the commit: a worker that woke before it would find nothing and sleep until the next poll.
    for silo in silos:
        tx.after_commit(partial(tx.database.wake.ring, silo))


def announce_destination(tx: Transaction) -> None:
    """Tells every worker, also in other processes, that there may be a new destination once this commits."""
    announce_due(tx, EVERY_DESTINATION)


def announce_due(tx: Transaction, destination: str) -> None:
    """Rings the bell of a destination once this commits, also in other processes."""
    if tx.database.dialect is Dialect.POSTGRESQL:
        tx.database.rows("SELECT pg_notify(?, ?)", (NOTIFY_CHANNEL, destination))
    tx.after_commit(partial(tx.database.wake.ring, destination))


def forget(tx: Transaction, category: str, object_id: int, *, destination: str) -> None:
    """Takes away the message of an object that is no more, due or parked; none is fine."""
    statement = "DELETE FROM outbox WHERE destination = ? AND category = ? AND object_id = ?"
    tx.database.rows(statement, (destination, category, object_id))
