"""The definitions of UI components, as the table of the specification has them (§8): what each must have, and may."""

from typing import Any

import pytest

from shared.domain.component_definitions import DEFINITIONS, ELEMENT_TYPES, FORM_FIELD_TYPES, MEDIA_TYPES

SPECIFIED = {
    "schema": ("elements", ""),
    "issue-link": ("type link create", ""),
    "link": ("uri required_fields", "optional_fields"),
    "alert-rule-action": ("type title settings", ""),
    "alert-rule-settings": ("type uri required_fields", "optional_fields description"),
    "issue-media": ("type title elements", ""),
    "stacktrace-link": ("type uri", ""),
    "select": ("type name label", "uri options async skip_load_on_open depends_on"),
    "text": ("type label name", "default"),
    "textarea": ("type label name", "default"),
    "header": ("type text", ""),
    "markdown": ("type text", ""),
    "image": ("type url", "alt"),
    "video": ("type url", ""),
}
"""By name: the fields that are required, and the others that are checked where they are there."""
VALUES = ("uri", "options", "fieldset")
"""Definitions of values that are no objects."""


def test_there_is_every_definition_of_the_specification_and_no_other() -> None:
    assert sorted(DEFINITIONS) == sorted([*SPECIFIED, *VALUES])
    assert {*ELEMENT_TYPES, *FORM_FIELD_TYPES, *MEDIA_TYPES} <= set(SPECIFIED)


@pytest.mark.parametrize("name", SPECIFIED)
def test_a_definition_has_the_fields_of_the_specification(name: str) -> None:
    required, others = (texts.split() for texts in SPECIFIED[name])
    assert sorted(DEFINITIONS[name]["required"]) == sorted(required)
    assert sorted(DEFINITIONS[name]["properties"]) == sorted([*required, *others])


@pytest.mark.parametrize("definition", [*DEFINITIONS.values()], ids=[*DEFINITIONS])
def test_a_condition_on_a_text_or_a_list_says_that_it_is_one(definition: dict[str, Any]) -> None:
    # JSON Schema passes a number over where only a pattern or a length is asked for.
    for part in parts_of(definition):
        needed = {"pattern": "string", "minLength": "string", "minItems": "array", "required": "object"}
        assert all(part.get("type") == kind or "if" in part for key, kind in needed.items() if key in part)


def parts_of(value: Any) -> list[dict[str, Any]]:
    """Every schema inside, but for those that only choose between others."""
    if isinstance(value, list):
        return [part for item in value for part in parts_of(item)]
    if not isinstance(value, dict):
        return []
    inner = [part for key, item in value.items() if key not in {"oneOf", "if", "const"} for part in parts_of(item)]
    return [value, *inner]
