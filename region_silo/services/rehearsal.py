"""Telling an app of an event that does not happen, as it would be told if it did (`…/test/`).

What the event would change is changed, told of, and undone, in one transaction: the body comes by the way that real
ones take, and nobody sees the change or hears of it but the one installation. Owns what each event needs for that.
"""

import contextlib
import json
import secrets
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime

from region_silo.events.incoming import Arrival, read_event
from region_silo.models.issue import Comment, Issue, IssueStatus
from region_silo.models.project import Project
from region_silo.models.replica import InstallationReplica
from region_silo.services.activity import content_of
from region_silo.services.comments import Author
from region_silo.services.events import LATEST, find_event
from region_silo.services.ingestion import store_in
from region_silo.services.issue_changes import Assignee, usual_substatus
from region_silo.services.metric_alert import made_up
from region_silo.services.organization import find_organization
from region_silo.services.projects import find_project
from region_silo.services.region import Region
from region_silo.services.site import Site, public_url_of
from shared.database.transaction import Transaction
from shared.domain.event import EVENTS, AppEvent
from shared.domain.happening import (
    WHOLE,
    Assigned,
    Broadcast,
    Commented,
    Detail,
    ErrorSeen,
    Happening,
    IssueSeen,
    MetricCrossed,
    Resolved,
    RuleMet,
    StatusChanged,
)
from shared.domain.json_place import put_at_places
from shared.domain.json_text import encode_body
from shared.domain.json_value import JsonObject, JsonValue
from shared.domain.path_key import path_key
from shared.domain.webhook import PLATFORM
from shared.errors import NotFound, ProjectNotFound, RequestRefused
from shared.webhooks.enqueue import NewDelivery, enqueue_deliveries

TEXT = "This is a test"
NOT_TOLD = "No region tells of {event!r}: it cannot be tested."
NO_PROJECT = "There is no project yet whose issue could be told of. To make one: silo project create {organization} web"
_RULE_NAME = "Test"


@dataclass(frozen=True, kw_only=True)
class Rehearsal:
    """What shall be told to whom."""

    sentry_app_id: int
    organization_id: int
    event: str
    project: str
    """Slug or id; empty: that of the organization's newest issue."""
    author: Author
    """Who acts in it, and to whom an issue is assigned."""
    payload: JsonObject = field(default_factory=dict)
    """What is told of an event that happens elsewhere."""
    changes: Mapping[str, JsonValue] = field(default_factory=dict)
    """What shall be told instead, by its place: ``data.issue.title``."""


class _UndoneError(Exception):
    """Takes back what was changed for the sake of a body."""


def rehearse(region: Region, wanted: Rehearsal) -> int:
    """Enqueues the webhook; answers the id of its delivery.

    Raises:
        NotFound: the app is not installed in the organization.
        ProjectNotFound: the organization has no such project.
        RequestRefused: regions tell of no such event, or there is no project yet.
    """
    # Installations have their events from control, which tells of them and can try them out itself.
    event = EVENTS.get(wanted.event)
    if event is None or event.row.detail is None:
        raise RequestRefused(NOT_TOLD.format(event=wanted.event))
    now = region.clock.now()
    with region.database.transaction() as tx:
        # Any status: an app is tried out before it has confirmed its installation, too.
        installation = InstallationReplica.get_or_none(
            (InstallationReplica.sentry_app_id == wanted.sentry_app_id)
            & (InstallationReplica.organization_id == wanted.organization_id)
            & ~InstallationReplica.tombstone
        )
        if installation is None:
            raise NotFound("The app is not installed in this organization.")
        content = _content(tx, region, event, wanted, installation.uuid, now)
        new = NewDelivery(
            sentry_app_id=wanted.sentry_app_id,
            installation_id=installation.id,
            installation_uuid=installation.uuid,
            organization_id=wanted.organization_id,
            # By way of no subscription: whoever tries an app out wants to see what it would get.
            event=event,
            content=content,
        )
        (delivery_id,) = enqueue_deliveries(tx, [new], now=now)
        return delivery_id


def _content(
    tx: Transaction, region: Region, event: AppEvent, wanted: Rehearsal, installation_uuid: str, now: datetime
) -> str:
    content: str | None = None
    # A savepoint and not a transaction of its own: the delivery, which stays, is written in the one around it.
    with contextlib.suppress(_UndoneError), region.database.savepoint():
        issue = None if event.row.detail in WHOLE else _issue(tx, region, wanted, now)
        detail = (
            _detail(tx, event, issue, wanted, now) if issue else _whole(region, event, wanted, installation_uuid, now)
        )
        # Whoever tries it out acts in what people do; what comes of events and rules is the platform's, as in real
        # ones.
        by_platform = isinstance(detail, (IssueSeen, ErrorSeen, RuleMet, *WHOLE))
        actor = PLATFORM if by_platform else wanted.author.actor
        happening = Happening(issue_id=issue.id if issue else None, actor=actor, at=now, detail=detail)
        content = content_of(happening, region=region, organization_id=wanted.organization_id)
        # The body is made; that is all that was wanted of the change.
        raise _UndoneError
    if content is None:
        raise NotFound("What the webhook would tell of is gone.")
    return changed(content, wanted.changes) if wanted.changes else content


def changed(content: str, changes: Mapping[str, JsonValue]) -> str:
    """The content with other values at some places; objects and items of lists that are there lead to one.

    Raises:
        RequestRefused: a place is none.
    """
    told = json.loads(content)
    put_at_places(told, changes)
    # Printed anew, as bodies are: what is signed has to be byte for byte what is sent.
    return encode_body(told).decode("ascii")


