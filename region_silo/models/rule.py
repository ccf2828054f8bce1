"""Alert rules of projects."""

import peewee

from shared.columns import IdField, InstantField, JsonField
from shared.database import Model


class Rule(Model):
    """When to act on an issue, and how; ``definition`` holds the parts in the original's form."""

    id = IdField()
    project_id = peewee.BigIntegerField(index=True)
    name = peewee.TextField()
    definition = JsonField()
    """``actionMatch``, ``filterMatch``, ``conditions``, ``filters``, ``actions``, ``frequency``, ``environment``."""
    created_by_id = peewee.BigIntegerField(null=True)
    created_at = InstantField()
