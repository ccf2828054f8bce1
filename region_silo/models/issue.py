"""Issues and what belongs to each: who and where it hit, what happened to it, comments, and links to tickets."""

from collections.abc import Mapping
from enum import StrEnum
from types import MappingProxyType

import peewee

from shared.database.columns import IdField, InstantField, JsonField
from shared.database.model import Model


class IssueStatus(StrEnum):
    """What is to be done about an issue."""

    UNRESOLVED = "unresolved"
    RESOLVED = "resolved"
    IGNORED = "ignored"


SUBSTATUSES: Mapping[IssueStatus, tuple[str, ...]] = MappingProxyType(
    {
        IssueStatus.UNRESOLVED: ("ongoing", "new", "regressed", "escalating"),
        IssueStatus.IGNORED: ("archived_until_escalating", "archived_until_condition_met", "archived_forever"),
        IssueStatus.RESOLVED: (),
    }
)
"""The substatuses of each status; the first is meant when none is named."""


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
    # Users are control's: a copy of name and address saves a call to control for each list of issues.
    assignee_id = peewee.BigIntegerField(null=True)
    assignee_name = peewee.TextField(null=True)
    """The user's name when the issue was assigned; so it is with the e-mail address."""
    assignee_email = peewee.TextField(null=True)
    created_at = InstantField()
    status_details = JsonField(null=True)
    """Until when it is ignored, or in which release it is resolved: what ``services.status_details`` keeps of it."""

    class Meta:
        indexes = (
            # Two first events of one problem at once: the database lets one of them make the issue.
            (("project_id", "grouping_hash"), True),
            (("project_id", "number"), True),
            # One for each order that lists are asked for in; the id at the end makes the order of equals certain.
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


# Of the many events of an issue none is shown among its activity, so none is in the index.
Activity.add_index(Activity.index(Activity.issue_id, Activity.id, where=Activity.kind != "error.created"))


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
        # The original's rule, and what makes linking twice at once safe.
        indexes = ((("group_id", "service_type"), True),)
