"""Instants as people and programs outside write them. Owns the reading and the printing of ISO 8601."""

from datetime import UTC, datetime

_MAX_CHARACTERS = 64


def parse_iso(text: str) -> datetime:
    """ISO 8601, in UTC unless it says otherwise.

    Raises:
        ValueError: it is no instant, or none that UTC can say.
    """
    if len(text) > _MAX_CHARACTERS:
        raise ValueError("too long for a time")
    parsed = datetime.fromisoformat(text)
    if parsed.tzinfo is None:
        return parsed.replace(tzinfo=UTC)
    try:
        return parsed.astimezone(UTC)
    except OverflowError as exc:
        raise ValueError("outside the calendar") from exc


def instant_json(value: datetime) -> str:
    """``2030-01-01T00:00:00Z``, with microseconds where there are any."""
    return value.astimezone(UTC).replace(tzinfo=None).isoformat() + "Z"
