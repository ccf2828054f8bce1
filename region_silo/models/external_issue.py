"""Links from issues to tickets in apps' own systems."""

import peewee

from shared.database.columns import IdField, InstantField
from shared.database.model import Model


class PlatformExternalIssue(Model):
    """An issue has at most one link per app."""

    id = IdField()
    group_id = peewee.BigIntegerField()
    """The issue."""
    project_id = peewee.BigIntegerField()
    organization_id = peewee.BigIntegerField()
    service_type = peewee.TextField()
    """Slug of the app."""
    display_name = peewee.TextField()
    """``<project>#<identifier>``."""
    web_url = peewee.TextField()
    created_at = InstantField()

    class Meta:
        indexes = ((("group_id", "service_type"), True),)
