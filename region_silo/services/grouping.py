"""Which events are the same issue. Owns the rule of clients.md; knows no table.

By the fingerprint that the sender gave; else by the exception's type and its top frame of the software's own; else by
the message, unformatted where the sender kept it so.
"""

import hashlib
import json
import re
from collections.abc import Sequence

from region_silo.services.event_text import mapping_of, text_of
from region_silo.services.stacktrace import CaughtException
from shared.domain.json_value import JsonObject, JsonValue

_DEFAULT = re.compile(r"\{\{\s*default\s*\}\}")
_MAX_PARTS = 100
_MAX_PART_CHARACTERS = 1024
_HASH_CHARACTERS = 32


def grouping_hash(payload: JsonObject, *, exception: CaughtException | None) -> str:
    """32 hex characters, equal for events that belong together.

    Args:
        payload: the event.
        exception: what ``find_exception`` found in it.
    """
    default = _default_parts(payload, exception)
    parts: list[str] = []
    for part in _fingerprint(payload.get("fingerprint")):
        parts.extend(default if _DEFAULT.fullmatch(part) else [part])
    text = json.dumps(parts or default, separators=(",", ":"))
    return hashlib.sha256(text.encode()).hexdigest()[:_HASH_CHARACTERS]


def message_of(payload: JsonObject) -> str:
    """What the event says, formatted; empty when it says nothing."""
    entry = _log_entry(payload)
    return text_of(entry.get("formatted") or entry.get("message"), limit=_MAX_PART_CHARACTERS * 8)


def _fingerprint(value: JsonValue) -> list[str]:
    if isinstance(value, str) or not isinstance(value, Sequence):
        return []
    parts = (text_of(part, limit=_MAX_PART_CHARACTERS) for part in value[:_MAX_PARTS])
    return [part for part in parts if part]


def _default_parts(payload: JsonObject, exception: CaughtException | None) -> list[str]:
    if exception is None:
        entry = _log_entry(payload)
        return ["message", text_of(entry.get("message") or entry.get("formatted"), limit=_MAX_PART_CHARACTERS).strip()]
    if exception.frame is None or not (exception.frame.place or exception.frame.function):
        return ["exception", exception.type, exception.value]
    return ["frame", exception.type, exception.frame.place, exception.frame.function]


def _log_entry(payload: JsonObject) -> JsonObject:
    """``logentry``, or ``message`` in either of its forms."""
    entry = mapping_of(payload.get("logentry"))
    message = payload.get("message")
    if entry or message is None:
        return entry
    return mapping_of(message) or {"message": message}
