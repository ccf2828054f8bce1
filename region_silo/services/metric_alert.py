"""What an app is told of a metric alert that names it: the incident, with its rule, in the original's words and shape.

Owns that shape. No rules of metrics are kept here yet: who is told of one is told because it was tried out.
"""

from datetime import datetime

from region_silo.models.project import Project
from shared.domain.event import AppEvent
from shared.domain.happening import MetricCrossed
from shared.domain.instant import instant_json
from shared.domain.json_value import JsonObject, JsonValue

_WINDOW_MINUTES = 10
# Above both thresholds, whichever the event is about: what is told must not contradict itself.
_COUNT = 100
_THRESHOLDS = {"critical": 75, "warning": 50}
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


def crossed_metric(
    event: AppEvent, project: Project, *, installation_uuid: str, sentry_app_id: int, web_url: str, at: datetime
) -> MetricCrossed:
    """An incident in which the number of a project's events crossed a threshold.

    Args:
        event: which threshold, or that it is over.
        project: whose events were counted.
        installation_uuid: of the app that the rule names.
        sentry_app_id: of that app.
        web_url: base of the links to the organization.
        at: when.
    """
    status, word = _STATUSES[event]
    rule = _rule(project, installation_uuid=installation_uuid, sentry_app_id=sentry_app_id, at=at)
    is_over = event is AppEvent.METRIC_ALERT_RESOLVED
    incident: JsonObject = {
        # There is no incident in any table; it only has to be a number, for apps that parse it.
        "id": "1",
        "identifier": "1",
        "organization_id": str(project.organization_id),
        "projects": [project.slug],
        "alert_rule": rule,
        "title": rule["name"],
        "status": status,
        "status_method": _FROM_THRESHOLD,
        "type": _DETECTED,
        "date_started": instant_json(at),
        "date_detected": instant_json(at),
        "date_created": instant_json(at),
        "date_closed": instant_json(at) if is_over else None,
    }
    return MetricCrossed(
        # The description is of the original's form, which apps show as it stands.
        metric_alert=incident,
        description_text=f"{0 if is_over else _COUNT} events in the last {_WINDOW_MINUTES} minutes",
        description_title=f"{word}: {rule['name']}",
        web_url=f"{web_url}/alerts/rules/details/1/",
    )


def _rule(project: Project, *, installation_uuid: str, sentry_app_id: int, at: datetime) -> dict[str, JsonValue]:
    triggers: list[JsonValue] = [
        {
            "id": str(number),
            "alert_rule_id": "1",
            "label": label,
            "threshold_type": 0,
            # `threshold_type` 0: above it. The other way round, 1, is for counts that shrink.
            "alert_threshold": _THRESHOLDS[label],
            "resolve_threshold": None,
            "date_created": instant_json(at),
            "actions": [_action(number, installation_uuid=installation_uuid, sentry_app_id=sentry_app_id, at=at)],
        }
        for number, label in enumerate(_THRESHOLDS, start=1)
    ]
    return {
        "id": "1",
        "name": f"Too many errors in {project.slug}",
        "organization_id": str(project.organization_id),
        "projects": [project.slug],
        "status": 0,
        "dataset": "events",
        "query": "",
        "aggregate": "count()",
        "threshold_type": 0,
        "resolve_threshold": None,
        "time_window": _WINDOW_MINUTES,
        "environment": None,
        "resolution": 1,
        "threshold_period": 1,
        "include_all_projects": False,
        "excluded_projects": [],
        "triggers": triggers,
        # By nobody, so that no user's name and address go to an app.
        "created_by": None,
        "date_created": instant_json(at),
        "date_modified": instant_json(at),
    }


def _action(number: int, *, installation_uuid: str, sentry_app_id: int, at: datetime) -> JsonObject:
    return {
        "id": str(number),
        "alert_rule_trigger_id": str(number),
        "type": "sentry_app",
        "target_type": "sentry_app",
        "target_identifier": str(sentry_app_id),
        "input_channel_id": None,
        "integration_id": None,
        "sentry_app_id": sentry_app_id,
        "sentry_app_installation_uuid": installation_uuid,
        "settings": [],
        "date_created": instant_json(at),
    }
