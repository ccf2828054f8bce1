"""Alert rules of projects."""

import peewee

from shared.database.columns import IdField, InstantField, JsonField
from shared.database.model import Model


class Rule(Model):
    """When to act on an issue, and how; ``definition`` holds the parts in the original's form."""

    id = IdField()
    project_id = peewee.BigIntegerField(index=True)
    name = peewee.TextField()
    definition = JsonField()
    """``actionMatch``, ``filterMatch``, ``conditions``, ``filters``, ``actions``, ``frequency``, ``environment``."""
    created_by_id = peewee.BigIntegerField(null=True)
    created_at = InstantField()


class RuleFiring(Model):
    """When a rule last fired for an issue: it waits its ``frequency`` before it fires again."""

    rule_id = peewee.BigIntegerField()
    issue_id = peewee.BigIntegerField()
    fired_at = InstantField()

    class Meta:
        primary_key = peewee.CompositeKey("rule_id", "issue_id")
