"""The region's number, given by control, and the counters of the ids that it makes from it."""

import peewee
from playhouse.migrate import SchemaMigrator


def up(migrator: SchemaMigrator, db: peewee.Database) -> None:
    class IdCounter(peewee.Model):
        kind = peewee.TextField(primary_key=True)
        last = peewee.BigIntegerField()

        class Meta:
            database = db
            table_name = "id_counter"

    db.create_tables([IdCounter])
    migrator.migrate(
        migrator.add_column("region_identity", "number", peewee.IntegerField(null=True)),
        migrator.add_column("region_identity", "http_address", peewee.TextField(null=True)),
    )
