"""What stays behind: tombstones of deleted rows, and the audit log."""

import peewee

from shared.database.columns import IdField, InstantField, JsonField
from shared.database.model import Model


class Tombstone(Model):
    """The last version of an object whose row is gone.

    Apps and installations keep their rows; one has a tombstone only if a region held it after control had lost it.
    """

    id = IdField()
    category = peewee.TextField()
    object_id = peewee.BigIntegerField()
    version = peewee.BigIntegerField()
    destination = peewee.TextField()
    """A silo that holds the replica, or held it."""

    class Meta:
        indexes = ((("category", "object_id"), True),)


class AuditLogEntry(Model):
    """One operation that someone carried out in an organization."""

    id = IdField()
    organization_id = peewee.BigIntegerField(index=True)
    event = peewee.TextField()
    """Named as the original prints it: ``sentry-app.add`` …"""
    actor_id = peewee.BigIntegerField(null=True)
    actor_label = peewee.TextField(null=True)
    target_id = peewee.BigIntegerField(null=True)
    data = JsonField(default=dict)
    created_at = InstantField()

    class Meta:
        indexes = ((("organization_id", "id"), False),)
