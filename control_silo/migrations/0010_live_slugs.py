"""The slug of a live organization is one of its own, and the one that was reserved for it.

Where two have the same, the older keeps it; the younger, which a region named so by itself, is what is reserved for it
again, or gone.
"""

import peewee
from playhouse.migrate import SchemaMigrator

_RESERVED = """
UPDATE organization_replica SET slug = (
    SELECT slug FROM organization_reservation AS reserved WHERE reserved.id = organization_replica.id)
WHERE NOT tombstone AND id IN (SELECT id FROM organization_reservation)"""
_OLDEST = """
UPDATE organization_replica SET tombstone = TRUE
WHERE NOT tombstone AND EXISTS (
    SELECT 1 FROM organization_replica AS older
    WHERE older.slug = organization_replica.slug AND NOT older.tombstone AND older.id < organization_replica.id)"""
_UNIQUE = "CREATE UNIQUE INDEX organization_replica_live_slug ON organization_replica (slug) WHERE NOT tombstone"


def up(migrator: SchemaMigrator, db: peewee.Database) -> None:
    migrator.migrate(migrator.sql(_RESERVED), migrator.sql(_OLDEST), migrator.sql(_UNIQUE))
