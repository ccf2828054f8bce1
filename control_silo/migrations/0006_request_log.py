"""Control's own log of calls to apps."""

import peewee
from playhouse.migrate import SchemaMigrator

from shared.database.columns import IdField, InstantField, JsonField


# The same table in both silos, each with a migration of its own: their histories are apart.
def up(migrator: SchemaMigrator, db: peewee.Database) -> None:
    class RequestLogEntry(peewee.Model):
        id = IdField()
        sentry_app_id = peewee.BigIntegerField()
        event = peewee.TextField()
        sent_at = InstantField(index=True)
        response_code = peewee.IntegerField()
        is_error = peewee.BooleanField()
        webhook_url = peewee.TextField()
        organization_id = peewee.BigIntegerField(null=True)
        error_id = peewee.TextField(null=True)
        project_id = peewee.BigIntegerField(null=True)
        request_headers = JsonField()
        request_body = peewee.TextField(null=True)
        response_body = peewee.TextField(null=True)

        class Meta:
            database = db
            table_name = "request_log_entry"
            indexes = ((("sentry_app_id", "event", "is_error", "id"), False),)

    db.create_tables([RequestLogEntry])
