"""Issues: what is read of them, and what was done to them."""

from datetime import datetime
from typing import Annotated, Any, ClassVar, Literal, Self

from pydantic import MISSING, ConfigDict, Field

from region_silo.models.issue import Activity, Issue, IssueStatus
from region_silo.models.project import Project
from region_silo.services.issue_changes import Assignee, IssueChange, usual_substatus
from region_silo.services.short_id import ShortId
from region_silo.services.site import Site
from region_silo.services.status_details import shown_details
from shared.bodies.body import Body, shown_by
from shared.bodies.fields import Choice, JsonDict
from shared.domain.event import EVENTS
from shared.domain.webhook import PLATFORM

_NOW = "2030-01-01T12:00:00Z"
_JANE = {"type": "user", "id": "2", "name": "Jane Doe"}
ACTIVITIES = [{"id": "1", "type": "assigned", "user": _JANE, "data": {"assignee": "2"}, "dateCreated": _NOW}]
ISSUE: dict[str, Any] = {
    "id": "5121",
    "shareId": None,
    "shortId": "WEB-1",
    "title": "ValueError: basket is empty",
    "culprit": "shop.checkout in pay",
    "permalink": "http://127.0.0.1:8000/organizations/acme/issues/5121/",
    "logger": None,
    "level": "error",
    "status": "unresolved",
    "statusDetails": {},
    "substatus": "new",
    "isPublic": False,
    "platform": "python",
    "priority": None,
    "priorityLockedAt": None,
    "seerFixabilityScore": None,
    "seerAutofixLastTriggered": None,
    "seerExplorerAutofixLastTriggered": None,
    "project": {"id": "1025", "name": "Web", "slug": "web", "platform": "python"},
    "type": "error",
    "issueType": "error",
    "issueCategory": "error",
    "metadata": {"type": "ValueError", "value": "basket is empty"},
    "numComments": 1,
    "assignedTo": {**_JANE, "email": "jane@acme.example"},
    "isBookmarked": False,
    "isSubscribed": False,
    "subscriptionDetails": None,
    "hasSeen": False,
    "annotations": [],
    "count": "17",
    "userCount": 3,
    "firstSeen": _NOW,
    "lastSeen": _NOW,
}


class IssueProjectObject(Body):
    """The project of an issue."""

    id: str
    name: str
    slug: str
    platform: str

    @classmethod
    def of(cls, project: Project) -> Self:
        return cls(id=str(project.id), name=project.name, slug=project.slug, platform=project.platform or "")


class AssigneeObject(Body):
    """Whom an issue is assigned to."""

    type: Literal["user"]
    id: str
    name: str
    email: str | None

    @classmethod
    def of(cls, assignee: Assignee) -> Self:
        return cls(**assignee.as_json())


class IssueObject(Body):
    """An issue, without what nothing here stands behind, unless clients of the original insist on it."""

    model_config: ClassVar[ConfigDict] = shown_by(ISSUE)

    id: str
    # Always null here: nothing of an issue is public. Clients demand the key, of this and of the others that are null.
    share_id: None = None
    short_id: str = Field(examples=["WEB-1"])
    title: str
    culprit: str
    permalink: str
    logger: None = None
    # As an SDK may send it; what it does not know an event was given when it came in.
    level: Annotated[str, Choice("fatal", "error", "warning", "info", "debug", "sample")]
    status: Annotated[str, Choice(*(status.value for status in IssueStatus))]
    status_details: JsonDict = Field(
        default_factory=dict, description="In which release it is resolved, or until when it is ignored."
    )
    substatus: str | None
    is_public: Literal[False] = False
    platform: str
    priority: None = None
    priority_locked_at: None = None
    seer_fixability_score: None = None
    seer_autofix_last_triggered: None = None
    seer_explorer_autofix_last_triggered: None = None
    project: IssueProjectObject
    type: Annotated[str, Choice("error", "default")]
    # The original has others, of performance and uptime, which nothing here makes.
    issue_type: Literal["error"] = "error"
    issue_category: Literal["error"] = "error"
    metadata: JsonDict
    num_comments: int
    assigned_to: AssigneeObject | None
    is_bookmarked: Literal[False] = False
    is_subscribed: Literal[False] = False
    subscription_details: None = None
    has_seen: Literal[False] = False
    annotations: list[str] = Field(default_factory=list)
    count: str
    user_count: int
    first_seen: datetime
    last_seen: datetime

    @classmethod
    def of(cls, issue: Issue, *, project: Project, site: Site) -> Self:
        assignee = Assignee.of(issue)
        return cls(
            id=str(issue.id),
            short_id=str(ShortId(project.slug, issue.number)),
            title=issue.title,
            culprit=issue.culprit,
            # By its id and not by its short id, which changes with the project's slug.
            permalink=site.issue_link(issue.id),
            level=issue.level,
            status=issue.status,
            status_details=shown_details(issue.status_details),
            substatus=issue.substatus,
            platform=issue.platform,
            project=IssueProjectObject.of(project),
            type=issue.type,
            metadata=issue.metadata,
            num_comments=issue.comment_count,
            assigned_to=AssigneeObject.of(assignee) if assignee else None,
            # A text, since the original's clients parse one.
            count=str(issue.times_seen),
            user_count=issue.user_count,
            first_seen=issue.first_seen_at,
            last_seen=issue.last_seen_at,
        )


