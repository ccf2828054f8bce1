"""PostgreSQL tells of each change of what regions answer reads from, so that every process knows what it kept of them.

A statement tells, and not a row: a notification that is sent twice in a transaction arrives once.
"""

import peewee
from playhouse.migrate import SchemaMigrator

_TABLES = (
    *("app_replica", "credential_replica", "component_replica", "installation_replica", "token_replica"),
    "organization",
)
_FUNCTION = """
CREATE FUNCTION silo_tell() RETURNS trigger LANGUAGE plpgsql AS
$$ BEGIN PERFORM pg_notify('silo_tables', ''); RETURN NULL; END $$"""
_TRIGGER = """
CREATE TRIGGER silo_tell AFTER INSERT OR UPDATE OR DELETE OR TRUNCATE ON {table}
FOR EACH STATEMENT EXECUTE FUNCTION silo_tell()"""


def up(migrator: SchemaMigrator, db: peewee.Database) -> None:
    if isinstance(db, peewee.PostgresqlDatabase):
        migrator.migrate(migrator.sql(_FUNCTION), *(migrator.sql(_TRIGGER.format(table=table)) for table in _TABLES))
