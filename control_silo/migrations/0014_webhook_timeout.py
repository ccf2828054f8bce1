"""How long an app's webhooks may take, which every app had alike."""

import peewee
from playhouse.migrate import SchemaMigrator


def up(migrator: SchemaMigrator, db: peewee.Database) -> None:
    # By hand: SQLite would be made to write the table anew, which views read.
    migrator.migrate(
        migrator.sql("ALTER TABLE sentry_app ADD COLUMN webhook_timeout_seconds INTEGER NOT NULL DEFAULT 5")
    )
