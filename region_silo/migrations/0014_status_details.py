"""Lets an issue say until when it has its status, and by what it was resolved."""

import peewee
from playhouse.migrate import SchemaMigrator


def up(migrator: SchemaMigrator, db: peewee.Database) -> None:
    migrator.migrate(migrator.add_column("issue", "status_details", peewee.TextField(null=True)))
