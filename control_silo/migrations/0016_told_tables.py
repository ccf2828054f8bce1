"""PostgreSQL tells of each change of what an app is shown of, so that every process knows what it kept of it.

A statement tells, and not a row: a notification that is sent twice in a transaction arrives once.
"""

import peewee
from playhouse.migrate import SchemaMigrator

_TABLES = (
    *("sentry_app", "api_application", "organization_replica", "overall_health"),
    *("integration_feature", "sentry_app_avatar"),
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
