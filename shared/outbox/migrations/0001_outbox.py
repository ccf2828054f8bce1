"""The outbox and what is seen of its destinations."""

import peewee
from playhouse.migrate import SchemaMigrator

from shared.database.columns import IdField, InstantField


def up(migrator: SchemaMigrator, db: peewee.Database) -> None:
    class OutboxMessage(peewee.Model):
        id = IdField()
        destination = peewee.TextField()
        category = peewee.TextField()
        object_id = peewee.BigIntegerField()
        generation = peewee.BigIntegerField()
        state = peewee.TextField()
        attempts = peewee.IntegerField()
        due_at = InstantField()
        enqueued_at = InstantField()
        last_error = peewee.TextField(null=True)

        class Meta:
            database = db
            table_name = "outbox"
            indexes = ((("destination", "category", "object_id"), True), (("destination", "state", "due_at"), False))

    class OutboxDestination(peewee.Model):
        destination = peewee.TextField(primary_key=True)
        breaker = peewee.TextField()
        lag_p50_seconds = peewee.DoubleField(null=True)
        lag_p99_seconds = peewee.DoubleField(null=True)
        last_error = peewee.TextField(null=True)
        seen_at = InstantField()

        class Meta:
            database = db
            table_name = "outbox_destination"

    db.create_tables([OutboxMessage, OutboxDestination])
