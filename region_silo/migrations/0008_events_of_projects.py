"""Finds the newest events of a project."""

import peewee
from playhouse.migrate import SchemaMigrator


def up(migrator: SchemaMigrator, db: peewee.Database) -> None:
    migrator.migrate(migrator.add_index("event", ("project_id", "occurred_at", "id")))
