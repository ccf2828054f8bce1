"""Projects: where events come in. The public key of a project's DSN lies beside it, since each has exactly one."""

import peewee

from shared.database.columns import InstantField, JsonField
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
        indexes = ((("organization_id", "slug"), True),)
