"""What stays behind: the audit log."""

import peewee

from shared.database.columns import IdField, InstantField, JsonField
from shared.database.model import Model


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
