"""Projects, issues, events, comments, activities and rules."""

import peewee
from playhouse.migrate import SchemaMigrator

from shared.database.columns import IdField, InstantField, JsonField


# Models of its own and not today's: what a migration makes must not change when these do.
def up(migrator: SchemaMigrator, db: peewee.Database) -> None:
    db.create_tables([_project(db), _issue(db), *_about_issues(db), *_of_projects(db)])


def _project(db: peewee.Database) -> type[peewee.Model]:
    class Project(peewee.Model):
        id = peewee.BigIntegerField(primary_key=True)
        organization_id = peewee.BigIntegerField()
        slug = peewee.TextField()
        name = peewee.TextField()
        platform = peewee.TextField(null=True)
        public_key = peewee.TextField(unique=True)
        issue_count = peewee.BigIntegerField(default=0)
        first_event_at = InstantField(null=True)
        created_at = InstantField()

        class Meta:
            database = db
            table_name = "project"
            indexes = ((("organization_id", "slug"), True),)

    return Project


def _issue(db: peewee.Database) -> type[peewee.Model]:
    class Issue(peewee.Model):
        id = peewee.BigIntegerField(primary_key=True)
        organization_id = peewee.BigIntegerField()
        project_id = peewee.BigIntegerField()
        number = peewee.BigIntegerField()
        # Unique within the project, so that of two first events of one problem one makes the issue.
        grouping_hash = peewee.TextField()
        title = peewee.TextField()
        culprit = peewee.TextField()
        search_text = peewee.TextField()
        type = peewee.TextField()
        level = peewee.TextField()
        platform = peewee.TextField()
        metadata = JsonField()
        status = peewee.TextField()
        substatus = peewee.TextField(null=True)
        times_seen = peewee.BigIntegerField(default=1)
        user_count = peewee.BigIntegerField(default=0)
        comment_count = peewee.BigIntegerField(default=0)
        first_seen_at = InstantField()
        last_seen_at = InstantField()
        resolved_at = InstantField(null=True)
        assignee_id = peewee.BigIntegerField(null=True)
        assignee_name = peewee.TextField(null=True)
        assignee_email = peewee.TextField(null=True)
        created_at = InstantField()

        class Meta:
            database = db
            table_name = "issue"
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
    return Issue


def _about_issues(db: peewee.Database) -> list[type[peewee.Model]]:
    class IssueUser(peewee.Model):
        issue_id = peewee.BigIntegerField()
        user_hash = peewee.TextField()

        class Meta:
            database = db
            table_name = "issue_user"
            primary_key = peewee.CompositeKey("issue_id", "user_hash")

    class Activity(peewee.Model):
        id = IdField()
        organization_id = peewee.BigIntegerField()
        project_id = peewee.BigIntegerField()
        issue_id = peewee.BigIntegerField()
        kind = peewee.TextField()
        actor_type = peewee.TextField()
        actor_id = peewee.TextField()
        actor_name = peewee.TextField()
        data = JsonField()
        happened_at = InstantField()

        class Meta:
            database = db
            table_name = "activity"

    class Comment(peewee.Model):
        id = IdField()
        issue_id = peewee.BigIntegerField()
        text = peewee.TextField()
        author_id = peewee.BigIntegerField()
        author_type = peewee.TextField()
        author_name = peewee.TextField()
        author_email = peewee.TextField(null=True)
        created_at = InstantField()
        updated_at = InstantField()

        class Meta:
            database = db
            table_name = "comment"
            indexes = ((("issue_id", "id"), False),)

    Activity.add_index(Activity.index(Activity.issue_id, Activity.id, where=Activity.kind != "error.created"))
    return [IssueUser, Activity, Comment]


def _of_projects(db: peewee.Database) -> list[type[peewee.Model]]:
    class Event(peewee.Model):
        id = IdField()
        project_id = peewee.BigIntegerField()
        event_id = peewee.TextField()
        issue_id = peewee.BigIntegerField()
        occurred_at = InstantField()
        received_at = InstantField()
        size = peewee.IntegerField()
        outline = JsonField()
        payload = JsonField()

        class Meta:
            database = db
            table_name = "event"
            indexes = (
                (("project_id", "event_id"), True),
                (("issue_id", "occurred_at", "id"), False),
            )

    class Rule(peewee.Model):
        id = IdField()
        project_id = peewee.BigIntegerField(index=True)
        name = peewee.TextField()
        definition = JsonField()
        created_by_id = peewee.BigIntegerField(null=True)
        created_at = InstantField()

        class Meta:
            database = db
            table_name = "rule"

    return [Event, Rule]
