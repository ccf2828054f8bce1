"""Projects, where events come in, and their alert rules. Each has exactly one public key, so that lies beside it."""

import peewee

from shared.database.columns import IdField, InstantField, JsonField
from shared.database.model import Model


class Project(Model):
    """A project of an organization of this region."""

    id = peewee.BigIntegerField(primary_key=True)
    """Unique in the world, so that control knows from it where the project lives."""
    organization_id = peewee.BigIntegerField()
    slug = peewee.TextField()
    """Unique in the organization, never purely numeric."""
    name = peewee.TextField()
    platform = peewee.TextField(null=True)
    public_key = peewee.TextField(unique=True)
    """32 hex characters; whoever knows them may send events, and nothing else."""
    issue_count = peewee.BigIntegerField(default=0)
    """Number of the newest issue: counts up under the row's lock, so that short ids have neither gaps nor twins."""
    first_event_at = InstantField(null=True)
    created_at = InstantField()
    scrubbing = JsonField(null=True)
    """The fields of an ``events.scrubbing.Scrubbing``; null: the usual ones."""

    class Meta:
        # Two organizations may have a project of one name each.
        indexes = ((("organization_id", "slug"), True),)


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
