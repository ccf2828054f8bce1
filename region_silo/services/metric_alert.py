"""What an app is told of a metric alert that names it: the incident, with its rule, in the original's words and shape.

Owns that shape. Refuses to know when a rule fires.
"""

from datetime import datetime
from enum import IntEnum
from typing import Any

from region_silo.models.metric_rule import MetricRule
from region_silo.models.project import Project
from shared.domain.event import AppEvent
from shared.domain.happening import MetricCrossed
from shared.domain.instant import instant_json
from shared.domain.json_value import JsonObject, JsonValue


class Level(IntEnum):
    """How bad it is, as the original numbers it; but for ``OK``, which is its 2 once there was an incident."""

    OK = 0
    WARNING = 10
    CRITICAL = 20


LABELS = {Level.CRITICAL: "critical", Level.WARNING: "warning"}
"""What a trigger is called that stands for a level, in the order in which triggers come."""
_STATUSES = {
    AppEvent.METRIC_ALERT_OPEN: (1, "Open"),
    AppEvent.METRIC_ALERT_RESOLVED: (2, "Resolved"),
    AppEvent.METRIC_ALERT_WARNING: (10, "Warning"),
    AppEvent.METRIC_ALERT_CRITICAL: (20, "Critical"),
}
"""How the original numbers them, and what they are called."""
_FROM_THRESHOLD = 3
"""``status_method``: it was a threshold that changed the status."""
_DETECTED = 2
"""``type``: found by a threshold, not made by hand."""
_MAX_ACTIONS = 100
# Above both thresholds, whichever the event is about: what is told must not contradict itself.
_MADE_UP_COUNT = 100


def crossed_metric(
    event: AppEvent, rule: MetricRule, project: Project, *, events: int, web_url: str, at: datetime
) -> MetricCrossed:
    """An incident in which the number of a project's events crossed a threshold.

    Args:
        event: which threshold, or that it is over.
        rule: in its incident.
        project: whose events were counted.
        events: how many there were.
        web_url: base of the links to the organization.
        at: when.
    """
    status, word = _STATUSES[event]
    began_at, number = rule.began_at or at, str(rule.incident_id or 1)
    incident: JsonObject = {
        "id": number,
        "identifier": number,
        "organization_id": str(rule.organization_id),
        "projects": [project.slug],
        "alert_rule": rule_object(rule, project),
        "title": rule.name,
        "status": status,
        "status_method": _FROM_THRESHOLD,
        "type": _DETECTED,
        "date_started": instant_json(began_at),
        "date_detected": instant_json(began_at),
        "date_created": instant_json(began_at),
        "date_closed": instant_json(at) if event is AppEvent.METRIC_ALERT_RESOLVED else None,
    }
    return MetricCrossed(
        # The description is of the original's form, which apps show as it stands.
        metric_alert=incident,
        description_text=f"{events} events in the last {rule.window_minutes} minutes",
        description_title=f"{word}: {rule.name}",
        web_url=f"{web_url}/alerts/rules/details/{rule.id}/",
    )


def made_up(
    event: AppEvent, project: Project, *, installation_uuid: str, sentry_app_id: int, web_url: str, at: datetime
) -> MetricCrossed:
    """What an app would be told of a rule that names it, where there is none."""
    action = {
        "installation_uuid": installation_uuid,
        "sentry_app_id": sentry_app_id,
        "settings": [],
        "has_form": False,
    }
    rule = MetricRule(
        id=1,
        organization_id=project.organization_id,
        project_id=project.id,
        name=f"Too many errors in {project.slug}",
        window_minutes=10,
        triggers=[
            {"label": "critical", "alert_threshold": 75, "actions": [action]},
            {"label": "warning", "alert_threshold": 50, "actions": [action]},
        ],
        created_at=at,
        changed_at=at,
    )
    events = 0 if event is AppEvent.METRIC_ALERT_RESOLVED else _MADE_UP_COUNT
    return crossed_metric(event, rule, project, events=events, web_url=web_url, at=at)


def rule_object(rule: MetricRule, project: Project) -> dict[str, JsonValue]:
    """A rule in the names of webhooks; REST has the same ones in camelCase."""
    return {
        "id": str(rule.id),
        "name": rule.name,
        "organization_id": str(rule.organization_id),
        "projects": [project.slug],
        "status": 0,
        "dataset": "events",
        "query": "",
        "aggregate": "count()",
        # 0: above it. The other way round, 1, is for counts that shrink.
        "threshold_type": 0,
        "resolve_threshold": rule.resolve_threshold,
        "time_window": rule.window_minutes,
        "environment": None,
        "resolution": 1,
        "threshold_period": 1,
        "include_all_projects": False,
        "excluded_projects": [],
        "triggers": [_trigger(rule, number) for number in range(len(rule.triggers))],
        # By nobody, so that no user's name and address go to an app.
        "created_by": None,
        "date_created": instant_json(rule.created_at),
        "date_modified": instant_json(rule.changed_at),
    }


def _trigger(rule: MetricRule, number: int) -> JsonObject:
    trigger = rule.triggers[number]
    # By the rule's id, so that no two rules have triggers of one number; they are of a rule and kept in it.
    trigger_id = rule.id * len(LABELS) + number
    return {
        "id": str(trigger_id),
        "alert_rule_id": str(rule.id),
        "label": trigger["label"],
        "threshold_type": 0,
        "alert_threshold": trigger["alert_threshold"],
        "resolve_threshold": rule.resolve_threshold,
        "date_created": instant_json(rule.created_at),
        "actions": [
            _action(action, trigger_id * _MAX_ACTIONS + place, trigger_id=trigger_id, at=rule.created_at)
            for place, action in enumerate(trigger["actions"])
        ],
    }


def _action(action: dict[str, Any], number: int, *, trigger_id: int, at: datetime) -> JsonObject:
    return {
        "id": str(number),
        "alert_rule_trigger_id": str(trigger_id),
        "type": "sentry_app",
        "target_type": "sentry_app",
        "target_identifier": str(action["sentry_app_id"]),
        "input_channel_id": None,
        "integration_id": None,
        "sentry_app_id": action["sentry_app_id"],
        "sentry_app_installation_uuid": action["installation_uuid"],
        "settings": action["settings"],
        "date_created": instant_json(at),
    }
