"""What operators do to an outbox: look at parked messages, retry or discard them, pause and resume a destination.

Parked messages alone are retried and discarded: those that are due are a worker's, which may be delivering them now.
One that a writer holds is passed over; it is about to be due.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime

import peewee

from shared.database.locking import unheld
from shared.database.statement import now
from shared.database.transaction import Transaction
from shared.errors import FieldMissing
from shared.outbox.enqueue import announce_due
from shared.outbox.message import MessageState, OutboxMessage, OutboxPause


@dataclass(frozen=True, kw_only=True)
class ParkedFilter:
    """Which parked messages are meant; an empty name means any."""

    destination: str = ""
    category: str = ""
    object_id: int | None = None

    def __post_init__(self) -> None:
        if self.object_id is not None and not self.category:
            raise FieldMissing.at("filter.category", "an object is named by its category and its id.")

    def condition(self) -> peewee.Expression:
        wanted = OutboxMessage.state == MessageState.PARKED
        if self.destination:
            wanted &= OutboxMessage.destination == self.destination
        if self.category:
            wanted &= OutboxMessage.category == self.category
        if self.object_id is not None:
            wanted &= OutboxMessage.object_id == self.object_id
        return wanted


def list_parked(wanted: ParkedFilter, *, after_id: int, limit: int) -> list[OutboxMessage]:
    """Parked messages in the order of their ids. Needs a session.

    Args:
        wanted: which.
        after_id: only those with a greater id.
        limit: how many at most.
    """
    # By id and not by offset: what is retried between two pages moves nothing out of sight.
    following = wanted.condition() & (OutboxMessage.id > after_id)
    return list(OutboxMessage.select().where(following).order_by(OutboxMessage.id).limit(limit))


def retry_parked(tx: Transaction, wanted: ParkedFilter) -> list[tuple[str, int]]:
    """Makes parked messages of a destination due at once, as a new write of their objects would.

    Their generation grows, so that a call that was under way all the while does not count against them.

    Returns:
        Category and object id of each.
    """
    at = peewee.SQL(now(tx.database))
    afresh = {"state": MessageState.DUE, "attempts": 0, "due_at": at, "leased_until": None, "enqueued_at": at}
    retried = (
        OutboxMessage.update(generation=OutboxMessage.generation + 1, **afresh)
        .where(OutboxMessage.id.in_(_free(tx, wanted)))
        .returning(OutboxMessage.category, OutboxMessage.object_id)
    )
    found = [(row.category, row.object_id) for row in retried.execute()]
    # Whoever retries looks at the answer: a worker is woken and does not find it by its poll.
    announce_due(tx, wanted.destination)
    return found


def discard_parked(tx: Transaction, wanted: ParkedFilter) -> int:
    """Deletes parked messages of a destination and answers how many."""
    return int(OutboxMessage.delete().where(OutboxMessage.id.in_(_free(tx, wanted))).execute())


def pause(tx: Transaction, destination: str) -> None:
    """Lets no worker claim for a destination from this commit on; one that is paused stays so since when it was."""
    row = OutboxPause.insert(destination=destination, paused_at=peewee.SQL(now(tx.database)))
    # The first pause counts, by which an operator sees since when.
    row.on_conflict(conflict_target=[OutboxPause.destination], action="IGNORE").execute()


def resume(tx: Transaction, destination: str) -> None:
    """Ends a pause; none is fine."""
    OutboxPause.delete().where(OutboxPause.destination == destination).execute()
    announce_due(tx, destination)


def forget_destination(tx: Transaction, destination: str) -> None:
    """Takes away all that there is of a destination: its messages, its pause, and what was seen of it."""
    for table in ("outbox", "outbox_pause", "outbox_destination", "outbox_comparison"):
        tx.database.rows(f"DELETE FROM {table} WHERE destination = ?", (destination,))
    # Who holds an object is told of its next edition, too.
    tx.database.rows(
        "UPDATE edition SET holders = trim(replace(' ' || holders || ' ', ?, ' ')) WHERE ' ' || holders || ' ' LIKE ?",
        (f" {destination} ", f"% {destination} %"),
    )


def read_pauses() -> Mapping[str, datetime]:
    """Since when each paused destination is. Needs a session."""
    return {row.destination: row.paused_at for row in OutboxPause.select()}


def _free(tx: Transaction, wanted: ParkedFilter) -> peewee.Query:
    if not wanted.destination:
        raise FieldMissing.at("filter.destination", "one is required.")
    ids = OutboxMessage.select(OutboxMessage.id).where(wanted.condition())
    return unheld(tx, ids)
