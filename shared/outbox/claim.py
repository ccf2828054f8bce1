"""Claiming and settling: the only statements that take messages out of the outbox.

A claim is a lease, written in a short transaction of its own; the destination is called outside any transaction; then
what became of each message is settled in one more. A message that was enqueued again meanwhile has another generation
and stays, so nothing that was written after the claim is ever acknowledged unseen.

No statement here waits for a row that a writer holds, so no worker is ever part of a deadlock, which could end the
writer's transaction. A row that is passed over is one that the writer makes due; should it roll back, the lease ends.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from shared.database.columns import instant_text, parse_instant
from shared.database.database import Database
from shared.database.locking import unheld_clause
from shared.database.statement import Dialect, among, instant_mark, row_marks
from shared.database.transaction import Transaction
from shared.outbox.message import Claim, MessageState, Rejection

LEASE_SECONDS = 30
"""How long a claim holds; a dead worker's messages are due again after this."""


@dataclass(frozen=True)
class Retry:
    """A rejected message and what happens to it: due again at ``due_at``, or parked when that is None."""

    claim: Claim
    rejection: Rejection
    due_at: datetime | None


def claim(
    database: Database, destination: str, *, limit: int, now: datetime, lease_seconds: float = LEASE_SECONDS
) -> list[Claim]:
    """Leases the messages that have been due longest.

    Args:
        database: where the outbox is.
        destination: name of the silo to claim for.
        limit: claims at most.
        now: the instant of the claim.
        lease_seconds: how long nobody else may claim them.

    Returns:
        The claims, longest dirty first; [] when nothing is due, or the destination is paused.
    """
    # Materialized: a planner that ran the inner query again for each row would lease more than the limit.
    statement = f"""
        WITH longest_due AS MATERIALIZED (
            SELECT id FROM outbox WHERE destination = ? AND state = '{MessageState.DUE}' AND due_at <= ?
            AND NOT EXISTS (SELECT 1 FROM outbox_pause WHERE destination = ?)
            ORDER BY due_at LIMIT ? {unheld_clause(database)})
        UPDATE outbox SET due_at = ? FROM longest_due WHERE outbox.id = longest_due.id
        RETURNING outbox.id, category, object_id, generation, attempts, enqueued_at"""
    lease = instant_text(now + timedelta(seconds=lease_seconds))
    rows = database.write(statement, (destination, instant_text(now), destination, limit, lease))
    claims = [
        Claim(message_id, category, object_id, generation, attempts, parse_instant(enqueued_at))
        for message_id, category, object_id, generation, attempts, enqueued_at in rows
    ]
    # RETURNING promises no order.
    return sorted(claims, key=lambda claimed: claimed.enqueued_at)


def acknowledge(database: Database, claims: Sequence[Claim], *, claimed_at: datetime, now: datetime) -> None:
    """Removes delivered messages; one that was enqueued again since the claim is due at once."""
    if not claims:
        return
    with database.transaction() as tx:
        deleted = _delete_unchanged(tx, claims)
        left = [claim.id for claim in claims if claim.id not in deleted]
        if left:
            # Lag counts from the claim: what was written before it has arrived, what came later is newer than that.
            _make_due(tx, left, due_at=now, enqueued_at=claimed_at)


def release(database: Database, claims: Sequence[Claim], *, now: datetime) -> None:
    """Ends the lease of messages that were not delivered; no attempt is counted."""
    if not claims:
        return
    with database.transaction() as tx:
        _make_due(tx, [claim.id for claim in claims], due_at=now)


def retry_or_park(database: Database, retries: Sequence[Retry]) -> None:
    """Counts an attempt of each rejected message and backs it off or parks it, unless it was enqueued again."""
    if not retries:
        return
    with database.transaction():
        for retry in retries:
            state = MessageState.DUE if retry.due_at else MessageState.PARKED
            due_at = f"{instant_mark(database)}" if retry.due_at else "due_at"
            instant = [instant_text(retry.due_at)] if retry.due_at else []
            # The text came from another silo, and PostgreSQL stores no NUL.
            error = f"{retry.rejection.reason}: {retry.rejection.message}".replace("\0", "\N{REPLACEMENT CHARACTER}")
            database.rows(
                f"UPDATE outbox SET state = '{state}', attempts = attempts + 1, last_error = ?, due_at = {due_at} "
                f"WHERE id IN (SELECT id FROM outbox WHERE id = ? AND generation = ? {unheld_clause(database)})",
                (error, *instant, retry.claim.id, retry.claim.generation),
            )


def _delete_unchanged(tx: Transaction, claims: Sequence[Claim]) -> set[int]:
    if tx.database.dialect is Dialect.POSTGRESQL:
        statement = f"""
            WITH done AS MATERIALIZED (
                SELECT id FROM outbox JOIN unnest(?::bigint[], ?::bigint[]) AS delivered (id, generation)
                USING (id, generation) {unheld_clause(tx.database, of="outbox")})
            DELETE FROM outbox USING done WHERE outbox.id = done.id RETURNING outbox.id"""
        values: list[Any] = [[c.id for c in claims], [c.generation for c in claims]]
    else:
        pairs = [(c.id, c.generation) for c in claims]
        statement = f"DELETE FROM outbox WHERE (id, generation) IN (VALUES {row_marks(pairs)}) RETURNING id"
        values = [value for pair in pairs for value in pair]
    return {message_id for (message_id,) in tx.database.rows(statement, values)}


def _make_due(tx: Transaction, ids: Sequence[int], *, due_at: datetime, enqueued_at: datetime | None = None) -> None:
    instant = instant_mark(tx.database)
    since = f", enqueued_at = {instant}" if enqueued_at else ""
    values = [instant_text(due_at), *([instant_text(enqueued_at)] if enqueued_at else [])]
    wanted, keys = among(tx.database, ids)
    statement = f"""
        WITH free AS MATERIALIZED (
            SELECT id FROM outbox WHERE state = '{MessageState.DUE}' AND id {wanted} {unheld_clause(tx.database)})
        UPDATE outbox SET due_at = {instant}{since} WHERE id IN (SELECT id FROM free)"""
    tx.database.rows(statement, (*keys, *values))
