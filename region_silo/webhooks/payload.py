"""The ``data`` of each webhook of a region (spec §5.2). Owns its shape; refuses to know who is told."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass

from region_silo.models.issue import Issue
from region_silo.models.project import Project
from region_silo.services.activity import ActivityKind
from region_silo.services.event_object import event_webhook_object
from region_silo.services.events import find_project_event
from region_silo.services.issue_object import Place, issue_links, issue_object
from region_silo.services.rule_firing import EVENT_ALERT
from shared.database.columns import parse_instant
from shared.domain.json_value import JsonObject, JsonValue
from shared.errors import NotFound
from shared.http.answer import instant_json


@dataclass(frozen=True, kw_only=True)
class Happening:
    """What happened, and to which issue."""

    event: str
    """``resource.action``."""
    issue: Issue
    project: Project
    place: Place
    data: JsonObject
    """What ``record_activity`` was given."""
    at: str
    """When, as it is stored."""


def data_of(happening: Happening) -> Mapping[str, JsonValue]:
    """What the webhook says. Needs a session.

    Raises:
        NotFound: the event that it tells of is gone.
    """
    return _DATA[happening.event](happening)


def _issue(happening: Happening) -> dict[str, JsonValue]:
    shown = issue_object(happening.issue, project=happening.project, place=happening.place)
    return {"issue": shown | issue_links(happening.issue, place=happening.place)}


def _resolved(happening: Happening) -> dict[str, JsonValue]:
    return _issue(happening) | {"resolution_type": happening.data.get("resolution_type")}


def _assigned(happening: Happening) -> dict[str, JsonValue]:
    return _issue(happening) | {"assignee": happening.data.get("assignee")}


def _error(happening: Happening) -> dict[str, JsonValue]:
    event = find_project_event(happening.project.id, str(happening.data["event_id"]))
    if event is None:
        raise NotFound
    return {"error": event_webhook_object(event, project=happening.project, place=happening.place)}


def _alert(happening: Happening) -> dict[str, JsonValue]:
    """As the original has it: the event, which rule it met, and what the user entered in the app's form."""
    told = {name: value for name, value in happening.data.items() if name != "event_id"}
    return {"event": _error(happening)["error"], **told}


def _comment(happening: Happening) -> dict[str, JsonValue]:
    return {
        "comment_id": happening.data["comment_id"],
        "issue_id": happening.issue.id,
        "project_slug": happening.project.slug,
        "timestamp": instant_json(parse_instant(happening.at)),
        "comment": happening.data["comment"],
    }


_DATA: Mapping[str, Callable[[Happening], dict[str, JsonValue]]] = {
    ActivityKind.ISSUE_CREATED: _issue,
    ActivityKind.ISSUE_RESOLVED: _resolved,
    ActivityKind.ISSUE_UNRESOLVED: _issue,
    ActivityKind.ISSUE_IGNORED: _issue,
    ActivityKind.ISSUE_ASSIGNED: _assigned,
    ActivityKind.ERROR_CREATED: _error,
    ActivityKind.COMMENT_CREATED: _comment,
    ActivityKind.COMMENT_UPDATED: _comment,
    ActivityKind.COMMENT_DELETED: _comment,
    EVENT_ALERT: _alert,
}
