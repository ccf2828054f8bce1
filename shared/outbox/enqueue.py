"""Enqueueing: marks an object dirty for some destinations, inside the transaction that changes it."""

import json
from collections.abc import Collection, Iterable, Sequence
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
INSERT_MESSAGES = f"""
INSERT INTO outbox (destination, category, object_id, generation, state, attempts, due_at, enqueued_at)
SELECT destination, category, object_id, 1, '{MessageState.DUE}', 0, {{now}}, {{now}}
FROM message
WHERE true ORDER BY category, object_id, destination
ON CONFLICT (destination, category, object_id) DO UPDATE SET
    generation = outbox.generation + 1,
    due_at = {{earlier}}(outbox.due_at, excluded.due_at),
    leased_until = NULL,
    attempts = CASE outbox.state WHEN '{MessageState.PARKED}' THEN 0 ELSE outbox.attempts END,
    enqueued_at = CASE outbox.state WHEN '{MessageState.PARKED}' THEN excluded.enqueued_at ELSE outbox.enqueued_at END,
    state = excluded.state"""
"""Enqueues what the table expression ``message`` lists; ``{now}`` is still to be put in, and the name of the function
that tells which of two is ``{earlier}``. What is due already keeps its place, and so its entries in the indexes."""
_SQLITE_MESSAGES = """
WITH message (destination, category, object_id) AS (
    SELECT json_extract(value, '$[0]'), json_extract(value, '$[1]'), json_extract(value, '$[2]') FROM json_each(?))"""
_SQLITE_INSERT = f"{_SQLITE_MESSAGES} {INSERT_MESSAGES}"
# What is due already needs a number more. SQLite would write every index of a column that a statement names, also where
# its value stays, and an update for eight regions is then three pages to the disk for each of them.
_SQLITE_COUNT = f"""
{_SQLITE_MESSAGES}
UPDATE outbox SET generation = generation + 1, leased_until = NULL FROM message
WHERE outbox.destination = message.destination AND outbox.category = message.category
AND outbox.object_id = message.object_id AND state = '{MessageState.DUE}' AND due_at <= {{now}}
RETURNING outbox.destination, outbox.category, outbox.object_id"""
_POSTGRESQL = f"""
WITH message (destination, category, object_id) AS (
    SELECT * FROM unnest(%b::text[], %b::text[], %b::bigint[])),
enqueued AS ({INSERT_MESSAGES})
SELECT pg_notify('{NOTIFY_CHANNEL}', silo) FROM (SELECT DISTINCT destination FROM message) AS due (silo)"""


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
    if tx.database.dialect is Dialect.POSTGRESQL:
        statement = _POSTGRESQL.format(now=database_now(tx.database), earlier="least")
        tx.database.rows(statement, [list(column) for column in zip(*messages, strict=True)])
    else:
        _enqueue_in_sqlite(tx, messages)
    ring_after_commit(tx, {silo for silo, *_ in messages})


def _enqueue_in_sqlite(tx: Transaction, messages: Sequence[tuple[str, str, int]]) -> None:
    at = database_now(tx.database)
    counted = set(tx.database.rows(_SQLITE_COUNT.format(now=at), (json.dumps(messages),)))
    left = [message for message in messages if message not in counted]
    if left:
        tx.database.rows(_SQLITE_INSERT.format(now=at, earlier="min"), (json.dumps(left),))


def ring_after_commit(tx: Transaction, silos: Collection[str]) -> None:
    """Wakes the lanes of these silos in this process, once each; those of others hear of it from the database."""
    # After the commit: a worker that woke before it would find nothing and sleep until the next poll.
    for silo in sorted(silos):
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
