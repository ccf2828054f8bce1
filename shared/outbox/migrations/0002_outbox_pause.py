"""Destinations that an operator has paused."""

import peewee
from playhouse.migrate import SchemaMigrator

from shared.database.columns import InstantField


def up(migrator: SchemaMigrator, db: peewee.Database) -> None:
    class OutboxPause(peewee.Model):
        destination = peewee.TextField(primary_key=True)
        paused_at = InstantField()

        class Meta:
            database = db
            table_name = "outbox_pause"

    db.create_tables([OutboxPause])
