r"""Envelopes: the form in which SDKs send everything. Owns the splitting; refuses to know what an item means.

A line of JSON about the envelope; then for each item a line of JSON about it and its payload, which is as long as the
line says, or else ends at the next line break.
"""

from collections.abc import Iterator
from dataclasses import dataclass, field

from region_silo.services.incoming_event import parse_event_id
from shared.domain.json_value import JsonObject
from shared.errors import BodyTooLarge, InvalidInput, MalformedBody
from shared.http.body import parse_object

MAX_ENVELOPE_BYTES = 20 * 2**20
"""Largest envelope, also after it was unpacked."""
MAX_ITEMS = 1_000
"""Most items in one envelope."""
MAX_HEADER_BYTES = 8 * 2**10
"""Longest line about an envelope or an item."""

INVALID = "invalid event envelope"


@dataclass(frozen=True)
class Item:
    """One thing that was sent."""

    type: str
    """``event``, ``transaction``, ``session``, …; also words that are not known here."""
    payload: bytes = field(repr=False)


@dataclass(frozen=True)
class Envelope:
    """What was sent together."""

    event_id: str | None
    """32 hex characters; outranks the id in an event's payload."""
    dsn: str | None
    items: tuple[Item, ...]


def parse_envelope(raw: bytes) -> Envelope:
    """Splits an envelope.

    Raises:
        MalformedBody: it is none.
        BodyTooLarge: it has too many items.
        ValidationFailed: its event id is none.
    """
    header, start = _header(raw, 0)
    dsn = header.get("dsn")
    return Envelope(
        event_id=parse_event_id(header.get("event_id")),
        dsn=dsn if isinstance(dsn, str) else None,
        items=tuple(_items(raw, start)),
    )


def _items(raw: bytes, start: int) -> Iterator[Item]:
    count = 0
    while start < len(raw):
        if raw[start : start + 1] == b"\n":
            start += 1
            continue
        count += 1
        if count > MAX_ITEMS:
            raise BodyTooLarge(f"An envelope may have at most {MAX_ITEMS} items.")
        header, start = _header(raw, start)
        name = header.get("type")
        if not isinstance(name, str):
            raise MalformedBody(f"{INVALID}: an item has no type")
        payload, start = _payload(raw, start, header)
        yield Item(name, payload)


def _header(raw: bytes, start: int) -> tuple[JsonObject, int]:
    end = _line_end(raw, start)
    if end - start > MAX_HEADER_BYTES:
        raise MalformedBody(f"{INVALID}: a header is longer than {MAX_HEADER_BYTES} bytes")
    line = raw[start:end]
    if not line.strip():
        raise MalformedBody(f"{INVALID}: a header is missing")
    try:
        return parse_object(line), end + 1
    except InvalidInput as exc:
        raise MalformedBody(f"{INVALID}: a header is not a JSON object") from exc


def _payload(raw: bytes, start: int, header: JsonObject) -> tuple[bytes, int]:
    length = header.get("length")
    if length is None:
        end = _line_end(raw, start)
        return raw[start:end], end + 1
    if isinstance(length, bool) or not isinstance(length, int) or length < 0:
        raise MalformedBody(f"{INVALID}: the length of an item is no number of bytes")
    end = start + length
    if end > len(raw):
        raise MalformedBody(f"{INVALID}: an item is shorter than its length")
    if end < len(raw) and raw[end : end + 1] != b"\n":
        raise MalformedBody(f"{INVALID}: an item is longer than its length")
    return raw[start:end], end + 1


def _line_end(raw: bytes, start: int) -> int:
    end = raw.find(b"\n", start)
    return len(raw) if end < 0 else end
