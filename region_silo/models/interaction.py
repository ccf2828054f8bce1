"""How often people looked at apps and used their components, by the hour."""

import peewee

from shared.database.model import Model


class InteractionHour(Model):
    """One count. There is no row for an hour in which nothing happened."""

    tsdb_field = peewee.TextField()
    """``sentry_app_viewed`` or ``sentry_app_component_interacted``."""
    subject = peewee.TextField()
    """The app's id, or ``<slug>:<type>`` of a component."""
    hour_at = peewee.BigIntegerField()
    """Start of the hour, in Unix seconds."""
    count = peewee.BigIntegerField()

    class Meta:
        primary_key = peewee.CompositeKey("tsdb_field", "subject", "hour_at")
