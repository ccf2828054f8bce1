"""What is shown of an event without reading it whole: title, culprit, level, tags, user.

Owns how these are made from what SDKs send, with the original's texts and lengths. Nothing here refuses an event: a
part that makes no sense is left out.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from region_silo.services.event_text import line_of, mapping_of, text_of
from region_silo.services.grouping import message_of
from region_silo.services.stacktrace import CaughtException
from shared.domain.json_value import JsonObject, JsonValue

UNLABELED = "<unlabeled event>"
"""Title of an event that says nothing."""

_LEVELS = ("fatal", "error", "warning", "info", "debug", "sample")
_LEVEL_NUMBERS = {"50": "fatal", "40": "error", "30": "warning", "20": "info", "10": "debug"}
_LEVEL_WORDS = {"critical": "fatal", "warn": "warning", "log": "info"}
_MAX_TITLE_CHARACTERS = 100
_MAX_TYPE_CHARACTERS = 128
_MAX_CULPRIT_CHARACTERS = 200
_MAX_TAG_CHARACTERS = 200
_MAX_TAGS = 200
_MAX_USER_CHARACTERS = 200
_USER_KEYS = ("id", "email", "username", "ip_address", "name")


@dataclass(frozen=True, kw_only=True)
class EventOutline:
    """The parts of an event that lists, issues and webhooks show."""

    type: str
    """``error`` when an exception was caught, else ``default``."""
    title: str
    metadata: dict[str, Any]
    culprit: str
    location: str | None
    message: str
    level: str
    platform: str
    tags: list[list[str]]
    """Pairs of key and value, each key once."""
    user: dict[str, str] | None
    """Of the monitored software; without what its sender did not say."""
    release: str | None
    environment: str | None
    dist: str | None


def outline_of(payload: JsonObject, *, exception: CaughtException | None) -> EventOutline:
    """The outline of an event.

    Args:
        payload: the event.
        exception: what ``find_exception`` found in it.
    """
    message = message_of(payload)
    user = _user(mapping_of(payload.get("user")))
    return EventOutline(
        type="error" if exception else "default",
        title=_title(message, exception),
        metadata=_metadata(message, exception),
        culprit=_culprit(payload, exception),
        location=(exception.frame.filename or None) if exception and exception.frame else None,
        message=message,
        level=_level(payload.get("level")),
        platform=text_of(payload.get("platform"), limit=64) or "other",
        tags=_tags(payload),
        user=user or None,
        release=_name(payload, "release"),
        environment=_name(payload, "environment"),
        dist=_name(payload, "dist"),
    )


def _title(message: str, exception: CaughtException | None) -> str:
    if exception is None:
        return line_of(message, limit=_MAX_TITLE_CHARACTERS) or UNLABELED
    name = line_of(exception.type, limit=_MAX_TYPE_CHARACTERS)
    value = line_of(exception.value, limit=_MAX_TITLE_CHARACTERS)
    return f"{name}: {value}" if name and value else name or value or UNLABELED


def _metadata(message: str, exception: CaughtException | None) -> dict[str, Any]:
    if exception is None:
        return {"title": line_of(message, limit=_MAX_TITLE_CHARACTERS) or UNLABELED}
    metadata = {"type": line_of(exception.type, limit=_MAX_TYPE_CHARACTERS), "value": exception.value}
    if exception.frame is not None:
        metadata |= {"filename": exception.frame.filename, "function": exception.frame.function}
    return {name: text for name, text in metadata.items() if text or name == "value"}


def _culprit(payload: JsonObject, exception: CaughtException | None) -> str:
    given = payload.get("culprit") or payload.get("transaction")
    if line := line_of(given, limit=_MAX_CULPRIT_CHARACTERS):
        return line
    if exception is None or exception.frame is None:
        return ""
    place = " in ".join(part for part in (exception.frame.place, exception.frame.function) if part)
    return line_of(place, limit=_MAX_CULPRIT_CHARACTERS)


def _level(value: JsonValue) -> str:
    word = text_of(value, limit=16).lower()
    word = _LEVEL_NUMBERS.get(word, _LEVEL_WORDS.get(word, word))
    return word if word in _LEVELS else "error"


def _name(payload: JsonObject, name: str) -> str | None:
    return line_of(payload.get(name), limit=_MAX_TAG_CHARACTERS) or None


def _tags(payload: JsonObject) -> list[list[str]]:
    tags: dict[str, str] = {}
    for key, value in _given_tags(payload.get("tags")):
        tags.setdefault(key, value)
        if len(tags) == _MAX_TAGS:
            break
    tags["level"] = _level(payload.get("level"))
    for name in ("environment", "release", "server_name", "transaction"):
        if value := line_of(payload.get(name), limit=_MAX_TAG_CHARACTERS):
            tags[name] = value
    return [[key, tags[key]] for key in sorted(tags)]


def _given_tags(value: JsonValue) -> Iterator[tuple[str, str]]:
    """Tags come as an object or as a list of pairs."""
    pairs: Any = value.items() if isinstance(value, Mapping) else value
    if isinstance(pairs, str | int | float) or pairs is None:
        return
    for pair in pairs:
        if isinstance(pair, Sequence) and not isinstance(pair, str) and len(pair) == 2:
            key = line_of(pair[0], limit=_MAX_TAG_CHARACTERS)
            text = line_of(_word(pair[1]), limit=_MAX_TAG_CHARACTERS)
            if key and text:
                yield key, text


def _word(value: JsonValue) -> JsonValue:
    return str(value).lower() if isinstance(value, bool) else value


def _user(user: JsonObject) -> dict[str, str]:
    texts = {key: line_of(user.get(key), limit=_MAX_USER_CHARACTERS) for key in _USER_KEYS}
    return {key: text for key, text in texts.items() if text and text != "{{auto}}"}
