"""The schema of an app's UI components: what an app may add to issues, stack traces and alert rules.

Owns the Draft-7 schema of spec §8 and the order and texts of its errors (§8.2). Refuses to know how a component is
filled with choices (`component_fields`) and where it is stored.
"""

import json
import sys
from collections import Counter
from collections.abc import Callable, Iterator, Mapping
from contextlib import suppress
from itertools import islice
from typing import Any, cast

from jsonschema import Draft7Validator
from jsonschema.exceptions import best_match

from shared.domain.component_definitions import DEFINITIONS, ELEMENT_TYPES, TEXT_DEFAULTS, TEXT_TYPES
from shared.domain.json_field import FieldInvalid, check_characters, shown
from shared.domain.json_value import JsonObject, JsonValue
from shared.errors import ValidationFailed

MAX_SCHEMA_BYTES = 256 * 1024
"""Largest schema, printed as compact JSON."""

MAX_SCHEMA_DEPTH = 24
"""Deepest nesting; a schema that means something needs nine."""

MAX_SCHEMA_VALUES = 10_000
"""Most values of any kind; an option of a select counts three."""

MAX_MESSAGE_CHARACTERS = 500
"""Longest error text; the library's own repeats the value that it complains about."""

_MAX_ERRORS = 100
"""How many errors the one to be shown is chosen from; finding them all could take seconds."""

_VALIDATORS: Mapping[str, Draft7Validator] = {
    name: Draft7Validator({"$ref": f"#/definitions/{name}", "definitions": DEFINITIONS})
    for name in (*ELEMENT_TYPES, "schema")
}


def check_ui_component_schema(schema: JsonValue) -> JsonObject:
    """The schema itself, when it is valid. ``{}`` is not: whoever allows "no components" decides that before.

    Raises:
        ValidationFailed: ``fields["schema"]`` has one text: the first that the order of §8.2 yields.
    """
    try:
        _check_size(schema)
        # Whatever else goes wrong in the first steps is left for the last to name.
        with suppress(TypeError, KeyError, AttributeError, ValueError):
            _check_elements(schema)
        _check_against("schema", schema, suffix="")
    except _SchemaInvalid as invalid:
        raise ValidationFailed(fields={"schema": [str(invalid)]}) from None
    return cast(JsonObject, schema)  # the last check refused everything else


class _SchemaInvalid(Exception):
    """What is wrong, as the client reads it. No ValueError, so that the suppression above lets it through."""


def _check_size(schema: JsonValue) -> None:
    """Bounds everything that the later steps do, which recurse and repeat values in their messages."""
    for number, (value, depth) in enumerate(_walk(schema), start=1):
        # Counted on the way: a schema that is too large is not walked to its end.
        if number > MAX_SCHEMA_VALUES:
            raise _SchemaInvalid(f"The schema may not have more than {MAX_SCHEMA_VALUES} values.")
        if depth > MAX_SCHEMA_DEPTH:
            raise _SchemaInvalid(f"The schema may not be nested deeper than {MAX_SCHEMA_DEPTH} levels.")
        for leaf in value if isinstance(value, Mapping) else [value]:
            _check_leaf(leaf)
    # Last, since printing needs what the walk has checked: no numbers that JSON cannot say, and no surrogates.
    if len(json.dumps(schema, separators=(",", ":"), ensure_ascii=False).encode()) > MAX_SCHEMA_BYTES:
        raise _SchemaInvalid(f"The schema may not be larger than {MAX_SCHEMA_BYTES} bytes.")


def _walk(schema: JsonValue) -> Iterator[tuple[JsonValue, int]]:
    # A stack of ours: the depth that is to be found out would end a recursion.
    todo: list[tuple[JsonValue, int]] = [(schema, 0)]
    while todo:
        value, depth = todo.pop()
        yield value, depth
        children = value.values() if isinstance(value, Mapping) else value if isinstance(value, list) else ()
        todo.extend((child, depth + 1) for child in children)


def _check_leaf(value: JsonValue) -> None:
    """Refuses what no database column and no protobuf struct can carry."""
    if isinstance(value, int | float) and not abs(value) <= sys.float_info.max:  # NaN compares false
        raise _SchemaInvalid("A number in the schema is out of range.")
    if isinstance(value, str):
        try:
            check_characters(value)
        except FieldInvalid as invalid:
            raise _SchemaInvalid(invalid.texts[0]) from None


def _check_elements(schema: Any) -> None:
    """Steps 1 to 6 of §8.2, in that order, steps 2 to 5 element by element."""
    if "elements" not in schema:
        return
    elements = schema["elements"]
    if not isinstance(elements, list):
        raise _SchemaInvalid("'elements' should be an array of objects")
    for element in elements:
        _check_element(element)
    for element_type, count in Counter(element["type"] for element in elements).items():
        if count > 1:
            raise _SchemaInvalid(f"Multiple elements of type: {element_type}")


def _check_element(element: Any) -> None:
    if "type" not in element:
        raise _SchemaInvalid("Each element needs a 'type' field")
    element_type = element["type"]
    if element_type not in ELEMENT_TYPES:
        raise _SchemaInvalid(
            f"Element has type '{shown(str(element_type))}'. Type must be one of the following: {list(ELEMENT_TYPES)}"
        )
    _check_defaults(element.get("settings") if element_type == "alert-rule-action" else element)
    _check_against(element_type, element, suffix=f" for element of type '{element_type}'")


def _check_defaults(fieldset: Any) -> None:
    for key in ("required_fields", "optional_fields"):
        for form_field in _list_in(fieldset, key):
            if not isinstance(form_field, Mapping) or form_field.get("type") not in TEXT_TYPES:
                continue
            # Without one there is nothing to refuse, so any allowed one will do.
            default = form_field.get("default", TEXT_DEFAULTS[0])
            if default not in TEXT_DEFAULTS:
                raise _SchemaInvalid(
                    f"Elements of type {list(TEXT_TYPES)} may only have a default value of the following: "
                    f"{list(TEXT_DEFAULTS)}, but {shown(str(default))} was found."
                )


def _list_in(container: Any, key: str) -> list[Any]:
    items = container.get(key) if isinstance(container, Mapping) else None
    return items if isinstance(items, list) else []


def _check_against(name: str, instance: JsonValue, *, suffix: str) -> None:
    iter_errors: Callable[[JsonValue], Iterator[Any]] = _VALIDATORS[name].iter_errors
    # The original's choice of one error out of many, which is what clients of it show.
    error = best_match(islice(iter_errors(instance), _MAX_ERRORS))
    if error is not None:
        raise _SchemaInvalid(_cut(str(error.message)) + suffix)


def _cut(message: str) -> str:
    """Keeps the end, which says what is wrong; the beginning is the value itself."""
    if len(message) <= MAX_MESSAGE_CHARACTERS:
        return message
    # Both ends: the value stands at the beginning of the message, and what is wrong with it at the end.
    half = MAX_MESSAGE_CHARACTERS // 2
    return f"{message[:half]}…{message[-half:]}"
