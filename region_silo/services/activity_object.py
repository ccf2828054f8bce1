"""What happened to an issue as JSON, under the original's names for it."""

from typing import Any

from region_silo.models.issue import Activity
from region_silo.services.activity import ActivityKind
from region_silo.services.ingestion import REGRESSED
from shared.domain.webhook import PLATFORM
from shared.http.answer import instant_json

_TYPES = {
    ActivityKind.ISSUE_CREATED: "first_seen",
    ActivityKind.ISSUE_RESOLVED: "set_resolved",
    ActivityKind.ISSUE_UNRESOLVED: "set_unresolved",
    ActivityKind.ISSUE_IGNORED: "set_ignored",
    ActivityKind.ISSUE_ASSIGNED: "assigned",
}


def activity_object(activity: Activity) -> dict[str, Any]:
    """One thing that happened; ``user`` is null for what the platform did by itself."""
    is_by_platform = (activity.actor_type, activity.actor_id) == (PLATFORM.type, PLATFORM.id)
    actor = {"type": activity.actor_type, "id": activity.actor_id, "name": activity.actor_name}
    return {
        "id": str(activity.id),
        "type": _type_of(activity),
        "user": None if is_by_platform else actor,
        "data": activity.data,
        "dateCreated": instant_json(activity.happened_at),
    }


def _type_of(activity: Activity) -> str:
    kind = ActivityKind(activity.kind)
    if kind is ActivityKind.ISSUE_UNRESOLVED and activity.data.get("substatus") == REGRESSED:
        return "set_regression"
    if kind is ActivityKind.ISSUE_ASSIGNED and activity.data.get("assignee") is None:
        return "unassigned"
    return _TYPES[kind]
