"""Deliveries keep what apps were asked as well, and in which transaction each was written.

By that transaction those are told who listen: ids are given out before their commit, so that a smaller one may be seen
after a larger one, and whoever goes on after the larger would never see it. SQLite writes one transaction after the
other, so that ids themselves are in the order of commits.
"""

import peewee
from playhouse.migrate import SchemaMigrator

_COUNTED = (
    "UPDATE delivery SET written_in = id",
    """CREATE TRIGGER delivery_written_in AFTER INSERT ON delivery
    BEGIN UPDATE delivery SET written_in = NEW.id WHERE id = NEW.id; END""",
)


def up(migrator: SchemaMigrator, db: peewee.Database) -> None:
    is_sqlite = isinstance(db, peewee.SqliteDatabase)
    written_in = "0" if is_sqlite else "(pg_current_xact_id()::text::bigint)"
    migrator.migrate(
        migrator.add_column("delivery", "asked_path", peewee.TextField(null=True)),
        migrator.sql(f"ALTER TABLE delivery ADD COLUMN written_in BIGINT NOT NULL DEFAULT {written_in}"),
        *map(migrator.sql, _COUNTED if is_sqlite else ()),
    )
