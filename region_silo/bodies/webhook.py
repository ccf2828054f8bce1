"""The ``data`` of each webhook of a region (spec §5.2): one class for each kind of what happened.

The names of JSON are those of the fields here, with underscores: webhooks keep them, where the API has capitals.
"""

from collections.abc import Mapping
from types import MappingProxyType
from typing import Any, ClassVar, Self

from pydantic import MISSING, ConfigDict, Field

from region_silo.bodies.issue import ISSUE, IssueObject
from region_silo.models.issue import Issue
from region_silo.services.site import Site
from shared.bodies.body import Body, shown_by
from shared.bodies.fields import JsonDict
from shared.domain.event import AppEvent
from shared.domain.happening import (
    Assigned,
    Broadcast,
    Commented,
    Detail,
    ErrorSeen,
    IssueSeen,
    MetricCrossed,
    Resolved,
    RuleMet,
    StatusChanged,
)


class HookBody(Body):
    """A part of a webhook."""

    model_config: ClassVar[ConfigDict] = ConfigDict(alias_generator=None)


class HookIssueObject(IssueObject):
    """An issue as webhooks show it: as the API does, so that an app reads one shape from both, with links besides."""

    model_config: ClassVar[ConfigDict] = shown_by(
        {
            **ISSUE,
            "url": "http://127.0.0.1:8000/api/0/organizations/acme/issues/5121/",
            "web_url": "http://127.0.0.1:8000/organizations/acme/issues/5121/",
            "project_url": "http://127.0.0.1:8000/organizations/acme/issues/?project=1025",
        }
    )

    url: str
    web_url: str = Field(alias="web_url")
    project_url: str = Field(alias="project_url")

    @classmethod
    def linked(cls, shown: IssueObject, issue: Issue, *, site: Site) -> Self:
        """The issue with the links that a webhook has of it."""
        return cls(
            # Made before and passed on: whoever lists many issues has looked their projects up at once.
            **dict(shown),
            url=site.issue_url(issue.id),
            web_url=site.issue_link(issue.id),
            project_url=f"{site.web_url}/issues/?project={issue.project_id}",
        )


class IssueHook(HookBody):
    """Something happened to an issue."""

    issue: HookIssueObject


class ResolvedHook(IssueHook):
    """An issue is resolved."""

    resolution_type: str = Field(description="`now`, `in_next_release`, `in_release` or `in_commit`.")


class HookAssigneeObject(HookBody):
    """Whom an issue is assigned to, whose id is a number here and nowhere else."""

    type: str
    id: int
    name: str
    email: str | None


class AssignedHook(IssueHook):
    """An issue has another assignee, or none any more."""

    assignee: HookAssigneeObject | None


class HookEventObject(HookBody):
    """An event: what an SDK sent, in the one shape that every event has here, and what was made of it."""

    # Whatever else an SDK sent is told as well, under the names that it has.
    model_config: ClassVar[ConfigDict] = ConfigDict(extra="allow")

    event_id: str = Field(description="32 hex characters.")
    project: int
    issue_id: str = Field(description="A text here and a number in a comment's payload, as the original has them.")
    title: str
    message: str
    culprit: str
    location: str | None
    metadata: JsonDict
    type: str
    level: str
    platform: str
    release: str | None
    environment: str | None
    dist: str | None
    tags: list[list[str]] = Field(description="Pairs of key and value.")
    user: JsonDict | None
    version: str
    datetime: str
    timestamp: float = Field(description="In seconds, the same instant as `datetime`: receivers read either.")
    received: float
    url: str
    web_url: str
    issue_url: str


class ErrorHook(HookBody):
    """An error came in."""

    error: HookEventObject


class SettingObject(HookBody):
    """What somebody entered in a field of the app's form."""

    name: str
    value: Any


class IssueAlertObject(HookBody):
    """The rule that was met, with what was entered in the app's form."""

    # The original's rule has more than is documented; what is named here is what receivers read.
    model_config: ClassVar[ConfigDict] = ConfigDict(extra="allow")

    id: Any
    title: str
    sentry_app_id: int
    settings: list[SettingObject]


class AlertHook(HookBody):
    """An event met an alert rule."""

    event: HookEventObject
    triggered_rule: str
    issue_alert: IssueAlertObject | MISSING = Field(
        default=MISSING, description="Absent where the rule names the app alone, without a form of its own."
    )


class CommentHook(HookBody):
    """A comment was written, changed or deleted."""

    comment_id: int
    issue_id: int
    project_slug: str
    timestamp: str
    comment: str


class MetricActionObject(HookBody):
    """What a threshold's crossing does: tell an app."""

    model_config: ClassVar[ConfigDict] = ConfigDict(extra="allow")

    sentry_app_id: int
    sentry_app_installation_uuid: str
    settings: list[SettingObject]


class MetricTriggerObject(HookBody):
    """A threshold."""

    model_config: ClassVar[ConfigDict] = ConfigDict(extra="allow")

    label: str
    alert_threshold: float
    actions: list[MetricActionObject]


class HookMetricRuleObject(HookBody):
    """What is counted, and when it is too much."""

    model_config: ClassVar[ConfigDict] = ConfigDict(extra="allow")

    id: str
    name: str
    projects: list[str]
    triggers: list[MetricTriggerObject]


class MetricAlertObject(HookBody):
    """An incident, with its rule."""

    model_config: ClassVar[ConfigDict] = ConfigDict(extra="allow")

    id: str
    title: str
    status: int
    organization_id: str
    projects: list[str]
    alert_rule: HookMetricRuleObject


class MetricHook(HookBody):
    """A metric crossed a threshold, or is as it should be again."""

    metric_alert: MetricAlertObject
    description_text: str
    description_title: str
    web_url: str


class BroadcastHook(HookBody):
    """Something happened elsewhere: what another service said of it, whatever that is."""

    model_config: ClassVar[ConfigDict] = ConfigDict(extra="allow")


# Looked up by the class and not by the event: several events tell the same kind of thing.
DATA: Mapping[type[Detail], type[HookBody]] = MappingProxyType(
    {
        IssueSeen: IssueHook,
        StatusChanged: IssueHook,
        Resolved: ResolvedHook,
        Assigned: AssignedHook,
        ErrorSeen: ErrorHook,
        Commented: CommentHook,
        RuleMet: AlertHook,
        MetricCrossed: MetricHook,
        Broadcast: BroadcastHook,
    }
)
"""By the kind of what happened."""
HOOKS: Mapping[AppEvent, type[Body]] = MappingProxyType(
    {event: DATA[event.row.detail] for event in AppEvent if event.row.detail is not None}
)
"""By event."""
