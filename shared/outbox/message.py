"""The outbox's tables and values, the same in every silo. Owns their shape; refuses to know what a category means."""

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from pathlib import Path
from typing import NamedTuple

import peewee

from shared.database.columns import IdField, InstantField
from shared.database.database import Database
from shared.database.model import Model
from shared.database.schema import Schema

MAX_ERROR_CHARACTERS = 1000
"""What is kept of the reason that another silo gives."""


class MessageState(StrEnum):
    """Where a message stands."""

    DUE = "due"
    """Waits for its ``due_at``: at once when new, later when backing off. Leased, it waits for its delivery."""
    PARKED = "parked"
    """Set aside: it was rejected for good. A new write of its object makes it due again."""
    AWAITING_UPGRADE = "awaiting_upgrade"
    """Set aside until the destination is of a release that knows its category. Nobody has to do anything about it."""


class OutboxMessage(Model):
    """One row per ``(destination, category, object_id)``, however often the object was written."""

    id = IdField()
    destination = peewee.TextField()
    category = peewee.TextField()
    object_id = peewee.BigIntegerField()
    generation = peewee.BigIntegerField()
    """Grows with every enqueue. Acknowledging deletes the row only while this is what was claimed."""
    state = peewee.TextField()
    attempts = peewee.IntegerField()
    """Rejections so far; a destination that is away costs none."""
    due_at = InstantField()
    """By the database's clock; not to be claimed before."""
    leased_until = InstantField(null=True)
    """A claim is a lease: nobody else claims the message before. Not in ``due_at``, which is in an index: so PostgreSQL
    writes nothing but the row, beside itself."""
    enqueued_at = InstantField()
    """Since when the destination lacks something; lag is counted from here."""
    last_error = peewee.TextField(null=True)

    class Meta:
        table_name = "outbox"
        # The first is what makes a message a dirty key; by the second a lane finds what is due without looking at what
        # is not.
        indexes = ((("destination", "category", "object_id"), True), (("destination", "state", "due_at"), False))


class OutboxDestination(Model):
    """What the worker last saw of a destination; written about once a second while it has anything to say."""

    destination = peewee.TextField(primary_key=True)
    breaker = peewee.TextField()
    lag_p50_seconds = peewee.DoubleField(null=True)
    lag_p99_seconds = peewee.DoubleField(null=True)
    last_error = peewee.TextField(null=True)
    seen_at = InstantField()

    class Meta:
        table_name = "outbox_destination"


class OutboxPause(Model):
    """A destination that an operator has paused: while the row is there, nothing is claimed for it."""

    destination = peewee.TextField(primary_key=True)
    paused_at = InstantField()

    class Meta:
        table_name = "outbox_pause"


class OutboxComparison(Model):
    """What comparing a destination in the background came to. Counts are of all time, unless they say otherwise."""

    destination = peewee.TextField(primary_key=True)
    wanted_at = InstantField(null=True)
    """Since when a comparison is wanted that is not due yet; null: none is."""
    begun_at = InstantField(null=True)
    """When the last one began, whether or not it came to its end."""
    compared_at = InstantField(null=True)
    """When the last one that came to its end did so."""
    rounds = peewee.BigIntegerField()
    """Comparisons that came to their end."""
    objects = peewee.BigIntegerField()
    """At the last one, what the destination should hold."""
    missing = peewee.BigIntegerField()
    behind = peewee.BigIntegerField()
    ahead = peewee.BigIntegerField()
    altered = peewee.BigIntegerField()
    left_over = peewee.BigIntegerField()
    mended = peewee.BigIntegerField()
    unmended = peewee.BigIntegerField()
    """At the last one, differences that this silo cannot mend."""

    class Meta:
        table_name = "outbox_comparison"


class Claim(NamedTuple):
    """A leased message: this worker may deliver it until the lease ends. Both instants are of the database's clock."""

    id: int
    category: str
    object_id: int
    generation: int
    attempts: int
    enqueued_at: datetime
    claimed_at: datetime


@dataclass(frozen=True)
class Rejection:
    """The destination took the call but not this object."""

    reason: str
    message: str
    permanent: bool


def kept_error(reason: str, message: str) -> str:
    """What is kept of why another silo said no: its text may be of any length, and PostgreSQL stores no NUL."""
    return f"{reason}: {message}"[:MAX_ERROR_CHARACTERS].replace("\0", "\N{REPLACEMENT CHARACTER}")


SCHEMA = Schema(Path(__file__).parent / "migrations", "schema_migration_outbox")


def migrate_outbox(database: Database) -> list[str]:
    """Brings the outbox's tables up to date; answers the names of what was applied."""
    # A history of its own: a silo's migrations and the outbox's are numbered apart, and neither waits for the other.
    return SCHEMA.migrate(database)
