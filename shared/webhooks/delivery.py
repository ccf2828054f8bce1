"""Deliveries: one webhook each, sent or to be sent. Owns their tables, and what there is room for."""

from collections.abc import Collection
from enum import StrEnum
from pathlib import Path

import peewee

from shared.database.columns import IdField, InstantField, JsonField
from shared.database.database import Database
from shared.database.model import Model
from shared.database.schema import Schema
from shared.domain.webhook import webhook_body
from shared.wake import APP_PREFIX

CATEGORY = "delivery"
"""In the outbox. No silo replicates deliveries."""


class DeliveryState(StrEnum):
    """Where a delivery stands."""

    PENDING = "pending"
    """To be sent, or to be sent again."""
    DELIVERED = "delivered"
    """The app has answered, with whatever status is final."""
    PARKED = "parked"
    """Given up; it can be redelivered."""


class DeliveryContent(Model):
    """What a webhook says, whoever is told: kept once for all deliveries of one happening that say the same."""

    id = IdField()
    text = peewee.TextField()
    """A ``webhook_content``. May be a megabyte, which PostgreSQL keeps packed and beside the row."""

    class Meta:
        table_name = "delivery_content"


class Delivery(Model):
    """One webhook to one installation."""

    id = IdField()
    """Grows along an issue in the order of the commits: whoever writes one holds the issue's row."""
    request_id = peewee.TextField(unique=True)
    """32 hex characters; the same in every attempt, so that a receiver knows a webhook again."""
    sentry_app_id = peewee.BigIntegerField()
    installation_id = peewee.BigIntegerField()
    installation_uuid = peewee.TextField(null=True)
    """Null: the body says it."""
    organization_id = peewee.BigIntegerField()
    issue_id = peewee.BigIntegerField(null=True)
    """The issue that it tells of; null: none."""
    event = peewee.TextField()
    """``resource.action``."""
    state = peewee.TextField()
    attempt_count = peewee.IntegerField(default=0)
    """Calls that were made, also those whose record there was no room for."""
    next_attempt_at = InstantField(null=True)
    """When it is tried next, at the earliest; null: not by itself."""
    content_id = peewee.BigIntegerField(null=True)
    """What is said; null: the body is here."""
    subject = JsonField(null=True)
    """Only of a delivery of an earlier release: the ``Happening`` that its body is made of at the first attempt."""
    asked_path = peewee.TextField(null=True)
    """What of the app's own address is called, behind the host, to ask it something; null: it is told a webhook."""
    body = peewee.TextField(null=True)
    """The JSON that is sent, where it is this delivery's alone; empty: a GET has none."""
    # Kept and not the secret: a copy of the database signs nothing with it but this one body.
    hook_signature = peewee.TextField(null=True)
    """Signatures made beforehand, for an app whose secret may be gone when it is told; null: none."""
    app_signature = peewee.TextField(null=True)
    created_at = InstantField(index=True)
    written_in = peewee.BigIntegerField()
    """Number of the transaction that made it due; filled in by the database, where it is made. See ``feed``."""

    class Meta:
        # By app for lists, in the order of commits for listeners, along an issue for who is told first, by content for
        # what may be cleared.
        indexes = (
            (("sentry_app_id", "id"), False),
            (("sentry_app_id", "written_in", "id"), False),
            (("installation_id", "issue_id", "id"), False),
            (("content_id",), False),
        )


class DeliveryAttempt(Model):
    """One call of a delivery, and what came back."""

    id = IdField()
    # Deleted with its delivery, by the database: clearing is one statement.
    delivery = peewee.ForeignKeyField(Delivery, backref="attempts", on_delete="CASCADE")
    delivery_id: int
    started_at = InstantField()
    duration_ms = peewee.IntegerField()
    response_code = peewee.IntegerField()
    """HTTP status; 0: there was no answer."""
    error = peewee.TextField(null=True)
    """Why there was none."""
    remark = peewee.TextField(null=True)
    """What else is to be said of the answer."""
    request_headers = JsonField()
    """Those of the platform; the app's own may be secrets and are kept nowhere else."""
    response_headers = JsonField()
    response_body = peewee.TextField(null=True)
    """Its beginning."""


def destination_of(sentry_app_id: int) -> str:
    """The app's name in the outbox."""
    return f"{APP_PREFIX}{sentry_app_id}"


def app_id_of(destination: str) -> int:
    """The inverse of ``destination_of``."""
    return int(destination.removeprefix(APP_PREFIX))


def fill_bodies(deliveries: Collection[Delivery], *, max_characters: int | None = None) -> None:
    """Gives each delivery that shares its content with others its own body. Needs a session; writes nothing.

    Args:
        deliveries: as they were read.
        max_characters: of each content at most; None for all of it.
    """
    ids = {each.content_id for each in deliveries if each.content_id is not None}
    # Cut by the database, so that a page of long bodies is never read whole.
    text = DeliveryContent.text if max_characters is None else peewee.fn.SUBSTR(DeliveryContent.text, 1, max_characters)
    found = DeliveryContent.select(DeliveryContent.id, text.alias("text")).where(DeliveryContent.id.in_(ids))
    texts = {content.id: content.text for content in found}
    for each in deliveries:
        if each.content_id in texts:
            uuid = each.installation_uuid or ""
            # The one part that differs between installations is put around what they share.
            each.body = webhook_body(each.event, installation_uuid=uuid, content=texts[each.content_id])


SCHEMA = Schema(Path(__file__).parent / "migrations", "schema_migration_webhooks")


def migrate_webhooks(database: Database) -> list[str]:
    """Brings the deliveries' tables up to date; answers the names of what was applied."""
    return SCHEMA.migrate(database)
