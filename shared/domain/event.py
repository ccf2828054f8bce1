"""What apps can be told: one table, with a row for every event.

A row says all that is known of an event but where it happens. Subscriptions, the request log, webhooks, the activity of
an issue and ``silo trigger`` follow from it. Refuses to know hooks, deliveries and what a payload looks like.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import Enum, StrEnum, auto
from types import MappingProxyType
from typing import Self

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
from shared.domain.json_value import JsonObject

MEMBER = "{member}"
"""In the body of an ``IssueRequest``: a member of the organization, whom the user of ``silo trigger`` names."""
_TEXT = "silo trigger made this"


class Told(Enum):
    """Who is told of an event."""

    SUBSCRIBERS = auto()
    """Every installation whose app subscribes to the resource."""
    ITS_APP = auto()
    """The app that it happens to, subscribed or not, by control."""
    NAMED = auto()
    """The app that an alert names."""
    ASKED = auto()
    """The app whose component is used: it is asked, and the answer waited for."""


@dataclass(frozen=True)
class IssueRequest:
    """A request of the REST API to a new issue, by which ``silo trigger`` makes something happen to it."""

    method: str
    path: str = ""
    """Below the issue's; ``{id}`` stands for the id in the answer to the request before."""
    body: JsonObject = field(default_factory=dict)


@dataclass(frozen=True, kw_only=True)
class EventRow:
    """What is known of an event besides its name. What has no default cannot be forgotten."""

    told: Told
    detail: type[Detail] | None
    """What a webhook of a region is made of; None: no region sends one."""
    activity: str | None
    """How the activity of an issue calls it; None: it is not shown there."""
    trigger: tuple[IssueRequest, ...] | str | None
    """What ``silo trigger`` does to a new issue; or, in words, what else makes it; None: nothing that is offered."""
    is_named: bool = True
    """Whether it can be subscribed to alone, and is shown with its resource, with which it is told in any case."""
    activity_by_substatus: Mapping[str, str] = field(default_factory=dict)
    """What the activity calls it instead, by the substatus that came with it."""


_ELSEWHERE = EventRow(
    told=Told.SUBSCRIBERS, detail=Broadcast, activity=None, trigger="`silo trigger` with the payload that is given"
)
"""What other services tell a region of (settled.md): nothing here makes it happen."""
_ALERT = EventRow(told=Told.NAMED, detail=MetricCrossed, activity=None, trigger="`silo trigger` with --app")
_ASKED = EventRow(told=Told.ASKED, detail=None, activity=None, trigger="a form of the app's, when somebody fills it in")
_ADD_COMMENT = IssueRequest("POST", "comments/", {"text": _TEXT})


def _status(detail: type[Detail], activity: str, *statuses: str, **by_substatus: str) -> EventRow:
    # A new issue is unresolved: what brings it back to that has to take it away first.
    requests = tuple(IssueRequest("PUT", body={"status": status}) for status in statuses)
    return EventRow(
        told=Told.SUBSCRIBERS, detail=detail, activity=activity, trigger=requests, activity_by_substatus=by_substatus
    )


def _comment(*requests: IssueRequest) -> EventRow:
    return EventRow(told=Told.SUBSCRIBERS, detail=Commented, activity=None, trigger=requests)


def _its_app(made_by: str) -> EventRow:
    return EventRow(told=Told.ITS_APP, detail=None, activity=None, trigger=made_by)


