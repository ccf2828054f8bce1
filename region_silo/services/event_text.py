"""Text out of events, whatever their sender put there. Owns what becomes of characters that nothing of ours can carry.

An event is never refused for a character: it is replaced. What people write through REST is refused instead, by
``shared.domain.json_field``, because they can correct it.
"""

import re
from collections.abc import Mapping, Sequence

from shared.domain.json_value import JsonObject, JsonValue

REPLACEMENT = "\ufffd"

_UNSTORABLE = re.compile("[\x00\ud800-\udfff]")
_CONTROL = re.compile(r"[\x00-\x1f\x7f-\x9f]+")
_ESCAPED_NUL = re.compile(rb"(?<!\\)((?:\\\\)*)\\u0000")
_MAX_NUMBER = 2**63


def without_nul(raw: bytes) -> bytes:
    """JSON text in which every escaped NUL is a replacement character: PostgreSQL, ours or a receiver's, takes none."""
    return _ESCAPED_NUL.sub(rb"\1\\ufffd", raw) if b"\\u0000" in raw else raw


def text_of(value: JsonValue, *, limit: int) -> str:
    """The value as text of at most ``limit`` characters; empty for what is neither text nor number."""
    if isinstance(value, bool) or not isinstance(value, str | int | float):
        return ""
    if isinstance(value, int) and abs(value) > _MAX_NUMBER:
        return ""
    return _UNSTORABLE.sub(REPLACEMENT, str(value)[:limit])


def line_of(value: JsonValue, *, limit: int) -> str:
    """The first line that says anything, ending in three dots where it was cut."""
    text = text_of(value, limit=limit * 8).strip()
    line = _CONTROL.sub(" ", text.splitlines()[0]).strip() if text else ""
    return line if len(line) <= limit else f"{line[: limit - 3]}..."


def mapping_of(value: JsonValue) -> JsonObject:
    """The value if it is an object, else an empty one."""
    return value if isinstance(value, Mapping) else {}


def objects_of(value: JsonValue) -> list[JsonObject]:
    """The objects in a list, in ``{"values": [...]}``, or the object itself: the forms in which SDKs send several."""
    if isinstance(value, Mapping):
        value = value.get("values", [value])
    if isinstance(value, str) or not isinstance(value, Sequence):
        return []
    return [item for item in value if isinstance(item, Mapping)]
