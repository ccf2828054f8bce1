"""Versions of organizations move into editions, whose states are made when all migrations are applied."""

import peewee
from playhouse.migrate import SchemaMigrator

_CARRIED = """
INSERT INTO edition (category, object_id, version, schema, state, checksum, holders)
SELECT 'organization', id, version, 0, NULL, {empty}, '' FROM organization
WHERE true ON CONFLICT DO NOTHING"""
_INTEREST = """
CREATE VIEW interest (category, object_id, destination) AS
SELECT 'organization', id, 'control' FROM organization"""


def up(migrator: SchemaMigrator, db: peewee.Database) -> None:
    empty = "x''" if isinstance(db, peewee.SqliteDatabase) else "''::bytea"
    migrator.migrate(
        migrator.sql(_CARRIED.format(empty=empty)),
        migrator.sql("ALTER TABLE organization DROP COLUMN version"),
        migrator.sql(_INTEREST),
    )
