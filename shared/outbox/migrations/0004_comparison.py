"""What comparing in the background came to, for each destination."""

import peewee
from playhouse.migrate import SchemaMigrator

from shared.database.columns import InstantField


def up(migrator: SchemaMigrator, db: peewee.Database) -> None:
    class OutboxComparison(peewee.Model):
        destination = peewee.TextField(primary_key=True)
        wanted_at = InstantField(null=True)
        begun_at = InstantField(null=True)
        compared_at = InstantField(null=True)
        rounds = peewee.BigIntegerField()
        objects = peewee.BigIntegerField()
        missing = peewee.BigIntegerField()
        behind = peewee.BigIntegerField()
        ahead = peewee.BigIntegerField()
        altered = peewee.BigIntegerField()
        left_over = peewee.BigIntegerField()
        mended = peewee.BigIntegerField()
        unmended = peewee.BigIntegerField()

        class Meta:
            database = db
            table_name = "outbox_comparison"

    db.create_tables([OutboxComparison])
