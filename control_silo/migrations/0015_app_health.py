"""How well apps take what they are sent, and mails to their owners about it."""

import peewee
from playhouse.migrate import SchemaMigrator

from shared.database.columns import IdField, InstantField


def up(migrator: SchemaMigrator, db: peewee.Database) -> None:
    class HealthReported(peewee.Model):
        silo = peewee.TextField(primary_key=True)
        revision = peewee.BigIntegerField()

        class Meta:
            database = db
            table_name = "health_report"

    class ReportedHealth(peewee.Model):
        silo = peewee.TextField()
        sentry_app_id = peewee.BigIntegerField(index=True)
        circuit_opened_at = InstantField(null=True)
        parked_at = InstantField(null=True)

        class Meta:
            database = db
            table_name = "reported_health"
            primary_key = peewee.CompositeKey("silo", "sentry_app_id")

    class OverallHealth(peewee.Model):
        sentry_app_id = peewee.BigIntegerField(primary_key=True)
        circuit_opened_at = InstantField(null=True)
        parked_at = InstantField(null=True)
        circuit_told_at = InstantField(null=True)
        parked_told_at = InstantField(null=True)
        owes_good_news = peewee.BooleanField(default=False)

        class Meta:
            database = db
            table_name = "overall_health"

    class OwnerNotice(peewee.Model):
        id = IdField()
        sentry_app_id = peewee.BigIntegerField()
        notice = peewee.TextField()
        happened_at = InstantField()

        class Meta:
            database = db
            table_name = "owner_notice"

    db.create_tables([HealthReported, ReportedHealth, OverallHealth, OwnerNotice])