# The order is the one in which names are shown to people: what every app hears of first, then what few do.
class AppEvent(StrEnum):
    """An event: ``resource.action``, as subscriptions, webhooks and logs name it."""

    _value_: str
    happens: str
    """A sentence for people."""
    row: EventRow

    def __new__(cls, name: str, happens: str, row: EventRow) -> Self:
        """Makes a member that is its name, and knows its row."""
        # The member is its name alone, so that it is stored, compared and printed as one.
        event = str.__new__(cls, name)
        event._value_, event.happens, event.row = name, happens, row
        return event

    ISSUE_CREATED = (
        "issue.created",
        "An issue is new.",
        EventRow(told=Told.SUBSCRIBERS, detail=IssueSeen, activity="first_seen", trigger=()),
    )
    ISSUE_RESOLVED = "issue.resolved", "An issue is resolved.", _status(Resolved, "set_resolved", "resolved")
    ISSUE_UNRESOLVED = (
        "issue.unresolved",
        "An issue is taken up again, or its error comes back.",
        _status(StatusChanged, "set_unresolved", "resolved", "unresolved", regressed="set_regression"),
    )
    ISSUE_IGNORED = "issue.ignored", "An issue is archived.", _status(StatusChanged, "set_ignored", "ignored")
    ISSUE_ASSIGNED = (
        "issue.assigned",
        "An issue has another assignee.",
        EventRow(
            told=Told.SUBSCRIBERS,
            detail=Assigned,
            activity="assigned",
            trigger=(IssueRequest("PUT", body={"assignedTo": MEMBER}),),
        ),
    )
    ISSUE_UNASSIGNED = (
        "issue.unassigned",
        "An issue is nobody's any more.",
        EventRow(
            told=Told.SUBSCRIBERS,
            detail=Assigned,
            activity="unassigned",
            trigger=(IssueRequest("PUT", body={"assignedTo": MEMBER}), IssueRequest("PUT", body={"assignedTo": ""})),
            # The original knows no such event; its apps expect of an assignment that it has an assignee.
            is_named=False,
        ),
    )
    # Gated by a feature of the organization (spec §5.3), which the installation's replica has taken into account.
    ERROR_CREATED = (
        "error.created",
        "An error comes in.",
        EventRow(told=Told.SUBSCRIBERS, detail=ErrorSeen, activity=None, trigger=()),
    )
    COMMENT_CREATED = "comment.created", "Someone comments on an issue.", _comment(_ADD_COMMENT)
    COMMENT_UPDATED = (
        "comment.updated",
        "A comment has another text.",
        # Each with a comment of its own: nobody's words are changed by trying a command out.
        _comment(_ADD_COMMENT, IssueRequest("PUT", "comments/{id}/", {"text": f"{_TEXT}, and changed it"})),
    )
    COMMENT_DELETED = (
        "comment.deleted",
        "A comment is gone.",
        _comment(_ADD_COMMENT, IssueRequest("DELETE", "comments/{id}/")),
    )

    # What follows is named as the original names it: apps that subscribe there may subscribe here.
    SEER_ROOT_CAUSE_STARTED = "seer.root_cause_started", "Seer starts on the root cause.", _ELSEWHERE
    SEER_ROOT_CAUSE_COMPLETED = "seer.root_cause_completed", "Seer is done with the root cause.", _ELSEWHERE
    SEER_SOLUTION_STARTED = "seer.solution_started", "Seer starts on a solution.", _ELSEWHERE
    SEER_SOLUTION_COMPLETED = "seer.solution_completed", "Seer is done with a solution.", _ELSEWHERE
    SEER_CODING_STARTED = "seer.coding_started", "Seer starts on code.", _ELSEWHERE
    SEER_CODING_COMPLETED = "seer.coding_completed", "Seer is done with code.", _ELSEWHERE
    SEER_TRIAGE_STARTED = "seer.triage_started", "Seer starts on triage.", _ELSEWHERE
    SEER_TRIAGE_COMPLETED = "seer.triage_completed", "Seer is done with triage.", _ELSEWHERE
    SEER_IMPACT_ASSESSMENT_STARTED = "seer.impact_assessment_started", "Seer starts on the impact.", _ELSEWHERE
    SEER_IMPACT_ASSESSMENT_COMPLETED = "seer.impact_assessment_completed", "Seer is done with the impact.", _ELSEWHERE
    SEER_ITERATION_STARTED = "seer.iteration_started", "Seer starts on another iteration.", _ELSEWHERE
    SEER_ITERATION_COMPLETED = "seer.iteration_completed", "Seer is done with another iteration.", _ELSEWHERE
    SEER_PR_CREATED = "seer.pr_created", "Seer opens a pull request.", _ELSEWHERE
    PREPROD_SIZE_ANALYSIS_COMPLETED = (
        "preprod_artifact.size_analysis_completed",
        "The size of a build is known.",
        _ELSEWHERE,
    )
    PREPROD_BUILD_DISTRIBUTION_COMPLETED = (
        "preprod_artifact.build_distribution_completed",
        "A build can be installed by its testers.",
        _ELSEWHERE,
    )
    # The older name of the event above (settled.md): apps that were made before it go on hearing of it.
    SIZE_ANALYSIS_COMPLETED = "size_analysis.completed", "The size of a build is known.", _ELSEWHERE

    # Told whatever is subscribed to: an app could else not know that there is somebody to serve.
    INSTALLATION_CREATED = "installation.created", "The app is installed.", _its_app("`silo app install`")
    INSTALLATION_DELETED = "installation.deleted", "The app is uninstalled.", _its_app("`silo app uninstall`")

    EVENT_ALERT_TRIGGERED = (
        "event_alert.triggered",
        "An event meets an alert rule that names the app.",
        EventRow(
            told=Told.NAMED,
            detail=RuleMet,
            activity=None,
            trigger="an issue that meets a rule: POST …/rules/, then `silo trigger issue.created`",
        ),
    )
    METRIC_ALERT_OPEN = "metric_alert.open", "A metric alert opens.", _ALERT
    METRIC_ALERT_RESOLVED = "metric_alert.resolved", "A metric is as it should be again.", _ALERT
    METRIC_ALERT_CRITICAL = "metric_alert.critical", "A metric passes its critical threshold.", _ALERT
    METRIC_ALERT_WARNING = "metric_alert.warning", "A metric passes its warning threshold.", _ALERT

    EXTERNAL_ISSUE_CREATED = (
        "external_issue.created",
        "A ticket is made for an issue through the app.",
        _ASKED,
    )
    EXTERNAL_ISSUE_LINKED = (
        "external_issue.linked",
        "An issue is linked to a ticket through the app.",
        _ASKED,
    )
    SELECT_OPTIONS_REQUESTED = (
        "select_options.requested",
        "A form of the app's with a select in it is shown.",
        _ASKED,
    )
    ALERT_RULE_ACTION_REQUESTED = (
        "alert_rule_action.requested",
        "A rule is saved with the app's form.",
        _ASKED,
    )
    ALERT_RULE_ACTION_ERROR = (
        "alert_rule_action.error",
        "The app refuses a rule's form.",
        _ASKED,
    )

    @property
    def resource(self) -> str:
        """The first half of the name."""
        return self.value.partition(".")[0]

    @property
    def action(self) -> str:
        """The second half of the name."""
        return self.value.partition(".")[2]


INSTALLATION_EVENTS = frozenset(event.value for event in AppEvent if event.row.told is Told.ITS_APP)
"""Events that are logged in control; all others are logged in regions."""
EVENTS: Mapping[str, AppEvent] = MappingProxyType({event.value: event for event in AppEvent})
"""By name."""
# All of them: whatever an app is called for can be looked up by its name.
REQUEST_LOG_EVENTS = frozenset(EVENTS)
"""Every event name that the request log accepts."""
