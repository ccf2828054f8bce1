"""A number for each region: the last ten bits of the ids that it makes."""

import peewee
from playhouse.migrate import SchemaMigrator


def up(migrator: SchemaMigrator, db: peewee.Database) -> None:
    migrator.migrate(
        migrator.add_column("region", "number", peewee.IntegerField(null=True)),
        migrator.add_index("region", ("number",), unique=True),
    )
