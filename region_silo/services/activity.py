"""What happens to issues: the one place that every change passes, in the transaction that makes it.

Owns the kinds and the record. What else follows from a change starts here: the apps that want to know are told.
"""

from dataclasses import asdict, dataclass
from datetime import datetime
from enum import StrEnum

from region_silo.models.issue import Activity
from region_silo.services.subscribers import tell_subscribers
from shared.database.columns import instant_text
from shared.database.transaction import Transaction
from shared.domain.json_value import JsonObject
from shared.domain.webhook import Actor


class ActivityKind(StrEnum):
    """``resource.action``, as subscriptions and webhooks name it."""

    ISSUE_CREATED = "issue.created"
    ISSUE_RESOLVED = "issue.resolved"
    ISSUE_UNRESOLVED = "issue.unresolved"
    ISSUE_IGNORED = "issue.ignored"
    ISSUE_ASSIGNED = "issue.assigned"
    """Also when the assignee was removed."""
    ERROR_CREATED = "error.created"
    COMMENT_CREATED = "comment.created"
    COMMENT_UPDATED = "comment.updated"
    COMMENT_DELETED = "comment.deleted"


@dataclass(frozen=True, kw_only=True)
class IssueKey:
    """An issue and where it belongs."""

    organization_id: int
    project_id: int
    issue_id: int


_INSERT = """
INSERT INTO activity (organization_id, project_id, issue_id, kind, actor_type, actor_id, actor_name, data, happened_at)
VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)
"""


def record_activity(
    tx: Transaction, kind: ActivityKind, *, issue: IssueKey, actor: Actor, data: JsonObject, at: datetime
) -> None:
    """Records what the transaction does to an issue.

    Args:
        tx: the transaction that does it.
        kind: what.
        issue: to which.
        actor: by whom.
        data: what goes with the kind: ``{"substatus"}`` for a new status, ``{"resolution_type"}`` besides for resolved,
            ``{"assignee"}`` (``{"type", "id", "name", "email"}`` or null) for assigned, ``{"event_id"}`` for events,
            ``{"comment_id", "comment"}`` for comments.
        at: when.
    """
    if kind is not ActivityKind.ERROR_CREATED:  # the event itself is the record, and there is one for each
        _insert(tx, kind, issue=issue, actor=actor, data=data, at=at)
    subject: JsonObject = {"issue_id": issue.issue_id, "actor": asdict(actor), "data": data, "at": instant_text(at)}
    tell_subscribers(
        tx, kind, organization_id=issue.organization_id, project_id=issue.project_id, subject=subject, now=at
    )


def list_activity(issue_id: int, *, limit: int) -> list[Activity]:
    """What people and the platform did to an issue, newest first; events and comments have lists of their own.

    Needs a session.
    """
    # Nothing has the first kind; it is said because the index says it.
    shown = (Activity.kind != ActivityKind.ERROR_CREATED.value) & ~Activity.kind.startswith("comment.")
    return list(Activity.select().where(Activity.issue_id == issue_id, shown).order_by(Activity.id.desc()).limit(limit))


def _insert(
    tx: Transaction, kind: ActivityKind, *, issue: IssueKey, actor: Actor, data: JsonObject, at: datetime
) -> None:
    tx.database.rows(
        _INSERT,
        (
            issue.organization_id,
            issue.project_id,
            issue.issue_id,
            kind.value,
            actor.type,
            actor.id,
            actor.name,
            Activity.data.db_value(data),
            instant_text(at),
        ),
    )
