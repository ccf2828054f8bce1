"""Bodies as they were before they were packed. Owns the packings that are understood, and how far one may unpack.

Everything is unpacked piece by piece, so that what passes through and is not kept takes no memory.
"""

import sys
import zlib
from collections.abc import Callable, Iterator, Mapping

import brotli

from shared.errors import BodyTooLarge, MalformedBody
from shared.http.errors import Refused

if sys.version_info >= (3, 14):
    from compression import zstd
else:
    from backports import zstd

# As zlib has it: 16 more asks for the frame of gzip, less than nothing for none at all.
_GZIP, _ZLIB, _RAW = 16 + zlib.MAX_WBITS, zlib.MAX_WBITS, -zlib.MAX_WBITS
_CORRUPT = "invalid request body"
_PIECE_BYTES = 64 * 2**10
_WINDOW_BITS = 23
"""A frame of zstd says how far back it refers, and that much is held: 8 MiB, which every packer of the web keeps to."""


def unpack(body: bytes, *, encoding: str, max_bytes: int) -> bytes:
    """The body as it was before it was packed. Args and Raises: as ``unpacking``."""
    return b"".join(unpacking(body, encoding=encoding, max_bytes=max_bytes))


def unpacking(body: bytes, *, encoding: str, max_bytes: int) -> Iterator[bytes]:
    """The body as it was before it was packed, piece by piece.

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
    # Packings in packings are how a few bytes become gigabytes.
    if len(names) > 1 or any(name not in _UNPACKERS for name in names):
        raise Refused(415, {"detail": f"These content encodings are understood: {', '.join(sorted(_UNPACKERS))}."})
    return _bounded(_UNPACKERS[names[0] if names else "identity"](body), max_bytes=max_bytes)


def unpack_zlib(body: bytes, *, max_bytes: int) -> bytes:
    """The inverse of ``zlib.compress``.

    Raises:
        MalformedBody, BodyTooLarge: as ``unpacking``.
    """
    return b"".join(_bounded(_inflate(body, wbits=_ZLIB), max_bytes=max_bytes))


def _bounded(pieces: Iterator[bytes], *, max_bytes: int) -> Iterator[bytes]:
    total = 0
    for piece in pieces:
        total += len(piece)
        if total > max_bytes:
            raise BodyTooLarge
        yield piece


def _inflate(body: bytes, *, wbits: int) -> Iterator[bytes]:
    inflater = zlib.decompressobj(wbits)
    try:
        while body and not inflater.eof:
            # With a bound on each piece: what a few bytes unpack to is known only then.
            yield inflater.decompress(body, _PIECE_BYTES)
            body = inflater.unconsumed_tail
    except zlib.error as exc:
        raise MalformedBody(_CORRUPT) from exc
    # Cut off on the way, it may have lost the half that matters.
    if not inflater.eof:
        raise MalformedBody(_CORRUPT)


def _gunzip(body: bytes) -> Iterator[bytes]:
    return _inflate(body, wbits=_GZIP)


def _deflated(body: bytes) -> Iterator[bytes]:
    """Two forms go by this name; the one with a header begins with a fixed number of 15 or fewer bits."""
    # Deflate means zlib's frame (RFC 9110), but some clients send it bare; the first two bytes tell (RFC 1950).
    is_zlib = len(body) >= 2 and body[0] & 0x0F == 8 and int.from_bytes(body[:2], "big") % 31 == 0
    return _inflate(body, wbits=_ZLIB if is_zlib else _RAW)


def _unbrotli(body: bytes) -> Iterator[bytes]:
    unpacker = brotli.Decompressor()
    try:
        piece: bytes = unpacker.process(body, output_buffer_limit=_PIECE_BYTES)
        while piece:
            yield piece
            piece = b"" if unpacker.is_finished() else unpacker.process(b"", output_buffer_limit=_PIECE_BYTES)
    except brotli.error as exc:
        raise MalformedBody(_CORRUPT) from exc
    if not unpacker.is_finished():
        raise MalformedBody(_CORRUPT)


def _identity(body: bytes) -> Iterator[bytes]:
    return (body[start : start + _PIECE_BYTES] for start in range(0, len(body), _PIECE_BYTES))


def _unzstd(body: bytes) -> Iterator[bytes]:
    unpacker = zstd.ZstdDecompressor(options={zstd.DecompressionParameter.window_log_max: _WINDOW_BITS})
    try:
        piece = unpacker.decompress(body, _PIECE_BYTES)
        # Without a piece it waits for more than there is, or only then finds that its frame is at its end.
        while piece:
            yield piece
            piece = b"" if unpacker.eof else unpacker.decompress(b"", _PIECE_BYTES)
    except zstd.ZstdError as exc:
        raise MalformedBody(_CORRUPT) from exc
    if not unpacker.eof:
        raise MalformedBody(_CORRUPT)


_UNPACKERS: Mapping[str, Callable[[bytes], Iterator[bytes]]] = {
    "br": _unbrotli,
    "deflate": _deflated,
    "gzip": _gunzip,
    "identity": _identity,
    "x-gzip": _gunzip,
    "zstd": _unzstd,
}
