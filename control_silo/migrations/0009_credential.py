"""Credentials apart from their apps: a version for each, and who should hold which.

Regions hold the secrets of apps that are none of their business: every app gets a newer version, which has none, and
whoever may keep a credential gets it apart. Regions are migrated first, so that they know what it is.
"""

import peewee
from playhouse.migrate import SchemaMigrator

from shared.clock import SystemClock
from shared.database.columns import instant_text

_INTEREST = """
CREATE VIEW interest (category, object_id, region_name) AS
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

_ENQUEUE = """
INSERT INTO outbox (destination, category, object_id, generation, state, attempts, due_at, enqueued_at)
SELECT region_name, category, object_id, 1, 'due', 0, {now}, {now}
FROM (SELECT DISTINCT region_name, category, object_id FROM interest) AS wanted
WHERE category IN ('app', 'credential') AND region_name IS NOT NULL
ON CONFLICT (destination, category, object_id) DO UPDATE SET
    generation = outbox.generation + 1, state = excluded.state, attempts = 0, due_at = excluded.due_at"""


def up(migrator: SchemaMigrator, db: peewee.Database) -> None:
    class AppCredential(peewee.Model):
        id = peewee.BigIntegerField(primary_key=True)
        version = peewee.BigIntegerField()

        class Meta:
            database = db
            table_name = "app_credential"

    # A version apart from the app's: a new secret must not send the app to regions that have no business with it.
    db.create_tables([AppCredential])
    migrator.migrate(
        migrator.sql("INSERT INTO app_credential (id, version) SELECT id, 1 FROM sentry_app"),
        migrator.sql("UPDATE sentry_app SET version = version + 1 WHERE date_deleted IS NULL"),
        migrator.sql("DROP VIEW interest"),
        migrator.sql(_INTEREST),
        migrator.sql(_ENQUEUE.format(now=f"'{instant_text(SystemClock().now())}'")),
    )
