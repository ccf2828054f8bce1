"""What metadata may look like.

Owns HTTP/2's rules as gRPC enforces them, so that metadata which works in-process works over TCP. Refuses to know
what the entries mean.
"""

import re
from collections.abc import Iterable
from itertools import repeat
from typing import NamedTuple, TypeAlias

Metadata: TypeAlias = tuple[tuple[str, str | bytes], ...]
"""Ordered entries; keys are lower case; a value is ``bytes`` exactly when its key ends in ``-bin``."""

_KEY = re.compile(r"[0-9a-z_.-]+")
_BINARY = "-bin"
# A bound, since whoever calls could else fill the memory with keys that it made up.
_MAX_KNOWN = 1_024
_known_text_keys: set[str] = set()
"""Keys that were found legal before; most calls have the same ones, so most calls are checked at once."""


class Metadatum(NamedTuple):
    """One entry of metadata, readable as a pair and by name, as gRPC hands it out."""

    key: str
    value: str | bytes


def validated(metadata: Iterable[tuple[str, str | bytes]] | None) -> Metadata:
    """The entries as they would arrive over the wire.

    Raises:
        ValueError: a key is not of ``[0-9a-z_.-]``, a value is not printable ASCII, or a ``-bin`` value is not bytes.
    """
    if not metadata:
        return ()
    entries = tuple(metadata)
    return entries if _is_plain(entries) else tuple((key, _arriving(key, value)) for key, value in entries)


def _is_plain(entries: Metadata) -> bool:
    """Whether all entries are text under known keys, so that they arrive as they are."""
    text = ""
    for key, value in entries:
        if key not in _known_text_keys or not isinstance(value, str):
            return False
        text += value
    # All values as one text: two questions for a call and not for each entry.
    return text.isascii() and text.isprintable()


def _arriving(key: str, value: str | bytes) -> str | bytes:
    if not _KEY.fullmatch(key):
        raise ValueError(f"metadata was invalid: the key {key!r} is not of [0-9a-z_.-]")
    if key.endswith(_BINARY):
        if not isinstance(value, bytes):
            raise ValueError(f"metadata was invalid: the value of {key!r} must be bytes")
        return value
    # Bytes under a text key are what gRPC decodes as well; what is no ASCII is refused just below.
    text = value.decode("ascii", "replace") if isinstance(value, bytes) else value
    if not (text.isascii() and text.isprintable()):
        raise ValueError(f"metadata was invalid: the value of {key!r} is not printable ASCII")
    if len(_known_text_keys) < _MAX_KNOWN:
        _known_text_keys.add(key)
    return text


def named(metadata: Metadata) -> Metadata:
    """The same entries, readable by name as well."""
    # Without the constructor, which runs Python for each entry: this is done twice a call.
    return tuple(map(tuple.__new__, repeat(Metadatum), metadata))
