"""What is sent to store a rule. Owns the fields and their texts; refuses to know what a condition or an action does."""

from dataclasses import dataclass
from typing import Any, cast

from region_silo.services.rules import SENTRY_APP_ACTION
from shared.domain.json_field import FieldInvalid, FieldReader, Unset, parse_integer, parse_list, parse_text, shown
from shared.domain.json_value import JsonObject, JsonValue
from shared.errors import ValidationFailed

NO_ACTION_TEXT = "You must add an action for this alert to fire."

_MATCHES = ("all", "any", "none")
_MAX_NAME_CHARACTERS = 256
_MAX_ENVIRONMENT_CHARACTERS = 64
_MAX_NODES = 100
_MAX_ID_CHARACTERS = 200
_MIN_FREQUENCY_MINUTES, _MAX_FREQUENCY_MINUTES = 5, 60 * 24 * 30
_USUAL_FREQUENCY_MINUTES = 30


@dataclass(frozen=True, kw_only=True)
class RuleFields:
    """A body, checked."""

    name: str
    definition: JsonObject
    """The other fields, with what was left out filled in."""

    @property
    def actions(self) -> list[JsonObject]:
        return cast(list[JsonObject], self.definition["actions"])


def parse_rule_fields(body: JsonObject) -> RuleFields:
    """Reads a body.

    Raises:
        ValidationFailed: a field is wrong.
    """
    fields = FieldReader(body)
    name = fields.read("name", _parse_name, is_required=True)
    read: dict[str, Any] = {
        "actionMatch": fields.read("actionMatch", _parse_match),
        "filterMatch": fields.read("filterMatch", _parse_match),
        "conditions": fields.read("conditions", _parse_nodes),
        "filters": fields.read("filters", _parse_nodes),
        "actions": fields.read("actions", _parse_actions),
        "frequency": fields.read("frequency", _parse_frequency),
        "environment": fields.read_nullable("environment", _parse_environment),
    }
    fields.raise_problems()
    if isinstance(name, Unset) or isinstance(read["actions"], Unset):
        raise ValidationFailed(fields={"actions": [NO_ACTION_TEXT]})
    given = {field: value for field, value in read.items() if not isinstance(value, Unset)}
    return RuleFields(name=name, definition=_UNSAID | given)


_UNSAID: dict[str, Any] = {
    "actionMatch": "all",
    "filterMatch": "all",
    "conditions": [],
    "filters": [],
    "actions": [],
    "frequency": _USUAL_FREQUENCY_MINUTES,
    "environment": None,
}


def _parse_name(value: JsonValue) -> str:
    return parse_text(value, max_characters=_MAX_NAME_CHARACTERS, is_blank_allowed=False)


def _parse_environment(value: JsonValue) -> str:
    return parse_text(value, max_characters=_MAX_ENVIRONMENT_CHARACTERS)


def _parse_match(value: JsonValue) -> str:
    if value not in _MATCHES:
        raise FieldInvalid(f'"{shown(value)}" is not a valid choice.')
    return str(value)


def _parse_frequency(value: JsonValue) -> int:
    return parse_integer(value, minimum=_MIN_FREQUENCY_MINUTES, maximum=_MAX_FREQUENCY_MINUTES)


def _parse_nodes(value: JsonValue) -> list[JsonObject]:
    return list(parse_list(value, _parse_node, max_items=_MAX_NODES))


def _parse_actions(value: JsonValue) -> list[JsonObject]:
    actions = list(parse_list(value, _parse_action, max_items=_MAX_NODES))
    if not actions:
        raise FieldInvalid(NO_ACTION_TEXT)
    return actions


def _parse_node(value: JsonValue) -> JsonObject:
    if not isinstance(value, dict):
        raise FieldInvalid(f"Expected an object but got {type(value).__name__}.")
    if not isinstance(value.get("id"), str) or not value["id"]:
        raise FieldInvalid("Missing attribute 'id'")
    parse_text(value["id"], max_characters=_MAX_ID_CHARACTERS)
    return value


def _parse_action(value: JsonValue) -> JsonObject:
    action = _parse_node(value)
    if action["id"] == SENTRY_APP_ACTION:
        _check_app_action(action)
    return action


def _check_app_action(action: JsonObject) -> None:
    uuid = action.get("sentryAppInstallationUuid")
    if not isinstance(uuid, str) or not uuid:
        raise FieldInvalid("Missing attribute 'sentryAppInstallationUuid'")
    settings = action.get("settings", [])
    if not isinstance(settings, list) or not all(isinstance(each, dict) and "name" in each for each in settings):
        raise FieldInvalid("settings: a list of objects with a name and a value is required.")
