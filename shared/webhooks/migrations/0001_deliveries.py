"""Deliveries and their attempts."""

import peewee
from playhouse.migrate import SchemaMigrator

from shared.database.columns import IdField, InstantField, JsonField


def up(migrator: SchemaMigrator, db: peewee.Database) -> None:
    class Delivery(peewee.Model):
        id = IdField()
        request_id = peewee.TextField(unique=True)
        sentry_app_id = peewee.BigIntegerField()
        installation_id = peewee.BigIntegerField()
        organization_id = peewee.BigIntegerField()
        event = peewee.TextField()
        state = peewee.TextField()
        subject = JsonField(null=True)
        body = peewee.TextField(null=True)
        hook_signature = peewee.TextField(null=True)
        app_signature = peewee.TextField(null=True)
        created_at = InstantField(index=True)

        class Meta:
            database = db
            table_name = "delivery"
            indexes = ((("sentry_app_id", "id"), False),)

    class DeliveryAttempt(peewee.Model):
        id = IdField()
        delivery = peewee.ForeignKeyField(Delivery, on_delete="CASCADE")
        started_at = InstantField()
        duration_ms = peewee.IntegerField()
        response_code = peewee.IntegerField()
        error = peewee.TextField(null=True)
        request_headers = JsonField()
        response_headers = JsonField()
        response_body = peewee.TextField(null=True)

        class Meta:
            database = db
            table_name = "delivery_attempt"

    db.create_tables([Delivery, DeliveryAttempt])
