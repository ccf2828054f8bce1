"""Alert rules of metrics, in the smallest honest form: how many events of a project are too many (settled.md).

What the original measures besides is refused with a sentence: a rule that were kept and never fired would be trusted.
"""

from datetime import datetime
from typing import Annotated, Any, ClassVar, Self, TypeAlias

from pydantic import AfterValidator, BeforeValidator, ConfigDict, Field, model_validator
from pydantic.alias_generators import to_camel

from region_silo.models.metric_rule import MetricRule
from region_silo.models.project import Project
from region_silo.services.metric_alert import rule_object
from shared.bodies.body import Body, shown_by
from shared.bodies.fields import JsonDict, Name, Text, Whole
from shared.domain.json_field import FieldInvalid, parse_boolean, parse_integer
from shared.domain.json_value import JsonObject, JsonValue
from shared.errors import ValidationFailed

MAX_ACTIONS = 20
MAX_THRESHOLD = 10_000_000
_LABELS = ("critical", "warning")
_RULE: dict[str, Any] = {
    "name": "Too many errors",
    "projects": ["web"],
    "aggregate": "count()",
    "timeWindow": 10,
    "resolveThreshold": 10,
    "triggers": [
        {
            "label": "critical",
            "alertThreshold": 100,
            "actions": [
                {
                    "type": "sentry_app",
                    "targetType": "sentry_app",
                    "sentryAppInstallationUuid": "6e57b4d3-5a5c-4a0e-9a5a-6f2f9a4a9b1c",
                    "settings": [{"name": "title", "value": "Look at this"}],
                }
            ],
        }
    ],
}


def _only(*values: JsonValue, text: str) -> BeforeValidator:
    def check(value: JsonValue) -> JsonValue:
        # `False == 0` to Python, and is no number.
        if isinstance(value, bool) or value not in values:
            raise FieldInvalid(text)
        return value

    return BeforeValidator(check)


def _read_trigger(value: JsonValue) -> dict[str, Any]:
    if not isinstance(value, dict):
        raise FieldInvalid(f"Expected an object but got {type(value).__name__}.")
    label, actions = value.get("label"), value.get("actions", [])
    if label not in _LABELS:
        raise FieldInvalid('Trigger 1 must be labeled "critical", trigger 2 "warning".')
    if not isinstance(actions, list) or len(actions) > MAX_ACTIONS:
        raise FieldInvalid(f"actions: a list of at most {MAX_ACTIONS} is required.")
    return {
        "label": label,
        "alert_threshold": parse_integer(value.get("alertThreshold"), minimum=0, maximum=MAX_THRESHOLD),
        "actions": [_read_action(action) for action in actions],
    }


def _read_action(value: JsonValue) -> dict[str, Any]:
    if not isinstance(value, dict) or value.get("type") != "sentry_app":
        raise FieldInvalid("actions: only apps are told here: `type` must be `sentry_app`.")
    uuid, settings = value.get("sentryAppInstallationUuid"), value.get("settings") or []
    if not isinstance(settings, list) or not all(isinstance(each, dict) and "name" in each for each in settings):
        raise FieldInvalid("settings: a list of objects with a name and a value is required.")
    app = value.get("sentryAppId") or value.get("targetIdentifier")
    if uuid is not None and not isinstance(uuid, str):
        raise FieldInvalid("Missing attribute 'sentryAppInstallationUuid'")
    # Either names it; the original's own clients send both.
    if not uuid and app is None:
        raise FieldInvalid("Missing attribute 'sentryAppInstallationUuid'")
    return {
        "installation_uuid": uuid or "",
        "sentry_app_id": 0 if uuid else parse_integer(app, minimum=1, maximum=2**53),
        "settings": settings,
        "has_form": parse_boolean(value.get("hasSchemaFormConfig", False)),
    }


def _one(projects: list[str]) -> list[str]:
    if len(projects) != 1:
        raise FieldInvalid("Exactly one project is counted by a rule here.")
    return projects


