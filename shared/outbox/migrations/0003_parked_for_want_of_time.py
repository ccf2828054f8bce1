"""What was parked because its call ran out of time is due again: nobody had said that it was at fault.

Apps are another matter: one that does not answer for so long is given up.
"""

import peewee
from playhouse.migrate import SchemaMigrator

_MAKE_DUE = """
UPDATE outbox SET state = 'due', attempts = 0 WHERE state = 'parked'
AND substr(destination, 1, 4) <> 'app:' AND substr(last_error, 1, 18) = 'DEADLINE_EXCEEDED:'"""


def up(migrator: SchemaMigrator, db: peewee.Database) -> None:
    db.execute_sql(_MAKE_DUE)  # type: ignore[no-untyped-call]
