"""An event that came in, read and ready to be stored. Owns its id and its time; the rest is its neighbours'."""

import hashlib
import re
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from uuid import uuid4

from region_silo.services.event_outline import EventOutline, outline_of
from region_silo.services.grouping import grouping_hash
from region_silo.services.stacktrace import find_exception
from shared.domain.instant import parse_iso
from shared.domain.json_value import JsonObject, JsonValue
from shared.errors import ValidationFailed

MAX_PAST = timedelta(days=30)
"""An event that claims to be older happened when it came in, as far as we are concerned."""
MAX_FUTURE = timedelta(minutes=1)
"""The same for one from the future, whose sender's clock is wrong."""

_EVENT_ID = re.compile(r"[0-9a-f]{32}", re.ASCII)


@dataclass(frozen=True, kw_only=True)
class IncomingEvent:
    """What is stored of an event, and what it is grouped and counted by."""

    event_id: str
    """32 hex characters."""
    occurred_at: datetime
    received_at: datetime
    size: int
    """Bytes, uncompressed."""
    grouping_hash: str
    user_hash: str | None
    """None: the sender named no user."""
    outline: EventOutline
    text: str = field(repr=False)
    """The whole event, JSON as it was sent."""


def read_event(payload: JsonObject, *, text: str, event_id: str | None, received_at: datetime) -> IncomingEvent:
    """Reads an event.

    Args:
        payload: what was sent, parsed.
        text: the same, unparsed.
        event_id: from the envelope, which outranks the payload's own; None when it names none.
        received_at: now.

    Raises:
        ValidationFailed: the event's id is none.
    """
    exception = find_exception(payload)
    outline = outline_of(payload, exception=exception)
    return IncomingEvent(
        event_id=event_id or parse_event_id(payload.get("event_id")) or uuid4().hex,
        occurred_at=_occurred_at(payload.get("timestamp"), received_at=received_at),
        received_at=received_at,
        size=len(text.encode()),
        grouping_hash=grouping_hash(payload, exception=exception),
        user_hash=_user_hash(outline.user),
        outline=outline,
        text=text,
    )


def parse_event_id(value: JsonValue) -> str | None:
    """A UUID with or without dashes, as 32 hex characters in lower case; None for null.

    Raises:
        ValidationFailed: it is anything else.
    """
    if value is None:
        return None
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
    except (ValueError, OverflowError, OSError):
        return received_at
    is_believable = received_at - MAX_PAST <= claimed <= received_at + MAX_FUTURE
    return claimed if is_believable else received_at


def _user_hash(user: dict[str, str] | None) -> str | None:
    """By the first of the identifying parts that the sender gave."""
    for key in ("id", "email", "username", "ip_address"):
        if user and key in user:
            return hashlib.sha256(f"{key}:{user[key]}".encode()).hexdigest()[:32]
    return None
