"""First attempts and retries are claimed apart, what has ended is cleared away without reading what has not, and those
who listen to an app go on from the transaction that was told last.
"""

import peewee
from playhouse.migrate import SchemaMigrator

from shared.database.migrating import build_index

atomic = False

_INDEXES = {
    "delivery_sentry_app_id_written_in_id": "delivery (sentry_app_id, written_in, id)",
    "delivery_ended": "delivery (sentry_app_id, id) WHERE state <> 'pending'",
    "outbox_delivery_due": """outbox (destination, (CASE WHEN attempts > 0 THEN 1 ELSE 0 END), due_at)
    WHERE category = 'delivery' AND state = 'due'""",
}


def up(migrator: SchemaMigrator, db: peewee.Database) -> None:
    for name, on in _INDEXES.items():
        build_index(db, name, on=on)