def _issue(tx: Transaction, region: Region, wanted: Rehearsal, now: datetime) -> Issue:
    """The newest; where there is none, that of an error of our own, which is undone with everything else."""
    own = Issue.organization_id == wanted.organization_id
    project = _project(wanted)
    if wanted.project:
        own &= Issue.project_id == project.id
    # The id decides between two of the same instant, so that two trials tell of one issue.
    issue: Issue | None = Issue.select().where(own).order_by(Issue.last_seen_at.desc(), Issue.id.desc()).first()
    if issue is None:
        event_id = secrets.token_hex(16)
        frame: JsonObject = {"filename": "test.py", "function": "test", "lineno": 1, "in_app": True}
        # With a frame, since apps read one of every error that they show.
        error: JsonObject = {"type": "Test", "value": TEXT, "stacktrace": {"frames": [frame]}}
        payload: JsonObject = {"platform": "python", "level": "error", "exception": {"values": [error]}}
        event = read_event(payload, size=0, arrival=Arrival(at=now, event_id=event_id))
        stored = store_in(tx, region, project=project, event=event)
        issue = Issue.get_by_id(stored.issue_id)
    return issue


def _project(wanted: Rehearsal) -> Project:
    if not wanted.project:
        of_organization = Project.select().where(Project.organization_id == wanted.organization_id)
        first: Project | None = of_organization.order_by(Project.id).first()
        if first is None:
            organization = find_organization(wanted.organization_id)
            raise RequestRefused(NO_PROJECT.format(organization=organization.slug if organization else "ORG"))
        return first
    # Slug or id, as in a path.
    key = path_key(wanted.project)
    found = None if key is None else find_project(wanted.organization_id, key)
    if found is None:
        raise ProjectNotFound
    return found


def _whole(
    region: Region, event: AppEvent, wanted: Rehearsal, installation_uuid: str, now: datetime
) -> Broadcast | MetricCrossed:
    """What tells of no issue."""
    if event.row.detail is Broadcast:
        return Broadcast(payload=wanted.payload)
    organization = find_organization(wanted.organization_id)
    site = Site(base_url=public_url_of(region), organization_slug=organization.slug if organization else "")
    return made_up(
        event,
        _project(wanted),
        installation_uuid=installation_uuid,
        sentry_app_id=wanted.sentry_app_id,
        web_url=site.web_url,
        at=now,
    )


def _detail(tx: Transaction, event: AppEvent, issue: Issue, wanted: Rehearsal, now: datetime) -> Detail:
    kind = event.row.detail
    if kind is Assigned:
        return _assign(tx, issue, None if event is AppEvent.ISSUE_UNASSIGNED else wanted.author)
    if kind is Commented:
        return _comment(tx, issue, wanted.author, now)
    if event in _STATUSES:
        return _change_status(tx, issue, _STATUSES[event], now)
    newest = find_event(issue, LATEST)
    if newest is None or kind is None:
        raise NotFound("The issue has no event any more.")
    return _OF_EVENTS[kind](newest.event_id)


_STATUSES = {
    AppEvent.ISSUE_RESOLVED: IssueStatus.RESOLVED,
    AppEvent.ISSUE_UNRESOLVED: IssueStatus.UNRESOLVED,
    AppEvent.ISSUE_IGNORED: IssueStatus.IGNORED,
}
_OF_EVENTS: Mapping[type[Detail], Callable[[str], Detail]] = {
    IssueSeen: lambda event_id: IssueSeen(event_id=event_id),
    ErrorSeen: lambda event_id: ErrorSeen(event_id=event_id),
    RuleMet: lambda event_id: RuleMet(event_id=event_id, triggered_rule=_RULE_NAME),
}


def _change_status(tx: Transaction, issue: Issue, status: IssueStatus, now: datetime) -> Detail:
    del tx  # what follows is written in it
    # By hand and not by `change_issues`, which would write an activity and tell every app that subscribes.
    substatus = usual_substatus(status)
    resolved_at = now if status is IssueStatus.RESOLVED else None
    change = Issue.update(status=status, substatus=substatus, resolved_at=resolved_at)
    change.where(Issue.id == issue.id).execute()
    if status is IssueStatus.RESOLVED:
        return Resolved(substatus=substatus, resolution_type="now")
    return StatusChanged(substatus=substatus)


def _assign(tx: Transaction, issue: Issue, author: Author | None) -> Detail:
    del tx  # what follows is written in it
    assignee = author and Assignee(id=author.user_id, name=author.actor.name, email=author.email)
    change = Issue.update(
        assignee_id=assignee.id if assignee else None,
        assignee_name=assignee.name if assignee else None,
        assignee_email=assignee.email if assignee else None,
    )
    change.where(Issue.id == issue.id).execute()
    return Assigned(assignee=assignee.as_json() if assignee else None)


def _comment(tx: Transaction, issue: Issue, author: Author, now: datetime) -> Detail:
    del tx  # what follows is written in it
    # By hand, for the same reason as a change of status: `add_comment` tells of it.
    comment = Comment.create(
        issue_id=issue.id,
        text=f"{TEXT}.",
        author_id=author.user_id,
        author_type=author.actor.type,
        author_name=author.actor.name,
        author_email=author.email,
        created_at=now,
        updated_at=now,
    )
    return Commented(comment_id=comment.id, comment=comment.text)
