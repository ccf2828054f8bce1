"""JSON in protobuf's ``Struct`` and back. Owns what is lost between the two: integers, which a Struct has none
of, and the order of keys, for which theirs stands.
"""

from collections.abc import Sequence

from google.protobuf import json_format, struct_pb2

from shared.domain.json_value import JsonObject, JsonValue


def struct_of(value: JsonObject) -> struct_pb2.Struct:
    """Raises:
    ValueError: a number is too large for a double, or the value is nested too deeply.
    """
    try:
        return json_format.ParseDict(dict(value), struct_pb2.Struct())
    except (json_format.ParseError, OverflowError, RecursionError) as exc:
        raise ValueError("this JSON does not fit a Struct") from exc


def list_of(value: Sequence[JsonValue]) -> struct_pb2.ListValue:
    """Raises:
    ValueError: see ``struct_of``.
    """
    return struct_of({"list": list(value)}).fields["list"].list_value


def object_of(struct: struct_pb2.Struct) -> dict[str, JsonValue]:
    """The object that was put in, except that integral numbers are integers again, however they were written, and that
    keys stand in their order.

    >>> object_of(struct_of({"a": [1, 2.5], "b": {"c": None}})) == {"a": [1, 2.5], "b": {"c": None}}
    True
    """
    return {key: _whole(value) for key, value in sorted(json_format.MessageToDict(struct).items())}


def items_of(values: struct_pb2.ListValue) -> list[JsonValue]:
    """A list as JSON, or [] when there is none; like ``object_of``."""
    return [_whole(value) for value in json_format.MessageToDict(values)]


def _whole(value: JsonValue) -> JsonValue:
    if isinstance(value, float) and value.is_integer():
        return int(value)
    if isinstance(value, dict):
        return {key: _whole(value[key]) for key in sorted(value)}
    return [_whole(item) for item in value] if isinstance(value, list) else value
