"""Indexes in the order of the two listings that ``(status, date_added)`` does not serve: all apps, and an owner's."""

import peewee
from playhouse.migrate import SchemaMigrator


def up(migrator: SchemaMigrator, db: peewee.Database) -> None:
    migrator.migrate(
        migrator.add_index("sentry_app", ("date_added",)),
        migrator.add_index("sentry_app", ("owner_id", "date_added")),
    )
