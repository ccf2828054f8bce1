"""Alert rules: stored, and read. Refuses to know what a condition or an action does."""

from datetime import datetime
from typing import Annotated, Any, ClassVar, Self, TypeAlias

from pydantic import MISSING, AfterValidator, BeforeValidator, ConfigDict, Field, model_validator

from region_silo.models.project import Project, Rule
from region_silo.services.rules import SENTRY_APP_ACTION
from shared.bodies.body import Body, shown_by
from shared.bodies.fields import Choice, JsonDict, Text, Whole
from shared.domain.json_field import FieldInvalid, parse_text
from shared.domain.json_value import JsonValue
from shared.errors import ValidationFailed

NO_ACTION_TEXT = "You must add an action for this alert to fire."

# The dotted path of a class of the original's.
_MAX_ID_CHARACTERS = 200
_RULE: dict[str, Any] = {
    "name": "Tell Kanban",
    "actionMatch": "all",
    "filterMatch": "all",
    "frequency": 30,
    "conditions": [{"id": "sentry.rules.conditions.first_seen_event.FirstSeenEventCondition"}],
    "filters": [],
    "actions": [
        {
            "id": SENTRY_APP_ACTION,
            "sentryAppInstallationUuid": "6e57b4d3-5a5c-4a0e-9a5a-6f2f9a4a9b1c",
            "settings": [{"name": "title", "value": "Look at this"}],
        }
    ],
}


def _checked_node(value: JsonValue) -> dict[str, Any]:
    if not isinstance(value, dict):
        raise FieldInvalid(f"Expected an object but got {type(value).__name__}.")
    if not isinstance(value.get("id"), str) or not value["id"]:
        raise FieldInvalid("Missing attribute 'id'")
    parse_text(value["id"], max_characters=_MAX_ID_CHARACTERS)
    return value


def _checked_action(value: JsonValue) -> dict[str, Any]:
    action = _checked_node(value)
    # Other actions are stored and shown as they came: nothing here knows what they do.
    if action["id"] != SENTRY_APP_ACTION:
        return action
    uuid, settings = action.get("sentryAppInstallationUuid"), action.get("settings", [])
    if not isinstance(uuid, str) or not uuid:
        raise FieldInvalid("Missing attribute 'sentryAppInstallationUuid'")
    if not isinstance(settings, list) or not all(isinstance(each, dict) and "name" in each for each in settings):
        raise FieldInvalid("settings: a list of objects with a name and a value is required.")
    return action


def _some(actions: list[dict[str, Any]]) -> list[dict[str, Any]]:
    if not actions:
        raise FieldInvalid(NO_ACTION_TEXT)
    return actions


Node: TypeAlias = Annotated[JsonDict, BeforeValidator(_checked_node)]
Nodes: TypeAlias = Annotated[list[Node], Field(max_length=100, description="Objects with an `id`.")]
Actions: TypeAlias = Annotated[
    list[Annotated[JsonDict, BeforeValidator(_checked_action)]],
    Field(max_length=100, description="Objects with an `id`.", json_schema_extra={"minItems": 1}),
    AfterValidator(_some),
]
Match: TypeAlias = Annotated[str, Choice("all", "any", "none")]


class RuleBody(Body):
    """A rule to store."""

    model_config: ClassVar[ConfigDict] = ConfigDict(
        json_schema_extra={"examples": [_RULE], "required": ["name", "actions"]}
    )

    name: Annotated[str, Text(256)]
    action_match: Match = "all"
    filter_match: Match = "all"
    conditions: Nodes = Field(default_factory=list)
    filters: Nodes = Field(default_factory=list)
    actions: Actions | MISSING = MISSING
    frequency: Annotated[int, Whole(5, 60 * 24 * 30)] = Field(
        default=30, description="Minutes between two actions for one issue."
    )
    environment: Annotated[str, Text(64, is_blank_allowed=True)] | None = None

    @model_validator(mode="after")
    def _does_something(self) -> Self:
        # Not a required field: the original asks for an action last, in words of its own.
        if self.actions is MISSING:
            raise ValidationFailed(fields={"actions": [NO_ACTION_TEXT]})
        return self

    @property
    def stated_actions(self) -> list[dict[str, Any]]:
        return [] if self.actions is MISSING else self.actions

    def definition(self) -> dict[str, Any]:
        """All but the name, as it is stored and shown."""
        return self.model_dump(exclude={"name"})


class RuleObject(Body):
    """A rule."""

    model_config: ClassVar[ConfigDict] = shown_by(
        {
            **_RULE,
            "id": "1",
            "environment": None,
            "projects": ["web"],
            "status": "active",
            "dateCreated": "2030-01-01T12:00:00Z",
        }
    )

    id: str
    name: str
    action_match: str
    filter_match: str
    conditions: list[JsonDict]
    filters: list[JsonDict]
    actions: list[JsonDict]
    frequency: int
    environment: str | None
    projects: list[str]
    status: Annotated[str, Choice("active")] = "active"
    date_created: datetime

    @classmethod
    def of(cls, rule: Rule, *, project: Project) -> Self:
        """A rule of a project, whose definition is what ``RuleBody.definition`` made."""
        own = {"id": str(rule.id), "name": rule.name, "projects": [project.slug], "date_created": rule.created_at}
        return cls(**rule.definition, **own)
