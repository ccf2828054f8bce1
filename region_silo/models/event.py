"""Events: one occurrence each, as the software that was monitored sent it."""

import peewee

from shared.database.columns import IdField, InstantField, JsonField
from shared.database.model import Model


class Event(Model):
    """An event, stored once however often it was sent."""

    id = IdField()
    project_id = peewee.BigIntegerField()
    event_id = peewee.TextField()
    """32 hex characters, made by the sender; unique in the project."""
    issue_id = peewee.BigIntegerField()
    occurred_at = InstantField()
    received_at = InstantField()
    size = peewee.IntegerField()
    """Bytes of the event as it was sent, uncompressed."""
    outline = JsonField()
    """What a list shows of it, so that a list reads no payload: an ``events.outline.EventOutline``."""
    payload = JsonField()
    """The whole event, in the one shape that ``events.normalize`` gives it."""

    class Meta:
        indexes = (
            (("project_id", "event_id"), True),
            (("issue_id", "occurred_at", "id"), False),
            (("project_id", "occurred_at", "id"), False),
        )
