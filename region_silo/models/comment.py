"""Comments on issues."""

import peewee

from shared.database.columns import IdField, InstantField
from shared.database.model import Model


class Comment(Model):
    """What someone wrote under an issue."""

    id = IdField()
    issue_id = peewee.BigIntegerField()
    text = peewee.TextField()
    author_id = peewee.BigIntegerField()
    """User id; that of an app's proxy user when an app wrote it."""
    author_type = peewee.TextField()
    """``user`` or ``application``."""
    author_name = peewee.TextField()
    author_email = peewee.TextField(null=True)
    created_at = InstantField()
    updated_at = InstantField()

    class Meta:
        indexes = ((("issue_id", "id"), False),)
