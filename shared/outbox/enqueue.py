"""Enqueueing: marks an object dirty for some destinations, inside the transaction that changes it."""

from collections.abc import Iterable
from datetime import datetime
from functools import partial

from shared.columns import instant_text
from shared.database import Dialect, Transaction
from shared.outbox.message import MessageState

_ROWS_PER_STATEMENT = 500

_COLUMNS = "(destination, category, object_id, generation, state, attempts, due_at, enqueued_at)"
_ON_CONFLICT = f"""
ON CONFLICT (destination, category, object_id) DO UPDATE SET
    generation = outbox.generation + 1,
    due_at = excluded.due_at,
    attempts = CASE outbox.state WHEN '{MessageState.PARKED}' THEN 0 ELSE outbox.attempts END,
    enqueued_at = CASE outbox.state WHEN '{MessageState.PARKED}' THEN excluded.enqueued_at ELSE outbox.enqueued_at END,
    state = excluded.state
"""

NOTIFY_CHANNEL = "silo_outbox"
"""PostgreSQL channel that carries the name of a destination with something due."""


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
    silos = sorted(set(destinations))
    # Sorted, so that two transactions that dirty the same objects lock the rows in one order.
    keys = [(silo, category, object_id) for object_id in sorted(set(object_ids)) for silo in silos]
    at = instant_text(now)
    for start in range(0, len(keys), _ROWS_PER_STATEMENT):
        _insert(tx, keys[start : start + _ROWS_PER_STATEMENT], at)
    for silo in silos if keys else ():
        tx.after_commit(partial(tx.database.wake.ring, silo))


def _insert(tx: Transaction, keys: list[tuple[str, str, int]], at: str) -> None:
    row = f"(?, ?, ?, 1, '{MessageState.DUE}', 0, ?, ?)"
    insert = f"INSERT INTO outbox {_COLUMNS} VALUES {', '.join([row] * len(keys))} {_ON_CONFLICT}"
    parameters = [value for key in keys for value in (*key, at, at)]
    if tx.database.dialect is Dialect.POSTGRESQL:
        insert = (
            f"WITH dirty AS ({insert} RETURNING destination) "
            f"SELECT pg_notify('{NOTIFY_CHANNEL}', destination) FROM (SELECT DISTINCT destination FROM dirty) AS d"
        )
    tx.database.rows(insert, parameters)
