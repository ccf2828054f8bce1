"""The log of calls to apps."""

import peewee

from shared.columns import IdField, InstantField, JsonField
from shared.database import Model


class RequestLogEntry(Model):
    """A call that this region made to an app; see ``shared.domain.request_record``. A bounded number is kept."""

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
        indexes = ((("sentry_app_id", "event", "is_error", "id"), False),)
