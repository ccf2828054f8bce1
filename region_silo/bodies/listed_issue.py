"""An issue in a list: with what clients of the original read there alone."""

from collections.abc import Collection
from datetime import datetime
from typing import ClassVar, Literal, Self

from pydantic import MISSING, ConfigDict, Field

from region_silo.bodies.external_issue import ExternalIssueObject
from region_silo.bodies.issue import ISSUE, IssueObject
from region_silo.models.issue import Issue, PlatformExternalIssue
from shared.bodies.body import Body, shown_by
from shared.bodies.fields import JsonDict

_NOW = "2030-01-01T12:00:00Z"


class LifetimeObject(Body):
    """How often an issue was seen since it is there."""

    count: str
    user_count: int
    first_seen: datetime
    last_seen: datetime
    stats: JsonDict = Field(default_factory=dict)


class ListedIssueObject(IssueObject):
    """An issue in a list. What rests on a choice of events, or on what is not known here, is empty."""

    model_config: ClassVar[ConfigDict] = shown_by(
        {
            **ISSUE,
            "isUnhandled": True,
            "lifetime": {"count": "17", "userCount": 3, "firstSeen": _NOW, "lastSeen": _NOW, "stats": {}},
            "stats": {},
            "filtered": None,
            "inbox": None,
            "owners": None,
            "derivedData": None,
            "sessionCount": 0,
            "integrationIssues": [],
            "sentryAppIssues": [],
            "latestEventHasAttachments": False,
            "matchingEventId": None,
            "matchingEventEnvironment": None,
        }
    )

    is_unhandled: bool | MISSING = Field(
        default=MISSING, description="Whether its newest event was not handled; left out with `collapse=unhandled`."
    )
    lifetime: LifetimeObject
    # Empty: counts by the hour are not kept for an issue. Clients draw nothing then.
    stats: JsonDict = Field(default_factory=dict)
    filtered: None = None
    inbox: None = None
    owners: None = None
    derived_data: None = None
    session_count: Literal[0] = 0
    integration_issues: list[JsonDict] = Field(default_factory=list)
    sentry_app_issues: list[ExternalIssueObject]
    latest_event_has_attachments: Literal[False] = False
    matching_event_id: None = None
    matching_event_environment: None = None

    @classmethod
    def listed(
        cls,
        shown: IssueObject,
        issue: Issue,
        *,
        links: Collection[PlatformExternalIssue],
        is_unhandled: bool | MISSING,
    ) -> Self:
        """The issue as it is shown by itself, with what lists say besides."""
        return cls(
            **dict(shown),
            is_unhandled=is_unhandled,
            lifetime=LifetimeObject(
                count=str(issue.times_seen),
                user_count=issue.user_count,
                first_seen=issue.first_seen_at,
                last_seen=issue.last_seen_at,
            ),
            sentry_app_issues=[ExternalIssueObject.of(link) for link in links],
        )
