"""What webhooks say, once for all that say the same; how often a delivery was tried, and when it is tried next."""

import peewee
from playhouse.migrate import SchemaMigrator

from shared.database.columns import IdField, InstantField

_COLUMNS: dict[str, dict[str, peewee.Field]] = {
    "delivery": {
        "installation_uuid": peewee.TextField(null=True),
        "issue_id": peewee.BigIntegerField(null=True),
        "content_id": peewee.BigIntegerField(null=True),
        "attempt_count": peewee.IntegerField(default=0),
        "next_attempt_at": InstantField(null=True),
    },
    "delivery_attempt": {"remark": peewee.TextField(null=True)},
}
# What was tried before counts by what is left of it: nobody waits for a first attempt that was made.
_COUNT = """
UPDATE delivery SET attempt_count = (SELECT count(*) FROM delivery_attempt WHERE delivery_id = delivery.id)
WHERE state = 'pending'"""
_INDEXES = (
    """CREATE INDEX delivery_first_attempt ON delivery (installation_id, issue_id, id)
    WHERE state = 'pending' AND attempt_count = 0""",
    "CREATE INDEX delivery_of_content ON delivery (content_id)",
)


def up(migrator: SchemaMigrator, db: peewee.Database) -> None:
    class DeliveryContent(peewee.Model):
        id = IdField()
        text = peewee.TextField()

        class Meta:
            database = db
            table_name = "delivery_content"

    db.create_tables([DeliveryContent])
    for table, columns in _COLUMNS.items():
        migrator.migrate(*(migrator.add_column(table, name, column) for name, column in columns.items()))
    for statement in (_COUNT, *_INDEXES):
        db.execute_sql(statement)  # type: ignore[no-untyped-call]
