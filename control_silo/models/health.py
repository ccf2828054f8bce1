"""How well apps take what they are sent: as each silo says it, over all silos, and what owners are told of it."""

import peewee

from shared.database.columns import IdField, InstantField
from shared.database.model import Model


class HealthReported(Model):
    """How far a silo has reported; control reports to itself as regions do."""

    silo = peewee.TextField(primary_key=True)
    revision = peewee.BigIntegerField()
    """That of its last report: an older one that arrives later says nothing any more."""

    class Meta:
        table_name = "health_report"


class ReportedHealth(Model):
    """What is wrong with an app, as a silo says it."""

    silo = peewee.TextField()
    sentry_app_id = peewee.BigIntegerField(index=True)
    circuit_opened_at = InstantField(null=True)
    parked_at = InstantField(null=True)

    class Meta:
        table_name = "reported_health"
        primary_key = peewee.CompositeKey("silo", "sentry_app_id")


class OverallHealth(Model):
    """What is wrong with an app anywhere, and what its owner was told."""

    sentry_app_id = peewee.BigIntegerField(primary_key=True)
    circuit_opened_at = InstantField(null=True)
    """The earliest of all silos."""
    parked_at = InstantField(null=True)
    """Likewise."""
    circuit_told_at = InstantField(null=True)
    """When its owner was told last of an open circuit."""
    parked_told_at = InstantField(null=True)
    """When its owner was told last that a delivery was given up."""
    owes_good_news = peewee.BooleanField(default=False)
    """Whether its owner was told of trouble, and not yet that it is over."""

    class Meta:
        table_name = "overall_health"


class OwnerNotice(Model):
    """A mail to an app's owner that is to be sent."""

    id = IdField()
    sentry_app_id = peewee.BigIntegerField()
    notice = peewee.TextField()
    """A ``Notice``."""
    happened_at = InstantField()

    class Meta:
        table_name = "owner_notice"
