"""What happened to an issue as JSON, under the original's names for it."""

from typing import Any

from region_silo.models.issue import Activity
from shared.domain.event import EVENTS, AppEvent
from shared.domain.webhook import PLATFORM
from shared.http.answer import instant_json


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


def _type_of(activity: Activity) -> str | None:
    event = EVENTS[activity.kind]
    if event is AppEvent.ISSUE_ASSIGNED and activity.data.get("assignee") is None:
        return "unassigned"
    return event.row.activity_by_substatus.get(activity.data.get("substatus"), event.row.activity)
