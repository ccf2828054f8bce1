"""Hooks, links to tickets, the log of calls to apps, and how often apps are looked at."""

import peewee
from playhouse.migrate import SchemaMigrator

from shared.database.columns import IdField, InstantField, JsonField


# Models of its own and not today's: what a migration makes must not change when these do.
def up(migrator: SchemaMigrator, db: peewee.Database) -> None:
    db.create_tables([*_hooks(db), _external_issue(db), _request_log(db), _interaction(db)])


def _hooks(db: peewee.Database) -> list[type[peewee.Model]]:
    class ServiceHook(peewee.Model):
        id = IdField()
        guid = peewee.TextField(unique=True)
        secret = peewee.TextField()
        application_id = peewee.BigIntegerField(null=True)
        installation_id = peewee.BigIntegerField(null=True)
        ordinal = peewee.IntegerField()
        actor_id = peewee.BigIntegerField()
        organization_id = peewee.BigIntegerField(null=True)
        project_id = peewee.BigIntegerField(null=True)
        url = peewee.TextField()
        events = JsonField()

        class Meta:
            database = db
            table_name = "service_hook"
            indexes = (
                (("installation_id", "application_id", "ordinal"), True),
                (("application_id", "id"), False),
                (("organization_id",), False),
            )

    class ServiceHookProject(peewee.Model):
        id = IdField()
        service_hook = peewee.ForeignKeyField(ServiceHook, on_delete="CASCADE", index=False)
        project_id = peewee.BigIntegerField()

        class Meta:
            database = db
            table_name = "service_hook_project"
            indexes = ((("service_hook", "project_id"), True),)

    return [ServiceHook, ServiceHookProject]


def _external_issue(db: peewee.Database) -> type[peewee.Model]:
    class PlatformExternalIssue(peewee.Model):
        id = IdField()
        group_id = peewee.BigIntegerField()
        project_id = peewee.BigIntegerField()
        organization_id = peewee.BigIntegerField()
        service_type = peewee.TextField()
        display_name = peewee.TextField()
        web_url = peewee.TextField()
        created_at = InstantField()

        class Meta:
            database = db
            table_name = "platform_external_issue"
            indexes = ((("group_id", "service_type"), True),)

    return PlatformExternalIssue


def _request_log(db: peewee.Database) -> type[peewee.Model]:
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

    return RequestLogEntry


def _interaction(db: peewee.Database) -> type[peewee.Model]:
    class InteractionHour(peewee.Model):
        tsdb_field = peewee.TextField()
        subject = peewee.TextField()
        hour_at = peewee.BigIntegerField()
        count = peewee.BigIntegerField()

        class Meta:
            database = db
            table_name = "interaction_hour"
            primary_key = peewee.CompositeKey("tsdb_field", "subject", "hour_at")

    return InteractionHour
