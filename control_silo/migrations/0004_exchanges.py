"""What was exchanged for which token, tokens of providers, and an index in the order in which the audit log is read."""

import peewee
from playhouse.migrate import SchemaMigrator

from shared.database.columns import IdField, InstantField


def up(migrator: SchemaMigrator, db: peewee.Database) -> None:
    class SentryAppInstallation(peewee.Model):
        id = IdField()

        class Meta:
            database = db
            table_name = "sentry_app_installation"

    class TokenExchange(peewee.Model):
        id = IdField()
        sentry_app_installation = peewee.ForeignKeyField(SentryAppInstallation, index=False, on_delete="CASCADE")
        credential_hash = peewee.TextField()
        sealed_answer = peewee.TextField(null=True)
        repeats_until = InstantField()

        class Meta:
            database = db
            table_name = "token_exchange"
            indexes = ((("sentry_app_installation", "credential_hash"), True),)

    db.create_tables([TokenExchange])
    migrator.migrate(
        migrator.add_column("api_token", "sealed_token", peewee.TextField(null=True)),
        migrator.add_index("audit_log_entry", ("organization_id", "id")),
    )