class IssueActorObject(Body):
    """Who did something."""

    type: Annotated[str, Choice("user", "application")]
    id: str
    name: str


class ActivityObject(Body):
    """Something that was done to an issue, under the original's name for it."""

    id: str
    type: str
    user: IssueActorObject | None = Field(description="Null for what the platform did by itself.")
    data: JsonDict
    date_created: datetime

    @classmethod
    def of(cls, activity: Activity) -> Self:
        is_by_platform = (activity.actor_type, activity.actor_id) == (PLATFORM.type, PLATFORM.id)
        actor = IssueActorObject(type=activity.actor_type, id=activity.actor_id, name=activity.actor_name)
        return cls(
            id=str(activity.id),
            type=_type_of(activity),
            # Clients of the original take a missing user for the platform, and an actor for a person.
            user=None if is_by_platform else actor,
            data=activity.data,
            date_created=activity.happened_at,
        )


class IssueDetailObject(IssueObject):
    """An issue, with what was done to it."""

    model_config: ClassVar[ConfigDict] = shown_by(
        ISSUE | {"activity": ACTIVITIES} | {"participants": [], "seenBy": [], "userReportCount": 0}
    )

    activity: list[ActivityObject] = Field(description="The newest hundred, newest first.")
    # Empty: who takes part in an issue or has seen it is not kept.
    participants: list[JsonDict] = Field(default_factory=list)
    seen_by: list[JsonDict] = Field(default_factory=list)
    user_report_count: Literal[0] = 0


class ChangedIssuesObject(Body):
    """What became of all issues that were named, as it was understood; what was not asked for is left out."""

    model_config: ClassVar[ConfigDict] = shown_by({"status": "resolved", "statusDetails": {}, "substatus": None})

    status: str | MISSING = MISSING
    status_details: JsonDict | MISSING = MISSING
    substatus: str | MISSING | None = MISSING
    assigned_to: AssigneeObject | MISSING | None = MISSING

    @classmethod
    def of(cls, change: IssueChange) -> Self:
        shown: dict[str, Any] = {}
        if change.status is not None:
            # What each issue got that had another status; one that kept its status may keep its substatus.
            substatus = change.substatus or usual_substatus(change.status, details=change.details)
            shown |= {"status": change.status.value, "status_details": change.details.shown(), "substatus": substatus}
        if change.assignee is not MISSING:
            shown["assigned_to"] = AssigneeObject.of(change.assignee) if change.assignee else None
        return cls(**shown)


class ShortIdObject(Body):
    """What a short id stands for."""

    model_config: ClassVar[ConfigDict] = shown_by(
        {"organizationSlug": "acme", "projectSlug": "web", "groupId": "5121", "shortId": "WEB-1", "group": ISSUE}
    )

    organization_slug: str
    project_slug: str
    group_id: str
    short_id: str
    group: IssueObject


def _type_of(activity: Activity) -> str:
    event = EVENTS[activity.kind]
    # A kind that the table has no word for is shown by the name it was recorded under, and is not hidden.
    return event.row.activity_by_substatus.get(activity.data.get("substatus"), event.row.activity) or activity.kind
