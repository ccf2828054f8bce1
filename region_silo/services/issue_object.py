"""An issue as JSON, as the API and webhooks show it. Owns its shape and the addresses of issues and projects.

Fields of the original that nothing here stands behind are left out, unless typed clients demand them.
"""

from dataclasses import dataclass
from typing import Any

from region_silo.models.issue import Issue
from region_silo.models.project import Project
from region_silo.services.issue_changes import Assignee, assignee_object
from region_silo.services.short_id import ShortId
from shared.http.answer import instant_json


@dataclass(frozen=True, kw_only=True)
class Place:
    """Where a client finds an organization's things."""

    base_url: str
    """``https://host``, without a slash at its end."""
    organization_slug: str

    @property
    def api_url(self) -> str:
        return f"{self.base_url}/api/0/organizations/{self.organization_slug}"

    @property
    def web_url(self) -> str:
        return f"{self.base_url}/organizations/{self.organization_slug}"


def issue_object(issue: Issue, *, project: Project, place: Place) -> dict[str, Any]:
    """The issue in a list, and with ``issue_links`` the ``issue`` of a webhook."""
    return {
        "id": str(issue.id),
        "shareId": None,
        "shortId": str(ShortId(project.slug, issue.number)),
        "title": issue.title,
        "culprit": issue.culprit,
        "permalink": f"{place.web_url}/issues/{issue.id}/",
        "logger": None,
        "level": issue.level,
        "status": issue.status,
        "statusDetails": {},
        "substatus": issue.substatus,
        "isPublic": False,
        "platform": issue.platform,
        "project": project_summary(project),
        "type": issue.type,
        "issueType": "error",
        "issueCategory": "error",
        "metadata": issue.metadata,
        "numComments": issue.comment_count,
        "assignedTo": assignee_object(_assignee(issue)),
        "isBookmarked": False,
        "isSubscribed": False,
        "subscriptionDetails": None,
        "hasSeen": False,
        "annotations": [],
        "count": str(issue.times_seen),
        "userCount": issue.user_count,
        "firstSeen": instant_json(issue.first_seen_at),
        "lastSeen": instant_json(issue.last_seen_at),
    }


def issue_links(issue: Issue, *, place: Place) -> dict[str, str]:
    """What a webhook says of an issue besides (spec §5.2)."""
    return {
        "url": issue_url(issue.id, place=place),
        "web_url": f"{place.web_url}/issues/{issue.id}/",
        "project_url": f"{place.web_url}/issues/?project={issue.project_id}",
    }


def issue_url(issue_id: int, *, place: Place) -> str:
    """Where the API shows an issue."""
    return f"{place.api_url}/issues/{issue_id}/"


def project_summary(project: Project) -> dict[str, Any]:
    """The project of an issue."""
    return {"id": str(project.id), "name": project.name, "slug": project.slug, "platform": project.platform or ""}


def _assignee(issue: Issue) -> Assignee | None:
    if issue.assignee_id is None:
        return None
    return Assignee(id=issue.assignee_id, name=issue.assignee_name or "", email=issue.assignee_email)
