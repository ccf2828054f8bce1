"""What a silo knows of how well apps take what they are sent, and how often that has changed."""

import peewee
from playhouse.migrate import SchemaMigrator

from shared.database.columns import InstantField


def up(migrator: SchemaMigrator, db: peewee.Database) -> None:
    class AppHealth(peewee.Model):
        sentry_app_id = peewee.BigIntegerField(primary_key=True)
        circuit_opened_at = InstantField(null=True)
        parked_at = InstantField(null=True)

        class Meta:
            database = db
            table_name = "app_health"

    class HealthRevision(peewee.Model):
        id = peewee.IntegerField(primary_key=True)
        revision = peewee.BigIntegerField()

        class Meta:
            database = db
            table_name = "app_health_revision"

    db.create_tables([AppHealth, HealthRevision])
    HealthRevision.create(id=1, revision=0)
