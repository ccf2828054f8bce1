"""Issues, the users and the environments that each was seen by, and what happened to each."""

from enum import StrEnum

import peewee

from shared.database.columns import IdField, InstantField, JsonField
from shared.database.model import Model


class IssueStatus(StrEnum):
    """What is to be done about an issue."""

    UNRESOLVED = "unresolved"
    RESOLVED = "resolved"
    IGNORED = "ignored"


class Issue(Model):
    """Events that are the same problem."""

    id = peewee.BigIntegerField(primary_key=True)
    """Unique in the world."""
    organization_id = peewee.BigIntegerField()
    """The project's, kept here so that an organization's issues can be listed from one index."""
    project_id = peewee.BigIntegerField()
    number = peewee.BigIntegerField()
    """Counts the issues of the project from 1; the second half of the short id."""
    grouping_hash = peewee.TextField()
    """32 hex characters; equal for events that belong together."""
    title = peewee.TextField()
    culprit = peewee.TextField()
    search_text = peewee.TextField()
    """Title and culprit, case-folded: what free text of a query is looked for in."""
    type = peewee.TextField()
    """``error`` when an exception was caught, else ``default``."""
    level = peewee.TextField()
    platform = peewee.TextField()
    metadata = JsonField()
    status = peewee.TextField(default=IssueStatus.UNRESOLVED)
    substatus = peewee.TextField(null=True)
    times_seen = peewee.BigIntegerField(default=1)
    user_count = peewee.BigIntegerField(default=0)
    comment_count = peewee.BigIntegerField(default=0)
    first_seen_at = InstantField()
    last_seen_at = InstantField()
    resolved_at = InstantField(null=True)
    assignee_id = peewee.BigIntegerField(null=True)
    assignee_name = peewee.TextField(null=True)
    """As the user was called when the issue was assigned; the same goes for the e-mail address."""
    assignee_email = peewee.TextField(null=True)
    created_at = InstantField()

    class Meta:
        indexes = (
            (("project_id", "grouping_hash"), True),
            (("project_id", "number"), True),
            (("organization_id", "status", "last_seen_at", "id"), False),
            (("organization_id", "last_seen_at", "id"), False),
            (("organization_id", "first_seen_at", "id"), False),
            (("organization_id", "times_seen", "id"), False),
            (("organization_id", "user_count", "id"), False),
            (("project_id", "last_seen_at", "id"), False),
        )


Issue.add_index(
    Issue.index(
        Issue.organization_id,
        Issue.assignee_id,
        Issue.last_seen_at,
        Issue.id,
        where=Issue.assignee_id.is_null(is_null=False),
    )
)


class IssueUser(Model):
    """A user of the monitored software whom an issue hit; by a hash, so that nothing personal lies here."""

    issue_id = peewee.BigIntegerField()
    user_hash = peewee.TextField()

    class Meta:
        primary_key = peewee.CompositeKey("issue_id", "user_hash")


class IssueEnvironment(Model):
    """An environment of the monitored software that an issue was seen in."""

    issue_id = peewee.BigIntegerField()
    environment = peewee.TextField()
    """Empty for events that named none."""

    class Meta:
        primary_key = peewee.CompositeKey("issue_id", "environment")


class Activity(Model):
    """Something that happened to an issue, never changed afterwards. Written by ``services.activity`` alone."""

    id = IdField()
    organization_id = peewee.BigIntegerField()
    project_id = peewee.BigIntegerField()
    issue_id = peewee.BigIntegerField()
    kind = peewee.TextField()
    """An ``AppEvent``, by its name."""
    actor_type = peewee.TextField()
    """``user``, or ``application`` for an app and for the platform itself."""
    actor_id = peewee.TextField()
    actor_name = peewee.TextField()
    data = JsonField()
    happened_at = InstantField()


Activity.add_index(Activity.index(Activity.issue_id, Activity.id, where=Activity.kind != "error.created"))
