"""Bodies as SDKs send them: packed in one way or another, and split into the items of an envelope.

Owns how far one may unpack, and the splitting; refuses to know what an item means. An envelope is a line of JSON about
it; then for each item a line of JSON about the item and its payload, which is as long as the line says, or else ends at
the next line break.
"""

import zlib
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field

import brotli

from region_silo.events.incoming import parse_event_id
from shared.domain.json_value import JsonObject
from shared.errors import BodyTooLarge, InvalidInput, MalformedBody
from shared.http.body import parse_object
from shared.http.errors import Refused

MAX_ENVELOPE_BYTES = 20 * 2**20
"""Largest envelope, also after it was unpacked."""
MAX_ITEMS = 1_000
"""Most items in one envelope."""
MAX_HEADER_BYTES = 8 * 2**10
"""Longest line about an envelope or an item."""

INVALID = "invalid event envelope"
_GZIP, _ZLIB, _RAW = 16 + zlib.MAX_WBITS, zlib.MAX_WBITS, -zlib.MAX_WBITS
_CORRUPT = "invalid request body"


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


def unpack(body: bytes, *, encoding: str, max_bytes: int) -> bytes:
    """The body as it was before it was packed.

    Args:
        body: as it was sent.
        encoding: the header ``Content-Encoding``; empty for none.
        max_bytes: largest result.

    Raises:
        MalformedBody: it is not what the header says.
        BodyTooLarge: it unpacks to more.
        Refused: 415, for packings that are not known.
    """
    names = [name.strip().lower() for name in encoding.split(",") if name.strip()]
    if len(names) > 1 or any(name not in _UNPACKERS for name in names):
        raise Refused(415, {"detail": f"These content encodings are understood: {', '.join(sorted(_UNPACKERS))}."})
    return _UNPACKERS[names[0]](body, max_bytes) if names else body


def unpack_zlib(body: bytes, *, max_bytes: int) -> bytes:
    """The inverse of ``zlib.compress``.

    Raises:
        MalformedBody, BodyTooLarge: as ``unpack``.
    """
    return _inflate(body, max_bytes, wbits=_ZLIB)


def _inflate(body: bytes, max_bytes: int, *, wbits: int) -> bytes:
    inflater = zlib.decompressobj(wbits)
    try:
        unpacked = inflater.decompress(body, max_bytes + 1)
    except zlib.error as exc:
        raise MalformedBody(_CORRUPT) from exc
    if len(unpacked) > max_bytes:
        raise BodyTooLarge
    if not inflater.eof:
        raise MalformedBody(_CORRUPT)
    return unpacked


def _gunzip(body: bytes, max_bytes: int) -> bytes:
    return _inflate(body, max_bytes, wbits=_GZIP)


def _deflated(body: bytes, max_bytes: int) -> bytes:
    """Two forms go by this name; the one with a header begins with a fixed number of 15 or fewer bits."""
    is_zlib = len(body) >= 2 and body[0] & 0x0F == 8 and int.from_bytes(body[:2], "big") % 31 == 0
    return _inflate(body, max_bytes, wbits=_ZLIB if is_zlib else _RAW)


def _unbrotli(body: bytes, max_bytes: int) -> bytes:
    unpacker = brotli.Decompressor()
    try:
        unpacked: bytes = unpacker.process(body, output_buffer_limit=max_bytes + 1)
    except brotli.error as exc:
        raise MalformedBody(_CORRUPT) from exc
    if len(unpacked) > max_bytes:
        raise BodyTooLarge
    if not unpacker.is_finished():
        raise MalformedBody(_CORRUPT)
    return unpacked


def _identity(body: bytes, max_bytes: int) -> bytes:
    return body


_UNPACKERS: Mapping[str, Callable[[bytes, int], bytes]] = {
    "br": _unbrotli,
    "deflate": _deflated,
    "gzip": _gunzip,
    "identity": _identity,
    "x-gzip": _gunzip,
}
