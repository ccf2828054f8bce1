"""The ``data`` of each webhook of a region (spec §5.2). Owns its shape; refuses to know who is told."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass

from region_silo.bodies.issue import IssueObject
from region_silo.bodies.webhook import (
    AssignedHook,
    CommentHook,
    HookAssigneeObject,
    HookEventObject,
    HookIssueObject,
    IssueHook,
    ResolvedHook,
)
from region_silo.events.outline import EventOutline
from region_silo.models.event import Event
from region_silo.models.issue import Issue
from region_silo.models.project import Project
from region_silo.services.events import find_project_event
from region_silo.services.organization import find_organization
from region_silo.services.region import Region
from region_silo.services.site import Site, public_url_of
from shared.domain.happening import (
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
from shared.domain.instant import instant_json
from shared.domain.json_value import JsonValue
from shared.errors import NotFound

PROTOCOL_VERSION = "7"
"""The version of the event format that SDKs speak."""


@dataclass(frozen=True, kw_only=True)
class Scene:
    """Where it happened."""

    issue: Issue
    project: Project
    site: Site


Data = dict[str, JsonValue]


def describe(region: Region, happening: Happening, *, organization_id: int) -> Data | None:
    """What the webhook says of what happened. Needs a session. Implements ``Describe``."""
    # What happened elsewhere has no scene here, and is told as it was given.
    if isinstance(happening.detail, Broadcast):
        return dict(happening.detail.payload)
    if isinstance(happening.detail, MetricCrossed):
        return happening.detail.as_json()
    issue = Issue.get_or_none(Issue.id == happening.issue_id)
    project = Project.get_or_none(Project.id == issue.project_id) if issue else None
    organization = find_organization(organization_id)
    # It may be deleted in the very transaction that tells of it.
    if issue is None or project is None or organization is None:
        return None
    site = Site(base_url=public_url_of(region), organization_slug=organization.slug)
    try:
        return PAYLOADS[type(happening.detail)](happening, Scene(issue=issue, project=project, site=site))
    except NotFound:
        return None


def _issue(happening: Happening, scene: Scene) -> Data:
    return IssueHook(issue=_shown(scene)).to_json()


def _shown(scene: Scene) -> HookIssueObject:
    shown = IssueObject.of(scene.issue, project=scene.project, site=scene.site)
    return HookIssueObject.linked(shown, scene.issue, site=scene.site)


def _resolved(happening: Happening, scene: Scene) -> Data:
    how = happening.detail.as_json()["resolution_type"]
    return ResolvedHook(issue=_shown(scene), resolution_type=how).to_json()


def _assigned(happening: Happening, scene: Scene) -> Data:
    assignee = happening.detail.as_json()["assignee"]
    told = HookAssigneeObject(**{**assignee, "id": int(assignee["id"])}) if assignee else None
    return AssignedHook(issue=_shown(scene), assignee=told).to_json()


def _error(happening: Happening, scene: Scene) -> Data:
    event = find_project_event(scene.project.id, str(happening.detail.as_json()["event_id"]))
    if event is None:
        raise NotFound
    return {"error": event_object(event, project=scene.project, site=scene.site)}


def event_object(event: Event, *, project: Project, site: Site) -> Data:
    """The ``error`` or ``event`` of a webhook: what was sent, and what was made of it (spec §5.2)."""
    outline = EventOutline(**event.outline)
    project_url = f"{site.base_url}/api/0/projects/{site.organization_slug}/{project.slug}"
    made = HookEventObject(
        event_id=event.event_id,
        project=project.id,
        issue_id=str(event.issue_id),
        title=outline.title,
        message=outline.message,
        culprit=outline.culprit,
        location=outline.location,
        metadata=outline.metadata,
        type=outline.type,
        level=outline.level,
        platform=outline.platform,
        release=outline.release,
        environment=outline.environment,
        dist=outline.dist,
        tags=outline.tags,
        user=outline.user,
        version=PROTOCOL_VERSION,
        datetime=instant_json(event.occurred_at),
        timestamp=event.occurred_at.timestamp(),
        received=event.received_at.timestamp(),
        url=f"{project_url}/events/{event.event_id}/",
        web_url=f"{site.issue_link(event.issue_id)}events/{event.event_id}/",
        issue_url=site.issue_url(event.issue_id),
    )
    # Last, so that what the platform says of the event stands, whatever an SDK sent under these names. What was sent
    # is put in as it was stored: it may be large, and is not looked at once more.
    return {**event.payload, **made.to_json()}


def _alert(happening: Happening, scene: Scene) -> Data:
    """The original's payload: the event, which rule it met, and what the user entered in the app's form."""
    told = happening.detail.as_json()
    # It only said where to find the event, which the payload has whole.
    del told["event_id"]
    return {"event": _error(happening, scene)["error"], **told}


def _comment(happening: Happening, scene: Scene) -> Data:
    told = happening.detail.as_json()
    return CommentHook(
        comment_id=told["comment_id"],
        issue_id=scene.issue.id,
        project_slug=scene.project.slug,
        timestamp=instant_json(happening.at),
        comment=told["comment"],
    ).to_json()


PAYLOADS: Mapping[type[Detail], Callable[[Happening, Scene], Data]] = {
    IssueSeen: _issue,
    StatusChanged: _issue,
    Resolved: _resolved,
    Assigned: _assigned,
    ErrorSeen: _error,
    Commented: _comment,
    RuleMet: _alert,
}
"""How the payload of each kind of detail is made that tells of an issue."""
