"""What others may know of each object that this silo owns."""

import peewee
from playhouse.migrate import SchemaMigrator

from shared.database.columns import BytesField


def up(migrator: SchemaMigrator, db: peewee.Database) -> None:
    class Edition(peewee.Model):
        category = peewee.TextField()
        object_id = peewee.BigIntegerField()
        version = peewee.BigIntegerField()
        schema = peewee.IntegerField()
        state = BytesField(null=True)
        checksum = BytesField()
        holders = peewee.TextField()

        class Meta:
            database = db
            primary_key = peewee.CompositeKey("category", "object_id")

    db.create_tables([Edition])
