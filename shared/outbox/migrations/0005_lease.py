"""A message has its lease in a column of no index, and its page room for a second version of every row.

A claim then writes rows alone, each beside itself; three entries of indexes were most of what a claim took PostgreSQL.
"""

import peewee
from playhouse.migrate import SchemaMigrator

from shared.database.columns import InstantField


def up(migrator: SchemaMigrator, db: peewee.Database) -> None:
    migrator.migrate(migrator.add_column("outbox", "leased_until", InstantField(null=True)))
    if isinstance(db, peewee.PostgresqlDatabase):
        migrator.migrate(migrator.sql("ALTER TABLE outbox SET (fillfactor = 45)"))
