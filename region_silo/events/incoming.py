"""An event that came in, read and ready to be stored. Owns its id, its time, and which JSON counts as an event."""

import json
import re
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import uuid4

from region_silo.events.grouping import grouping_hash
from region_silo.events.normalize import normalize
from region_silo.events.outline import EventOutline, outline_of, user_hash
from region_silo.events.reading import Part
from region_silo.events.scrubbing import Scrubbing, scrub
from shared.domain.instant import parse_iso
from shared.domain.json_value import JsonObject, JsonValue
from shared.errors import MalformedBody, ValidationFailed

# As the original has it: SDKs keep events on a phone that is off, and clocks are wrong.
MAX_PAST = timedelta(days=30)
"""An event that claims to be older happened when it came in, as far as we are concerned."""
MAX_FUTURE = timedelta(minutes=1)
"""The same for one from the future, whose sender's clock is wrong."""
DEFAULT_SCRUBBING = Scrubbing()
NO_EVENT = "invalid JSON data: an event is an object"

_EVENT_ID = re.compile(r"[0-9a-f]{32}", re.ASCII)
_MAX_INTEGER_DIGITS = 20


@dataclass(frozen=True, kw_only=True)
class IncomingEvent:
    """What is stored of an event, and what it is grouped and counted by."""

    event_id: str
    """32 hex characters."""
    occurred_at: datetime
    received_at: datetime
    size: int
    """Bytes as it was sent, uncompressed."""
    grouping_hash: str
    user_hash: str | None
    """None: the sender named no user."""
    outline: EventOutline
    payload: Part = field(repr=False)
    """The whole event, in its one shape."""


@dataclass(frozen=True, kw_only=True)
class Arrival:
    """When and whence an event came in."""

    at: datetime
    sender: str | None = None
    """An address; None when it is not known."""
    event_id: str | None = None
    """The envelope's, which outranks the event's own; None when it names none."""


def parse_event(raw: bytes) -> JsonObject:
    """An event as JSON.

    Raises:
        MalformedBody: it is no JSON object.
    """
    value = parse_sent(raw)
    if not isinstance(value, dict):
        raise MalformedBody(NO_EVENT)
    return value


def parse_sent(raw: bytes) -> JsonValue:
    """What was sent: the last of two equal keys counts, ``NaN`` and the infinities, which are none, are null.

    Raises:
        MalformedBody: it is no JSON.
    """
    try:
        value: JsonValue = _DECODER.decode(raw.decode()) if raw else None
    except (ValueError, RecursionError) as exc:
        raise MalformedBody(f"JSON parse error - {exc}") from exc
    return value


def read_event(
    payload: JsonObject, *, size: int, arrival: Arrival, scrubbing: Scrubbing = DEFAULT_SCRUBBING
) -> IncomingEvent:
    """Reads an event.

    Args:
        payload: what was sent, parsed.
        size: of what was sent, in bytes.
        arrival: when and whence.
        scrubbing: which secrets are taken out of it first.

    Raises:
        ValidationFailed: the event's id is none.
    """
    # Scrubbed before anything is made of it: title, tags and search text must not show what the event hides.
    event = scrub(normalize(payload, sender=arrival.sender), scrubbing)
    return IncomingEvent(
        event_id=arrival.event_id or parse_event_id(payload.get("event_id")) or uuid4().hex,
        occurred_at=_occurred_at(payload.get("timestamp"), received_at=arrival.at),
        received_at=arrival.at,
        size=size,
        grouping_hash=grouping_hash(event),
        user_hash=user_hash(event.user),
        outline=outline_of(event),
        payload=event.as_json(),
    )


def parse_event_id(value: JsonValue) -> str | None:
    """A UUID with or without dashes, as 32 hex characters in lower case; None for null.

    Raises:
        ValidationFailed: it is anything else.
    """
    if value is None:
        return None
    # Some SDKs send the dashes; the original stores and shows none.
    text = value.replace("-", "").lower() if isinstance(value, str) else ""
    if not _EVENT_ID.fullmatch(text):
        raise ValidationFailed("invalid event identifier")
    return text


def _occurred_at(value: JsonValue, *, received_at: datetime) -> datetime:
    """Seconds since 1970, or ISO 8601, in UTC unless it says otherwise."""
    try:
        if isinstance(value, str):
            claimed = parse_iso(value)
        elif isinstance(value, int | float) and not isinstance(value, bool):
            claimed = datetime.fromtimestamp(value, UTC)
        else:
            return received_at
    # The last two come from instants that this machine's calendar does not have.
    except (ValueError, OverflowError, OSError):
        return received_at
    # A wrong clock would otherwise put an issue where no list of recent ones shows it.
    is_believable = received_at - MAX_PAST <= claimed <= received_at + MAX_FUTURE
    return claimed if is_believable else received_at


def _nothing(text: str) -> None:
    """What old Python SDKs send of a number that JSON has no word for."""


def _float(text: str) -> float | None:
    number = float(text)
    return number if abs(number) != float("inf") else None


def _integer(text: str) -> Any:
    return int(text) if len(text) <= _MAX_INTEGER_DIGITS else _float(text)


_DECODER = json.JSONDecoder(parse_constant=_nothing, parse_float=_float, parse_int=_integer)
