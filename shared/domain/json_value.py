"""The shape of parsed JSON. Owns the type; knows nothing of any particular document."""

from collections.abc import Mapping, Sequence
from typing import TypeAlias

JsonScalar: TypeAlias = bool | int | float | str | None
"""A JSON value without parts."""

JsonValue: TypeAlias = "JsonScalar | Sequence[JsonValue] | Mapping[str, JsonValue]"
"""Anything that ``json.loads`` can answer."""

JsonObject: TypeAlias = Mapping[str, JsonValue]
"""A JSON object."""
