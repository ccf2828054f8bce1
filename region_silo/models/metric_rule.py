"""Alert rules of metrics: how many events of a project are too many, whether they are now, and how many there were."""

import peewee

from shared.database.columns import IdField, InstantField, JsonField
from shared.database.model import Model


class MetricRule(Model):
    """A rule, and the incident that it is in."""

    id = IdField()
    organization_id = peewee.BigIntegerField(index=True)
    project_id = peewee.BigIntegerField(index=True)
    name = peewee.TextField()
    window_minutes = peewee.IntegerField()
    """Events of so many minutes are counted together, the one that has begun included."""
    resolve_threshold = peewee.IntegerField(null=True)
    """So many events or fewer are fine again; null: as many as the lowest threshold allows."""
    triggers = JsonField()
    """``critical`` and, if need be, ``warning``, with ``label``, ``alert_threshold`` and ``actions``, which have
    ``installation_uuid``, ``sentry_app_id``, ``settings`` and ``has_form``."""
    created_by_id = peewee.BigIntegerField(null=True)
    created_at = InstantField()
    changed_at = InstantField()
    status = peewee.SmallIntegerField(default=0)
    """A ``metric_alert.Level``; above 0 there is an incident."""
    incident_id = peewee.BigIntegerField(null=True)
    """That of the last incident; null: there was none."""
    began_at = InstantField(null=True)
    """When the last incident began."""
    told = JsonField(default=list)
    """Uuids of the installations that were told of the incident, and are told when it is over."""

    class Meta:
        table_name = "metric_rule"


class MetricCount(Model):
    """How many events a rule has counted in a minute."""

    rule_id = peewee.BigIntegerField()
    minute = peewee.BigIntegerField()
    """Minutes since 1970."""
    events = peewee.BigIntegerField()

    class Meta:
        table_name = "metric_count"
        primary_key = peewee.CompositeKey("rule_id", "minute")
