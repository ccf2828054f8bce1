"""Forgets the activities that only repeated events."""

import peewee
from playhouse.migrate import SchemaMigrator


def up(migrator: SchemaMigrator, db: peewee.Database) -> None:
    db.execute_sql("DELETE FROM activity WHERE kind = 'error.created'")  # type: ignore[no-untyped-call]
