"""Which region should hold which object, and for which installation a token acts, each as one view.

SQLite and PostgreSQL keep a view's columns from being dropped: a migration that changes one of these tables drops both
views first and makes them anew.
"""

import peewee
from playhouse.migrate import SchemaMigrator

_TOKENS = """
CREATE VIEW installation_token (token_id, installation_id, is_internal) AS
SELECT api_token_id, id, FALSE FROM sentry_app_installation WHERE api_token_id IS NOT NULL
UNION ALL
SELECT api_token_id, sentry_app_installation_id, TRUE FROM sentry_app_installation_token"""

# 1 is published. Such an app is in every region, so nobody has to look through its installations, which may be many.
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
WHERE installation.date_deleted IS NULL"""


def up(migrator: SchemaMigrator, db: peewee.Database) -> None:
    migrator.migrate(migrator.sql(_TOKENS), migrator.sql(_INTEREST))
