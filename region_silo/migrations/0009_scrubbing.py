"""Lets a project say which secrets are filtered out of its events."""

import peewee
from playhouse.migrate import SchemaMigrator


def up(migrator: SchemaMigrator, db: peewee.Database) -> None:
    migrator.migrate(migrator.add_column("project", "scrubbing", peewee.TextField(null=True)))
