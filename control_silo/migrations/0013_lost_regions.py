"""What control remembers of a region so that its database may be replaced, and of one that was given up."""

import peewee
from playhouse.migrate import SchemaMigrator


def up(migrator: SchemaMigrator, db: peewee.Database) -> None:
    class RetiredRegion(peewee.Model):
        number = peewee.IntegerField(primary_key=True)
        name = peewee.TextField()

        class Meta:
            database = db
            table_name = "retired_region"

    db.create_tables([RetiredRegion])
    # By hand: SQLite would be made to write the table anew, which views read.
    migrator.migrate(
        migrator.sql("ALTER TABLE region ADD COLUMN is_replaced BOOLEAN NOT NULL DEFAULT FALSE"),
        migrator.sql("ALTER TABLE region ADD COLUMN awaits_organizations BOOLEAN NOT NULL DEFAULT FALSE"),
        migrator.sql("ALTER TABLE region ADD COLUMN counts TEXT NOT NULL DEFAULT '{}'"),
    )
