"""First attempts and retries are claimed apart, and what has ended is cleared away without reading what has not."""

import peewee
from playhouse.migrate import SchemaMigrator

_INDEXES = (
    """CREATE INDEX outbox_delivery_due ON outbox (destination, (CASE WHEN attempts > 0 THEN 1 ELSE 0 END), due_at)
    WHERE category = 'delivery' AND state = 'due'""",
    "CREATE INDEX delivery_ended ON delivery (sentry_app_id, id) WHERE state <> 'pending'",
)


def up(migrator: SchemaMigrator, db: peewee.Database) -> None:
    for statement in _INDEXES:
        db.execute_sql(statement)  # type: ignore[no-untyped-call]
