"""What is shown of an event without reading it whole: title, culprit, place, tags, user.

Owns how these are made of an event, with the original's texts and lengths.
"""

import hashlib
from dataclasses import dataclass
from typing import Any

from region_silo.events.normalize import NormalEvent
from region_silo.events.reading import Part, cut, line_of, mapping_of, text_of
from region_silo.events.stacktrace import crash_frame, culprit_of

UNLABELED = "<unlabeled event>"
"""Title of an event that says nothing."""

_MAX_TITLE_CHARACTERS = 100
_MAX_TYPE_CHARACTERS = 128
_MAX_VALUE_CHARACTERS = 1024
_MAX_CULPRIT_CHARACTERS = 200
_MAX_TAG_CHARACTERS = 200
_USER_KEYS = {"id": "id", "username": "username", "email": "email", "ip_address": "ip"}
"""What tells users apart, the most telling first, and what the tag calls it."""


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
    """Pairs of key and value, each key once, sorted."""
    user: dict[str, Any] | None
    """The user of the monitored software; without what its sender did not say."""
    release: str | None
    environment: str | None
    dist: str | None


def outline_of(event: NormalEvent) -> EventOutline:
    message = (event.logentry or {}).get("formatted", "")
    metadata = _metadata_of_exception(event) if event.exceptions else _metadata_of_message(message)
    return EventOutline(
        type="error" if event.exceptions else "default",
        title=_title(metadata),
        metadata=metadata,
        culprit=_culprit(event),
        location=metadata.get("filename"),
        message=message,
        level=event.level,
        platform=event.platform,
        tags=_tags(event),
        user=event.user,
        release=event.release,
        environment=event.environment,
        dist=event.dist,
    )


def user_hash(user: Part | None) -> str | None:
    """By the first of the parts that tell users apart; None for a user without any."""
    identity = _identity(user)
    return hashlib.sha256(identity.encode()).hexdigest()[:32] if identity else None


def is_synthetic(exception: Part) -> bool:
    """Whether the SDK made it up, so that its type says nothing: for a signal, a console message, a watchdog."""
    return bool(exception.get("mechanism", {}).get("synthetic"))


def _metadata_of_message(message: str) -> Part:
    return {"title": line_of(message, limit=_MAX_TITLE_CHARACTERS) or UNLABELED}


def _metadata_of_exception(event: NormalEvent) -> Part:
    caught, frame = event.exceptions[-1], crash_frame(event.frames) or {}
    # The value as it is, with its lines; the title takes the first of them alone.
    metadata: Part = {"value": cut(caught.get("value", ""), limit=_MAX_VALUE_CHARACTERS)}
    if not is_synthetic(caught):
        metadata["type"] = line_of(caught.get("type", "Error"), limit=_MAX_TYPE_CHARACTERS) or "Error"
    return metadata | {name: frame[name] for name in ("filename", "function") if frame.get(name)}


def _title(metadata: Part) -> str:
    # That of a message; an exception has type and value instead.
    if "title" in metadata:
        return str(metadata["title"])
    if "type" not in metadata:
        # A synthetic one: where it happened says more than the type that the SDK made up.
        return str(metadata.get("function") or "<unknown>")
    value = line_of(metadata["value"], limit=_MAX_TITLE_CHARACTERS)
    return f"{metadata['type']}: {value}" if value else str(metadata["type"])


def _culprit(event: NormalEvent) -> str:
    if given := event.culprit or event.transaction:
        return given
    # The title names the function already.
    if event.exceptions and is_synthetic(event.exceptions[-1]):
        return ""
    # The last exception that has a trace: the one that was caught may have lost its own.
    traces = [raised["stacktrace"]["frames"] for raised in event.exceptions if "stacktrace" in raised]
    place = culprit_of(traces[-1] if traces else event.frames, platform=event.platform)
    return line_of(place or (event.request or {}).get("url"), limit=_MAX_CULPRIT_CHARACTERS)


def _tags(event: NormalEvent) -> list[list[str]]:
    """Those that were given, and those that are made of the event; where both have a name, its own outranks."""
    own = {
        "level": event.level,
        "logger": event.logger,
        "environment": event.environment,
        "release": event.release,
        "dist": event.dist,
        "server_name": event.server_name,
        "transaction": event.transaction,
        "user": _identity(event.user),
    }
    # Later ones outrank: what a sender says of the surroundings, and what the event is, above both.
    tags = _of_surroundings(event) | event.tags | own
    shown = {name: line_of(value, limit=_MAX_TAG_CHARACTERS) for name, value in tags.items()}
    return [[name, shown[name]] for name in sorted(shown) if shown[name]]


def _of_surroundings(event: NormalEvent) -> dict[str, str]:
    mechanism = event.exceptions[-1].get("mechanism", {}) if event.exceptions else {}
    # Those that the original makes of events, so that its searches find them.
    tags = {"url": (event.request or {}).get("url", ""), "mechanism": mechanism.get("type", "")}
    if (handled := mechanism.get("handled")) is not None:
        tags["handled"] = "yes" if handled else "no"
    for name, named in (("browser", "browser.name"), ("os", "os.name"), ("runtime", "runtime.name")):
        context = mapping_of(event.contexts.get(name))
        tags[named] = text_of(context.get("name"))
        tags[name] = f"{tags[named]} {text_of(context.get('version'))}".strip() if tags[named] else ""
    device = mapping_of(event.contexts.get("device"))
    return tags | {"device": text_of(device.get("model")), "device.family": text_of(device.get("family"))}


def _identity(user: Part | None) -> str | None:
    named = ((shown, (user or {}).get(key)) for key, shown in _USER_KEYS.items())
    # With its kind, or a user with the id 7 would be the one who is called 7.
    return next((f"{shown}:{value}" for shown, value in named if value), None)
