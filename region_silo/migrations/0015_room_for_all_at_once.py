"""Pages of replicas keep room for a second version of every row, and not of a few.

An upgrade or a repair sends everything that there is. With a fifth of each page left three of four rows went to other
pages, with an entry in every index, and the tables grew beyond what they take now.
"""

import peewee
from playhouse.migrate import SchemaMigrator

_TABLES = ("app_replica", "credential_replica", "installation_replica", "token_replica", "component_replica")


def up(migrator: SchemaMigrator, db: peewee.Database) -> None:
    if isinstance(db, peewee.PostgresqlDatabase):
        migrator.migrate(*(migrator.sql(f"ALTER TABLE {table} SET (fillfactor = 45)") for table in _TABLES))
