"""Deliveries: one webhook each, sent or to be sent. Owns their tables and how one comes to be.

A delivery is written in the transaction of what it tells of, with a message in the outbox, so that none is lost and
none tells of what never happened. Its destination is the app, so that no app's deliveries wait for another's.
"""

import secrets
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from enum import StrEnum
from pathlib import Path
from typing import Any

import peewee

from shared.database.columns import IdField, InstantField, JsonField, instant_text
from shared.database.database import Database
from shared.database.locking import unheld_clause
from shared.database.model import Model
from shared.database.schema import Schema
from shared.database.transaction import Transaction
from shared.domain.happening import Happening
from shared.domain.signature import SignedBody
from shared.outbox.enqueue import enqueue_each, forget

CATEGORY = "delivery"
"""In the outbox. No silo replicates deliveries."""
DESTINATION_PREFIX = "app:"
"""Before an app's id: a destination in the outbox that is no silo. No silo's name has a colon."""
# Longer than the last attempt may be away, by far: what is cleared away can be redelivered by nobody.
EXPIRY_DAYS = 30
# Of each app: one that is told much does not clear away what others were told.
MAX_DELIVERIES = 1000
"""Deliveries of one app that are kept once they are not pending any more."""
_CLEARED_PER_WRITE = 50
_WRITTEN_AT_ONCE = 500
"""Deliveries in one statement, whose parameters a database bounds."""


class DeliveryState(StrEnum):
    """Where a delivery stands."""

    PENDING = "pending"
    """To be sent, or to be sent again."""
    DELIVERED = "delivered"
    """The app has answered, with whatever status is final."""
    PARKED = "parked"
    """Given up; it can be redelivered."""


class Delivery(Model):
    """One webhook to one installation."""

    id = IdField()
    request_id = peewee.TextField(unique=True)
    """32 hex characters; the same in every attempt, so that a receiver knows a webhook again."""
    sentry_app_id = peewee.BigIntegerField()
    installation_id = peewee.BigIntegerField()
    organization_id = peewee.BigIntegerField()
    event = peewee.TextField()
    """``resource.action``."""
    state = peewee.TextField()
    subject = JsonField(null=True)
    """The ``Happening`` that the body is made of at the first attempt; null when the body was there from the start."""
    body = peewee.TextField(null=True)
    """The JSON that is sent, the same in every attempt; null until it was made."""
    # Kept and not the secret: a copy of the database signs nothing with it but this one body.
    hook_signature = peewee.TextField(null=True)
    """Signatures made beforehand, for an app whose secret may be gone when it is told; null: none."""
    app_signature = peewee.TextField(null=True)
    created_at = InstantField(index=True)

    class Meta:
        indexes = ((("sentry_app_id", "id"), False),)


class DeliveryAttempt(Model):
    """One call of a delivery, and what came back."""

    id = IdField()
    delivery = peewee.ForeignKeyField(Delivery, backref="attempts", on_delete="CASCADE")
    delivery_id: int
    started_at = InstantField()
    duration_ms = peewee.IntegerField()
    response_code = peewee.IntegerField()
    """HTTP status; 0: there was no answer."""
    error = peewee.TextField(null=True)
    """Why there was none."""
    request_headers = JsonField()
    """Those of the platform; the app's own may be secrets and are kept nowhere else."""
    response_headers = JsonField()
    response_body = peewee.TextField(null=True)
    """Its beginning."""


@dataclass(frozen=True, kw_only=True)
class NewDelivery:
    """What an installation shall be told."""

    sentry_app_id: int
    installation_id: int
    organization_id: int
    event: str
    happening: Happening | None = None
    """What the body will be made of."""
    signed: SignedBody | None = field(default=None, repr=False)
    """The body, where it is known already."""


def destination_of(sentry_app_id: int) -> str:
    """The app's name in the outbox."""
    return f"{DESTINATION_PREFIX}{sentry_app_id}"


def enqueue_deliveries(tx: Transaction, deliveries: Sequence[NewDelivery], *, now: datetime) -> None:
    """Writes deliveries in the caller's transaction; they are sent after its commit."""
    for some in peewee.chunked(deliveries, _WRITTEN_AT_ONCE):
        # The app comes back with each id: no engine promises rows in the order in which they were given.
        written = Delivery.insert_many([_row(new, now) for new in some]).returning(Delivery.id, Delivery.sentry_app_id)
        messages = [(destination_of(row.sentry_app_id), row.id) for row in written.execute()]
        enqueue_each(tx, CATEGORY, messages)


def _row(new: NewDelivery, now: datetime) -> dict[str, Any]:
    return {
        # Made here and not at the attempt: a receiver that is told twice must know the webhook again.
        "request_id": secrets.token_hex(16),
        "sentry_app_id": new.sentry_app_id,
        "installation_id": new.installation_id,
        "organization_id": new.organization_id,
        "event": new.event,
        "state": DeliveryState.PENDING,
        "subject": new.happening.as_json() if new.happening else None,
        "body": new.signed.body.decode("ascii") if new.signed else None,
        "hook_signature": new.signed.hook_signature if new.signed else None,
        "app_signature": new.signed.app_signature if new.signed else None,
        "created_at": now,
    }


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
            "RETURNING id, sentry_app_id",
            (value,),
        )
        for delivery_id, app_id in deleted:
            forget(tx, CATEGORY, delivery_id, destination=destination_of(app_id))


SCHEMA = Schema(Path(__file__).parent / "migrations", "schema_migration_webhooks")


def migrate_webhooks(database: Database) -> list[str]:
    """Brings the deliveries' tables up to date; answers the names of what was applied."""
    return SCHEMA.migrate(database)
