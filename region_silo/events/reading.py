"""Values out of events, whatever their sender put there: what makes no sense is left out, and nothing is refused.

A reader takes a JSON value and answers it in the one shape that it has from here on, or None where nothing can be made
of it. What people write through REST is refused instead, by ``shared.domain.json_field``, because they can correct it.
"""

import json
import re
from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any, TypeAlias

from shared.domain.json_value import JsonObject, JsonValue

Part: TypeAlias = dict[str, Any]
"""A part of an event, with the fields that are known of it alone."""
Reader: TypeAlias = Callable[[JsonValue], Any]
"""Answers None for what is left out."""

REPLACEMENT = "\ufffd"
MAX_TEXT_CHARACTERS = 8192
MAX_BAG_DEPTH = 7
"""Deepest nesting of what the sender is free to fill; what lies deeper becomes its JSON as text, as in the original."""

_UNSTORABLE = re.compile("[\x00\ud800-\udfff]")
_CONTROL = re.compile(r"[\x00-\x1f\x7f-\x9f]+")
_MAX_NUMBER = 2**63


def text_of(value: JsonValue, *, limit: int = MAX_TEXT_CHARACTERS) -> str:
    """The value as text of at most ``limit`` characters; empty for what is neither text nor number."""
    # To Python, true is a number; to whoever sent it, it is none.
    if isinstance(value, bool) or not isinstance(value, str | int | float):
        return ""
    # Printing a huge number takes time that grows with the square of its length, and Python refuses the longest.
    if isinstance(value, int) and abs(value) > _MAX_NUMBER:
        return ""
    # Cut first: the pattern need not walk what is thrown away.
    return _UNSTORABLE.sub(REPLACEMENT, str(value)[:limit])


def line_of(value: JsonValue, *, limit: int) -> str:
    """The first line that says anything, ending in three dots where it was cut."""
    # More than the line may have, since white space at its start and control characters fall away first.
    text = text_of(value, limit=limit * 8).strip()
    line = _CONTROL.sub(" ", text.splitlines()[0]).strip() if text else ""
    return cut(line, limit=limit)


def cut(value: str, *, limit: int) -> str:
    """At most ``limit`` characters, the last three of them dots where any are missing."""
    return value if len(value) <= limit else f"{value[: limit - 3]}..."


def text(value: JsonValue) -> str | None:
    """Text that says something."""
    return text_of(value) or None


def any_text(value: JsonValue) -> str | None:
    """Text, and what is none as its JSON: old SDKs send whatever was raised or logged."""
    if value is None or (isinstance(value, str | int | float) and not isinstance(value, bool)):
        return text(value)
    return json.dumps(value)[:MAX_TEXT_CHARACTERS]


def number(value: JsonValue) -> int | float | None:
    """A number, also one that was sent as text."""
    if isinstance(value, str) and re.fullmatch(r"-?[0-9]{1,18}", value, re.ASCII):
        return int(value)
    return None if isinstance(value, bool) or not isinstance(value, int | float) else value


def flag(value: JsonValue) -> bool | None:
    """True or false; ``null`` and all else say nothing."""
    return value if isinstance(value, bool) else None


def bag(value: JsonValue) -> Any:
    """Anything, no deeper than is shown; only ``null`` is left out."""
    return _shallow(value, MAX_BAG_DEPTH)


def bag_object(value: JsonValue) -> Part | None:
    """An object of anything; a list counts as one of its places, as frames' variables come from some SDKs."""
    if isinstance(value, list):
        # An object is what everyone behind this expects; the places keep their order.
        value = {str(place): item for place, item in enumerate(value)}
    return bag(value) if isinstance(value, Mapping) and value else None


def texts(value: JsonValue) -> list[str] | None:
    """A list of texts, of which each keeps its place."""
    # An item that says nothing becomes empty text: lines of source are counted by their places.
    return [text_of(item) for item in value] if isinstance(value, list) and value else None


def text_object(value: JsonValue) -> dict[str, str] | None:
    found = {key: text_of(item) for key, item in value.items()} if isinstance(value, Mapping) else {}
    return found or None


def fields_of(value: JsonValue, fields: Mapping[str, Reader]) -> Part:
    """The known fields of an object, of which each says something; empty for what is no object."""
    if not isinstance(value, Mapping):
        return {}
    # By the fields that are known, and not by those that came: a sender may invent as many as they like.
    read = {name: reader(value[name]) for name, reader in fields.items() if name in value}
    return {name: found for name, found in read.items() if found is not None}


def items_of(value: JsonValue) -> list[JsonValue]:
    """Several, in the forms in which SDKs send them: ``{"values": [...]}``, a list, or the one by itself."""
    if isinstance(value, Mapping):
        # An object without `values` is the one item itself, as old SDKs send a single exception.
        value = value.get("values", [value])
    if isinstance(value, Mapping):
        return [value]
    return [item for item in value if item is not None] if isinstance(value, list) else []


def pairs_of(value: JsonValue) -> list[tuple[Any, Any]]:
    """Pairs, out of an object or a list of pairs; what is no pair is left out."""
    if isinstance(value, Mapping):
        return list(value.items())
    found: Iterable[Any] = value if isinstance(value, list) else ()
    return [
        (item[0], item[1])
        for item in found
        # A text of two characters has a length of two as well, and is no pair.
        if isinstance(item, Sequence) and not isinstance(item, str) and len(item) == 2
    ]


def mapping_of(value: JsonValue) -> JsonObject:
    """The value if it is an object, else an empty one."""
    return value if isinstance(value, Mapping) else {}


def _shallow(value: JsonValue, depth: int) -> Any:
    if isinstance(value, str):
        return _UNSTORABLE.sub(REPLACEMENT, value)
    if not isinstance(value, list | Mapping):
        return value
    # What lies deeper is shown all the same, as text: leaving it out would hide what people look for.
    if depth == 0:
        return json.dumps(value)
    if isinstance(value, list):
        return [_shallow(item, depth - 1) for item in value]
    # Keys like values: no reader of an event has to expect either character.
    return {_UNSTORABLE.sub(REPLACEMENT, key): _shallow(item, depth - 1) for key, item in value.items()}
