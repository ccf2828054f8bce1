"""Envelopes as SDKs send them, split into their items.

Owns the splitting and its bounds; refuses to know what an item means. An envelope is a line of JSON about it; then for
each item a line of JSON about the item and its payload, which is as long as the line says, or else ends at the next
line break. It is read piece by piece, so that an attachment of any size passes through and is never held.
"""

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field

from region_silo.events.incoming import parse_event_id
from shared.domain.json_value import JsonObject
from shared.errors import BodyTooLarge, InvalidInput, MalformedBody
from shared.http.body import parse_object

MAX_ENVELOPE_BYTES = 20 * 2**20
"""Largest envelope as it is sent, which the original takes too; likewise the next."""
MAX_UNPACKED_BYTES = 100 * 2**20
MAX_EVENT_BYTES = 2**20
"""Largest event, unpacked."""
MAX_ITEMS = 1_000
"""Most items in one envelope."""
MAX_HEADER_BYTES = 8 * 2**10
"""Longest line about an envelope or an item."""
EVENT = "event"
"""The one type of item that is kept; all others are taken and dropped."""

INVALID = "invalid event envelope"


@dataclass(frozen=True)
class Item:
    """One thing that was sent."""

    type: str
    """``event``, ``transaction``, ``session``, …; also words that are not known here."""
    payload: bytes = field(default=b"", repr=False)
    """An event's bytes; those of what is not kept are not read."""
    attachment_type: str | None = None


@dataclass(frozen=True)
class Envelope:
    """What was sent together."""

    event_id: str | None
    """32 hex characters; outranks the id in an event's payload."""
    items: tuple[Item, ...]


def parse_envelope(pieces: Iterable[bytes], *, admit: Callable[[str | None], object]) -> Envelope:
    """Splits an envelope.

    Args:
        pieces: the envelope, cut anywhere.
        admit: is given the DSN that the envelope names, if it names one, and raises for a sender who may not send;
            called before anything but the first line is looked at.

    Raises:
        MalformedBody: it is none.
        BodyTooLarge: it has too many items, or an event that is too large.
        ValidationFailed: its event id is none.
    """
    source = _Source(pieces)
    header = _header(source)
    dsn = header.get("dsn")
    event_id = parse_event_id(header.get("event_id"))
    # Unpacking and splitting the rest costs more than a stranger should get.
    admit(dsn if isinstance(dsn, str) else None)
    return Envelope(event_id=event_id, items=tuple(_items(source)))


class _Source:
    """Pieces, read as lines and as so many bytes."""

    def __init__(self, pieces: Iterable[bytes]) -> None:
        self._pieces = iter(pieces)
        self._held = b""

    def is_at_end(self) -> bool:
        while not self._held:
            piece = next(self._pieces, None)
            if piece is None:
                return True
            self._held = piece
        return False

    def is_at_end_but_for_line_breaks(self) -> bool:
        while not self.is_at_end():
            # An envelope may end with any number of line breaks.
            self._held = self._held.lstrip(b"\n")
            if self._held:
                return False
        return True

    def take(self, length: int, *, keep: bool) -> bytes:
        """The next so many bytes, or nothing of them."""
        kept = bytearray()
        while length:
            if self.is_at_end():
                raise MalformedBody(f"{INVALID}: an item is shorter than its length")
            # Taken piece by piece and dropped: an attachment of any size costs one piece of memory.
            some, self._held = self._held[:length], self._held[length:]
            length -= len(some)
            kept += some if keep else b""
        return bytes(kept)

    def line(self, *, keep: bool = True, refusal: Exception, max_bytes: int) -> bytes:
        """What comes before the next line break, or nothing of it."""
        kept = bytearray()
        while not self.is_at_end():
            some, line_break, self._held = self._held.partition(b"\n")
            kept += some if keep else b""
            if len(kept) > max_bytes:
                raise refusal
            if line_break:
                break
        return bytes(kept)

    def skip_line_break(self) -> bool:
        """Whether there was one."""
        if self.is_at_end() or self._held[:1] != b"\n":
            return False
        self._held = self._held[1:]
        return True


def _items(source: _Source) -> Iterator[Item]:
    count = 0
    while not source.is_at_end_but_for_line_breaks():
        count += 1
        if count > MAX_ITEMS:
            raise BodyTooLarge(f"An envelope may have at most {MAX_ITEMS} items.")
        header = _header(source)
        name, kind = header.get("type"), header.get("attachment_type")
        if not isinstance(name, str):
            raise MalformedBody(f"{INVALID}: an item has no type")
        # Everything else passes through unread, however large: nothing is made of it here.
        payload = _payload(source, header, keep=name == EVENT)
        yield Item(name, payload, kind if isinstance(kind, str) else None)


def _header(source: _Source) -> JsonObject:
    too_long = MalformedBody(f"{INVALID}: a header is longer than {MAX_HEADER_BYTES} bytes")
    line = source.line(refusal=too_long, max_bytes=MAX_HEADER_BYTES)
    # A line break too many in the middle is not forgiven: the next line might be the payload of an item.
    if not line.strip():
        raise MalformedBody(f"{INVALID}: a header is missing")
    try:
        return parse_object(line)
    except InvalidInput as exc:
        raise MalformedBody(f"{INVALID}: a header is not a JSON object") from exc


def _payload(source: _Source, header: JsonObject, *, keep: bool) -> bytes:
    too_large = BodyTooLarge(f"envelope exceeded size limits for type '{EVENT}'")
    length = header.get("length")
    if length is None:
        return source.line(keep=keep, refusal=too_large, max_bytes=MAX_EVENT_BYTES)
    # True is 1 to Python, and no length.
    if isinstance(length, bool) or not isinstance(length, int) or length < 0:
        raise MalformedBody(f"{INVALID}: the length of an item is no number of bytes")
    # Before a byte of it is read: the header says enough.
    if keep and length > MAX_EVENT_BYTES:
        raise too_large
    payload = source.take(length, keep=keep)
    if not source.skip_line_break() and not source.is_at_end():
        raise MalformedBody(f"{INVALID}: an item is longer than its length")
    return payload
