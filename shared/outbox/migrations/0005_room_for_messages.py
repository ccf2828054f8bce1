"""Pages of messages keep room: one that is due and enqueued again is counted up beside itself and touches no index."""

import peewee
from playhouse.migrate import SchemaMigrator


def up(migrator: SchemaMigrator, db: peewee.Database) -> None:
    if isinstance(db, peewee.PostgresqlDatabase):
        migrator.migrate(migrator.sql("ALTER TABLE outbox SET (fillfactor = 80)"))
