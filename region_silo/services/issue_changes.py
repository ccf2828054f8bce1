"""Changing issues: status and assignee, of one or of many, in one transaction.

Owns what counts as a change: an issue that is already as it shall be is left alone, and nobody hears of it.
"""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Self

from pydantic import MISSING

from region_silo.models.issue import SUBSTATUSES, Issue, IssueStatus
from region_silo.services.activity import IssueKey, record_activity
from region_silo.services.region import Region
from region_silo.services.status_details import NO_DETAILS, StatusDetails
from shared.database.locking import locked
from shared.database.transaction import Transaction
from shared.domain.event import AppEvent
from shared.domain.happening import Assigned, Detail, Resolved, StatusChanged
from shared.domain.webhook import Actor

UNTIL_CONDITION_MET = "archived_until_condition_met"
"""Substatus of an issue that is ignored until what it came with is so."""
_EVENTS = {
    IssueStatus.RESOLVED: AppEvent.ISSUE_RESOLVED,
    IssueStatus.UNRESOLVED: AppEvent.ISSUE_UNRESOLVED,
    IssueStatus.IGNORED: AppEvent.ISSUE_IGNORED,
}


@dataclass(frozen=True, kw_only=True)
class Assignee:
    """A member of the organization, as called now."""

    id: int
    name: str
    email: str | None

    @classmethod
    def of(cls, issue: Issue) -> Self | None:
        """Whom an issue is assigned to; None: nobody."""
        if issue.assignee_id is None:
            return None
        return cls(id=issue.assignee_id, name=issue.assignee_name or "", email=issue.assignee_email)

    def as_json(self) -> dict[str, Any]:
        """In the form that the API and webhooks share."""
        return {"type": "user", "id": str(self.id), "name": self.name, "email": self.email}


@dataclass(frozen=True, kw_only=True)
class IssueChange:
    """What shall become of issues; what is not named stays."""

    status: IssueStatus | None = None
    substatus: str | None = None
    """One of the status's own; None: the usual one."""
    details: StatusDetails = NO_DETAILS
    """What the status comes with."""
    assignee: Assignee | MISSING | None = MISSING
    """None removes whoever is assigned."""


def change_issues(
    region: Region,
    *,
    organization_id: int,
    issue_ids: Collection[int],
    change: IssueChange,
    actor: Actor,
    project_id: int | None = None,
) -> list[Issue]:
    """Makes the change to each issue that it changes anything of.

    Args:
        region: where the issues live.
        organization_id: issues of any other are passed over.
        issue_ids: which issues; unknown ids are passed over.
        change: what shall become of them.
        actor: who wants it.
        project_id: issues of any other project are passed over; None for no such limit.

    Returns:
        The issues that exist, by id, as they are now.
    """
    with region.database.transaction() as tx:
        doing = _Doing(region, actor, region.clock.now())
        own = (Issue.organization_id == organization_id) & Issue.id.in_(list(issue_ids))
        if project_id is not None:
            own &= Issue.project_id == project_id
        # In one order, so that two changes of the same issues wait for each other instead of for ever.
        issues = list(locked(tx, Issue.select().where(own).order_by(Issue.id)))
        for issue in issues:
            # Each is saved before it is told of, so that apps are told what the issue is between the two.
            # Status first: an app that gets both hears of what happened to the issue before whose it is.
            _change_status(tx, issue, change, tell=doing)
            _assign(tx, issue, change, tell=doing)
        return issues


def usual_substatus(status: IssueStatus, *, details: StatusDetails = NO_DETAILS) -> str | None:
    """What an issue becomes when nobody names a substatus."""
    if status is IssueStatus.IGNORED and details.status is status:
        return UNTIL_CONDITION_MET
    # The first one listed is the usual one.
    return next(iter(SUBSTATUSES[status]), None)


def key_of(issue: Issue) -> IssueKey:
    """The issue and where it belongs."""
    return IssueKey(organization_id=issue.organization_id, project_id=issue.project_id, issue_id=issue.id)


@dataclass(frozen=True)
class _Doing:
    """Who changes issues, and when."""

    region: Region
    actor: Actor
    at: datetime

    def __call__(self, tx: Transaction, issue: Issue, event: AppEvent, detail: Detail) -> None:
        record_activity(tx, event, region=self.region, issue=key_of(issue), actor=self.actor, detail=detail, at=self.at)


def _change_status(tx: Transaction, issue: Issue, change: IssueChange, *, tell: _Doing) -> None:
    status = change.status
    if status is None:
        return
    substatus, details = _substatus(issue, status, change), _details(issue, status, change)
    # Nothing would change; resolving what is resolved must not move the time at which it was.
    if (issue.status, issue.substatus, issue.status_details) == (status.value, substatus, details):
        return
    is_new_status = issue.status != status.value
    issue.status, issue.substatus, issue.status_details = status.value, substatus, details
    issue.resolved_at = tell.at if status is IssueStatus.RESOLVED else None
    issue.save(only=[Issue.status, Issue.substatus, Issue.status_details, Issue.resolved_at])
    # A new substatus alone is kept and shown, and no event of the original's speaks of it.
    if is_new_status:
        detail: Detail = StatusChanged(substatus=substatus)
        if status is IssueStatus.RESOLVED:
            detail = Resolved(substatus=substatus, resolution_type=change.details.resolution)
        tell(tx, issue, _EVENTS[status], detail)


def _substatus(issue: Issue, status: IssueStatus, change: IssueChange) -> str | None:
    """The one named; else the one that the issue has, if it keeps its status; else the status's usual one."""
    if change.substatus is not None:
        return change.substatus
    if issue.status == status.value and change.details == NO_DETAILS:
        return issue.substatus
    return usual_substatus(status, details=change.details)


def _details(issue: Issue, status: IssueStatus, change: IssueChange) -> dict[str, Any] | None:
    """Those that were sent; else the issue's own, if neither its status nor its substatus is another one."""
    if change.details == NO_DETAILS and issue.status == status.value and change.substatus in {None, issue.substatus}:
        own: dict[str, Any] | None = issue.status_details
        return own
    return change.details.kept(times_seen=issue.times_seen, user_count=issue.user_count)


def _assign(tx: Transaction, issue: Issue, change: IssueChange, *, tell: _Doing) -> None:
    assignee = change.assignee
    if assignee is MISSING or issue.assignee_id == (assignee.id if assignee else None):
        return
    issue.assignee_id = assignee.id if assignee else None
    # Copied, since users live in control: a list of issues asks no other silo (docs/adr/0004).
    issue.assignee_name = assignee.name if assignee else None
    issue.assignee_email = assignee.email if assignee else None
    issue.save(only=[Issue.assignee_id, Issue.assignee_name, Issue.assignee_email])
    event = AppEvent.ISSUE_ASSIGNED if assignee else AppEvent.ISSUE_UNASSIGNED
    tell(tx, issue, event, Assigned(assignee=assignee.as_json() if assignee else None))
