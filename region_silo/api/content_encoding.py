"""Packed bodies. Owns which packings are understood, and how far one may unpack."""

import zlib
from collections.abc import Callable, Mapping

import brotli

from shared.errors import BodyTooLarge, MalformedBody
from shared.http.errors import Refused

_GZIP, _ZLIB, _RAW = 16 + zlib.MAX_WBITS, zlib.MAX_WBITS, -zlib.MAX_WBITS
_CORRUPT = "invalid request body"


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
