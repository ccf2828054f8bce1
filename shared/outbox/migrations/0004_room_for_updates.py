"""Pages of editions keep room, so that PostgreSQL writes a newer version beside the old one and touches no index."""

import peewee
from playhouse.migrate import SchemaMigrator

_TABLES = ("edition",)


def up(migrator: SchemaMigrator, db: peewee.Database) -> None:
    if isinstance(db, peewee.PostgresqlDatabase):
        migrator.migrate(*(migrator.sql(f"ALTER TABLE {table} SET (fillfactor = 80)") for table in _TABLES))
