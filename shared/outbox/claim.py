"""Claiming and settling: the only statements that take messages out of the outbox.

A claim is a short lease by the database's clock, written in a transaction of its own and renewed while its worker lives
(``lease``); the destination is called outside any transaction; then what became of each message is settled in one more.
A message that was enqueued again meanwhile has another generation and stays, so nothing that was written after the
claim is ever acknowledged unseen.

No statement here waits for a row that a writer holds, so no worker is ever part of a deadlock, which could end the
writer's transaction. A row that is passed over is one that the writer makes due; should it roll back, the lease ends.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from shared.database.columns import instant_text, parse_instant
from shared.database.database import Database
from shared.database.locking import unheld_clause
from shared.database.statement import Dialect, among, committing_soon, in_seconds, instant_mark, now, numbers, row_marks
from shared.database.transaction import Transaction
from shared.outbox.message import Claim, MessageState, Rejection, kept_error

LEASE_SECONDS = 3.0
"""How long a claim holds unless it is renewed; what a dead worker had claimed is due again after this."""


@dataclass(frozen=True)
class Retry:
    """A message that was not taken and what happens to it: due in ``wait_seconds``, or parked when that is None."""

    claim: Claim
    rejection: Rejection
    wait_seconds: float | None
    counts: bool = True
    """Whether an attempt is counted: the destination itself rejected the object."""


def due_clause(database: Database) -> str:
    """The condition that a message may be claimed now."""
    return (
        f"outbox.state = '{MessageState.DUE}' AND outbox.due_at <= {now(database)} "
        f"AND (outbox.leased_until IS NULL OR outbox.leased_until <= {now(database)})"
    )


def claim(database: Database, destination: str, *, limit: int, lease_seconds: float = LEASE_SECONDS) -> list[Claim]:
    """Leases the messages that have been due longest.

    Args:
        database: where the outbox is.
        destination: name of the silo to claim for.
        limit: claims at most.
        lease_seconds: how long nobody else may claim them.

    Returns:
        The claims, longest dirty first; [] when nothing is due, or the destination is paused.
    """
    # Materialized: a planner that ran the inner query again for each row would lease more than the limit. And nobody
    # waits for the disk: a claim that power has undone is one more worker's to make.
    soon = committing_soon(database)
    statement = f"""
        WITH longest_due AS MATERIALIZED (
            SELECT {_place(database)} FROM outbox WHERE destination = ? AND {due_clause(database)}
            AND NOT EXISTS (SELECT 1 FROM outbox_pause WHERE destination = ?)
            ORDER BY due_at LIMIT ? {unheld_clause(database)})
        UPDATE outbox SET leased_until = {in_seconds(database)} WHERE {_is_at(database, "SELECT * FROM longest_due")}
        RETURNING id, category, object_id, generation, attempts, enqueued_at, {now(database)}, {soon}"""
    rows = database.write(statement, (destination, destination, limit, lease_seconds), anew=True, binary=True)
    if not rows:
        return []
    claimed_at = parse_instant(rows[0][6])  # of the statement, and so of all
    claims = [
        Claim(message_id, category, object_id, generation, attempts, parse_instant(enqueued_at), claimed_at)
        for message_id, category, object_id, generation, attempts, enqueued_at, *_ in rows
    ]
    # RETURNING promises no order.
    return sorted(claims, key=lambda claimed: claimed.enqueued_at)


def renew(database: Database, claims: Sequence[Claim], *, lease_seconds: float = LEASE_SECONDS) -> None:
    """Lets claims hold for a whole lease from now on; those that were enqueued again, or settled, are left alone."""
    if not claims:
        return
    unchanged, keys = _unchanged(database, claims)
    statement = f"""
        WITH held AS MATERIALIZED ({unchanged})
        UPDATE outbox SET leased_until = {in_seconds(database)}
        WHERE {_is_at(database, "SELECT * FROM held")} AND state = '{MessageState.DUE}'"""
    database.write(statement, (*keys, lease_seconds), anew=True)


def acknowledge(database: Database, claims: Sequence[Claim], *, may_be_lost: bool = False) -> None:
    """Removes delivered messages; one that was enqueued again since the claim is due at once.

    Args:
        database: where the outbox is.
        claims: whose messages were delivered.
        may_be_lost: whether a power failure may bring the messages back; the disk is not waited for then.
    """
    if not claims:
        return
    unchanged, keys = _unchanged(database, claims)
    soon = committing_soon(database) if may_be_lost else "NULL"
    statement = f"""
        WITH done AS MATERIALIZED ({unchanged})
        DELETE FROM outbox WHERE {_is_at(database, "SELECT * FROM done")} RETURNING id, {soon}"""
    deleted = {message_id for message_id, _ in database.write(statement, keys, anew=True)}
    left = [claim.id for claim in claims if claim.id not in deleted]
    if left:
        # Lag counts from the claim: what was written before it has arrived, what came later is newer than that. Of
        # several claims the earliest: lag may be counted too high, never too low.
        with database.transaction() as tx:
            _make_due(tx, left, enqueued_at=min(claim.claimed_at for claim in claims))


def release(database: Database, claims: Sequence[Claim]) -> None:
    """Ends the lease of messages that were not delivered; no attempt is counted."""
    if not claims:
        return
    with database.transaction() as tx:
        _make_due(tx, [claim.id for claim in claims])


def retry_or_park(database: Database, retries: Sequence[Retry]) -> None:
    """Backs each message off or parks it, unless it was enqueued again; of rejected ones an attempt is counted."""
    if not retries:
        return
    with database.transaction():
        for retry in retries:
            is_parked = retry.wait_seconds is None
            state = MessageState.PARKED if is_parked else MessageState.DUE
            due_at = "due_at" if is_parked else in_seconds(database)
            wait = [] if is_parked else [retry.wait_seconds]
            error = kept_error(retry.rejection.reason, retry.rejection.message)
            database.rows(
                f"UPDATE outbox SET state = '{state}', attempts = attempts + ?, last_error = ?, due_at = {due_at}, "
                "leased_until = NULL "
                f"WHERE id IN (SELECT id FROM outbox WHERE id = ? AND generation = ? {unheld_clause(database)})",
                (int(retry.counts), error, *wait, retry.claim.id, retry.claim.generation),
            )


def _place(database: Database) -> str:
    """The column by which a message is found again in the statement that has found it."""
    return "ctid" if database.dialect is Dialect.POSTGRESQL else "id"


def _is_at(database: Database, found: str) -> str:
    """The condition that a message is among those whose places a query has found and holds.

    PostgreSQL goes there at once. For a join it would choose between ways of looking, and keep one that was right for
    an empty outbox when there is a backlog: to compare each message with each.
    """
    return f"ctid = ANY(ARRAY({found}))" if database.dialect is Dialect.POSTGRESQL else f"id IN ({found})"


def _unchanged(database: Database, claims: Sequence[Claim]) -> tuple[str, list[Any]]:
    """A query for the places of messages that are still as they were claimed, holding them, and its parameters."""
    if database.dialect is Dialect.POSTGRESQL:
        ids = numbers(claim.id for claim in claims)
        # Found by their ids first: of a join PostgreSQL would read every message that there is, for each batch again.
        statement = f"""
            WITH found AS MATERIALIZED (
                SELECT ctid, id, generation FROM outbox WHERE id = ANY(?::bigint[]) {unheld_clause(database)})
            SELECT found.ctid FROM found
            JOIN unnest(?::bigint[], ?::bigint[]) AS claimed (id, generation) USING (id, generation)"""
        return statement, [ids, ids, numbers(claim.generation for claim in claims)]
    pairs = [(c.id, c.generation) for c in claims]
    # In this order: asked whether a pair is among some, SQLite looks at every message that there is.
    statement = f"""
        WITH claimed (id, generation) AS (VALUES {row_marks(pairs)})
        SELECT outbox.id FROM claimed CROSS JOIN outbox USING (id, generation)"""
    return statement, [value for pair in pairs for value in pair]


def _make_due(tx: Transaction, ids: Sequence[int], *, enqueued_at: datetime | None = None) -> None:
    since = f", enqueued_at = {instant_mark(tx.database)}" if enqueued_at else ""
    values = [instant_text(enqueued_at)] if enqueued_at else []
    wanted, keys = among(tx.database, ids)
    statement = f"""
        WITH free AS MATERIALIZED (
            SELECT id FROM outbox WHERE state = '{MessageState.DUE}' AND id {wanted} {unheld_clause(tx.database)})
        UPDATE outbox SET due_at = {now(tx.database)}, leased_until = NULL{since} WHERE id IN (SELECT id FROM free)"""
    tx.database.rows(statement, (*keys, *values))
