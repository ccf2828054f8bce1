"""Versions and tombstones move into editions, and replicas of organizations get a checksum.

An edition that is carried over has the version that regions know, and no state yet: it is made when all migrations are
applied, under that version, so that nothing is sent again.
"""

import hashlib

import peewee
from playhouse.migrate import SchemaMigrator

from shared.database.columns import BytesField
from shared.pb.hybridcloud.organizations.v1 import organization_pb2
from shared.pb.hybridcloud.replication.v1 import replica_pb2

_CARRIED = """
INSERT INTO edition (category, object_id, version, schema, state, checksum, holders)
SELECT '{category}', id, version, 0, NULL, {empty}, '' FROM {table}
WHERE true ON CONFLICT DO NOTHING"""
_VERSIONED = {
    "app": "sentry_app",
    "installation": "sentry_app_installation",
    # A person's token is no region's business.
    "token": "(SELECT * FROM api_token WHERE id IN (SELECT token_id FROM installation_token)) AS token",
    "credential": "app_credential",
}
_TOMBSTONES = """
INSERT INTO edition (category, object_id, version, schema, state, checksum, holders)
SELECT category, object_id, version, 1, NULL, {empty}, '' FROM tombstone
WHERE true ON CONFLICT DO NOTHING"""

_TOKENS = """
CREATE VIEW installation_token (token_id, installation_id, is_internal) AS
SELECT api_token_id, id, FALSE FROM sentry_app_installation WHERE api_token_id IS NOT NULL
UNION ALL
SELECT api_token_id, sentry_app_installation_id, TRUE FROM sentry_app_installation_token"""
_INTEREST = """
CREATE VIEW interest (category, object_id, destination) AS
SELECT 'app', app.id, region.name
FROM sentry_app AS app CROSS JOIN region
WHERE app.status = 1 AND app.date_deleted IS NULL
UNION ALL
SELECT 'app', app.id, home.region_name
FROM sentry_app AS app LEFT JOIN organization_replica AS home ON home.id = app.owner_id
WHERE app.status <> 1 AND app.date_deleted IS NULL
UNION ALL
SELECT 'app', app.id, home.region_name
FROM sentry_app AS app
JOIN sentry_app_installation AS installation ON installation.sentry_app_id = app.id
LEFT JOIN organization_replica AS home ON home.id = installation.organization_id
WHERE app.status <> 1 AND app.date_deleted IS NULL AND installation.date_deleted IS NULL
UNION ALL
SELECT 'installation', installation.id, home.region_name
FROM sentry_app_installation AS installation
LEFT JOIN organization_replica AS home ON home.id = installation.organization_id
WHERE installation.date_deleted IS NULL
UNION ALL
SELECT 'token', link.token_id, home.region_name
FROM installation_token AS link
JOIN sentry_app_installation AS installation ON installation.id = link.installation_id
LEFT JOIN organization_replica AS home ON home.id = installation.organization_id
WHERE installation.date_deleted IS NULL
UNION ALL
SELECT 'credential', app.id, home.region_name
FROM sentry_app AS app LEFT JOIN organization_replica AS home ON home.id = app.owner_id
WHERE app.date_deleted IS NULL
UNION ALL
SELECT 'credential', app.id, home.region_name
FROM sentry_app AS app
JOIN sentry_app_installation AS installation ON installation.sentry_app_id = app.id
LEFT JOIN organization_replica AS home ON home.id = installation.organization_id
WHERE app.date_deleted IS NULL AND installation.date_deleted IS NULL"""


def up(migrator: SchemaMigrator, db: peewee.Database) -> None:
    empty = "x''" if isinstance(db, peewee.SqliteDatabase) else "''::bytea"
    carried = [_CARRIED.format(category=each, table=table, empty=empty) for each, table in _VERSIONED.items()]
    # Both engines keep the columns of tables from being dropped that a view reads.
    dropped = [f"DROP VIEW {view}" for view in ("interest", "installation_token")]
    dropped += [f"ALTER TABLE {table} DROP COLUMN version" for table in ("sentry_app", "sentry_app_installation")]
    dropped += ["ALTER TABLE api_token DROP COLUMN version", "DROP TABLE app_credential", "DROP TABLE tombstone"]
    statements = [*carried, _TOMBSTONES.format(empty=empty), *dropped]
    migrator.migrate(
        *map(migrator.sql, statements),
        migrator.add_column("organization_replica", "checksum", BytesField(default=b"")),
        *map(migrator.sql, (_TOKENS, _INTEREST)),
    )
    _fill_checksums(db)


def _fill_checksums(db: peewee.Database) -> None:
    """Checksums, as regions make them of what they send."""

    class OrganizationReplica(peewee.Model):
        id = peewee.BigIntegerField(primary_key=True)
        tombstone = peewee.BooleanField()
        checksum = BytesField()
        slug = peewee.TextField()
        name = peewee.TextField()
        region_name = peewee.TextField()
        status = peewee.TextField()

        class Meta:
            database = db
            table_name = "organization_replica"

    for each in OrganizationReplica.select().where(~OrganizationReplica.tombstone):
        message = organization_pb2.RpcOrganization(
            id=each.id, slug=each.slug, name=each.name, region_name=each.region_name, status=each.status
        )
        state = replica_pb2.OrganizationState(organization=message).SerializeToString(deterministic=True)
        checksum = hashlib.sha256(state).digest()
        OrganizationReplica.update(checksum=checksum).where(OrganizationReplica.id == each.id).execute()
