"""Alert rules of metrics, and what they have counted."""

import peewee
from playhouse.migrate import SchemaMigrator

from shared.database.columns import IdField, InstantField, JsonField


def up(migrator: SchemaMigrator, db: peewee.Database) -> None:
    class MetricRule(peewee.Model):
        id = IdField()
        organization_id = peewee.BigIntegerField(index=True)
        project_id = peewee.BigIntegerField(index=True)
        name = peewee.TextField()
        window_minutes = peewee.IntegerField()
        resolve_threshold = peewee.IntegerField(null=True)
        triggers = JsonField()
        created_by_id = peewee.BigIntegerField(null=True)
        created_at = InstantField()
        changed_at = InstantField()
        status = peewee.SmallIntegerField(default=0)
        incident_id = peewee.BigIntegerField(null=True)
        began_at = InstantField(null=True)
        told = JsonField(default=list)

        class Meta:
            database = db
            table_name = "metric_rule"

    class MetricCount(peewee.Model):
        rule_id = peewee.BigIntegerField()
        minute = peewee.BigIntegerField()
        events = peewee.BigIntegerField()

        class Meta:
            database = db
            table_name = "metric_count"
            primary_key = peewee.CompositeKey("rule_id", "minute")

    db.create_tables([MetricRule, MetricCount])