Triggers: TypeAlias = Annotated[
    list[Annotated[JsonDict, BeforeValidator(_read_trigger)]],
    Field(max_length=len(_LABELS), description="`critical` first, then `warning`."),
]
Threshold: TypeAlias = Annotated[int, Whole(0, MAX_THRESHOLD)]


class MetricRuleBody(Body):
    """A rule to store."""

    model_config: ClassVar[ConfigDict] = shown_by(_RULE)

    name: Annotated[str, Text(256)]
    projects: Annotated[list[Name], AfterValidator(_one)] = Field(description="The slug of one.")
    time_window: Annotated[int, Whole(1, 1440)] = Field(description="Minutes whose events are counted together.")
    triggers: Triggers
    resolve_threshold: Threshold | None = Field(default=None, description="Null: the lowest threshold.")
    aggregate: Annotated[str, _only("count()", text="Only `count()` is measured here.")] = "count()"
    dataset: Annotated[str, _only("events", text="Only `events` are counted here.")] = "events"
    query: Annotated[str, _only("", text="Events are counted without a query here.")] = ""
    threshold_type: Annotated[int, _only(0, text="Only counts above a threshold (0) are noticed here.")] = 0
    environment: Annotated[None, _only(None, text="Events of all environments are counted here.")] = None

    @model_validator(mode="after")
    def _check_thresholds(self) -> Self:
        labels = [trigger["label"] for trigger in self.triggers]
        if labels != list(_LABELS[: len(labels)]) or not labels:
            raise ValidationFailed(fields={"triggers": ['Trigger 1 must be labeled "critical", trigger 2 "warning".']})
        thresholds = [trigger["alert_threshold"] for trigger in self.triggers]
        if len(thresholds) > 1 and thresholds[0] <= thresholds[1]:
            text = "Critical trigger must have an alert threshold above warning trigger"
            raise ValidationFailed(fields={"triggers": [text]})
        if self.resolve_threshold is not None and self.resolve_threshold > min(thresholds):
            text = "Alert thresholds must be above resolution threshold"
            raise ValidationFailed(fields={"resolveThreshold": [text]})
        return self

    def columns(self) -> dict[str, Any]:
        """What is stored of it, without its triggers and its project."""
        return {
            "name": self.name,
            "window_minutes": self.time_window,
            "resolve_threshold": self.resolve_threshold,
        }


class MetricRuleObject(Body):
    """A rule."""

    model_config: ClassVar[ConfigDict] = shown_by(
        {
            **_RULE,
            "id": "1",
            "organizationId": "1",
            "status": 0,
            "dataset": "events",
            "query": "",
            "thresholdType": 0,
            "environment": None,
            "dateCreated": "2030-01-01T12:00:00Z",
            "dateModified": "2030-01-01T12:00:00Z",
        }
    )

    id: str
    name: str
    organization_id: str
    projects: list[str]
    status: int
    dataset: str
    query: str
    aggregate: str
    threshold_type: int
    resolve_threshold: int | None
    time_window: int
    environment: None
    triggers: list[JsonDict]
    date_created: datetime
    date_modified: datetime

    @classmethod
    def of(cls, rule: MetricRule, *, project: Project) -> Self:
        """A rule of a project."""
        shown = {name: value for name, value in rule_object(rule, project).items() if name in cls.model_fields}
        triggers = [_in_camel_case(trigger) for trigger in shown.pop("triggers")]  # type: ignore[union-attr]
        times = {"date_created": rule.created_at, "date_modified": rule.changed_at}
        return cls(**{**shown, "triggers": triggers, **times})


def _in_camel_case(value: Any) -> JsonObject:
    """A trigger or an action in the names of the API; what a user entered stays as it is."""
    shown = {to_camel(name): each for name, each in value.items()}
    if isinstance(shown.get("actions"), list):
        shown["actions"] = [_in_camel_case(action) for action in shown["actions"]]
    return shown
