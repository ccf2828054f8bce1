import gzip
import zlib
from collections.abc import Callable

import brotli
import pytest
from backports import zstd

from region_silo.api.packing import unpack
from shared.errors import BodyTooLarge, MalformedBody
from shared.http.errors import Refused

LIMIT = 10_000
TEXT = b"the body " * 100


def _raw_deflate(body: bytes) -> bytes:
    packer = zlib.compressobj(wbits=-zlib.MAX_WBITS)
    return packer.compress(body) + packer.flush()


PACKERS: dict[str, Callable[[bytes], bytes]] = {
    "gzip": gzip.compress,
    "GZIP": gzip.compress,
    "x-gzip": gzip.compress,
    "deflate": zlib.compress,
    " deflate ": _raw_deflate,
    "br": brotli.compress,
    "zstd": zstd.compress,
    "identity": bytes,
    "": bytes,
}


@pytest.mark.parametrize("encoding", PACKERS)
def test_a_packed_body_is_unpacked(encoding: str) -> None:
    assert unpack(PACKERS[encoding](TEXT), encoding=encoding, max_bytes=LIMIT) == TEXT


@pytest.mark.parametrize("encoding", ["gzip", "deflate", " deflate ", "br", "zstd"])
def test_a_body_that_unpacks_to_more_than_the_limit_is_refused_before_it_fills_the_memory(encoding: str) -> None:
    packed = PACKERS[encoding](b"\0" * 5_000_000)
    with pytest.raises(BodyTooLarge):
        unpack(packed, encoding=encoding, max_bytes=LIMIT)


@pytest.mark.parametrize("encoding", ["gzip", "deflate", "br", "zstd"])
@pytest.mark.parametrize("damage", [lambda body: body[:-6], lambda body: b"\xff" + body[1:], lambda body: b""])
def test_a_damaged_body_is_malformed(encoding: str, damage: Callable[[bytes], bytes]) -> None:
    with pytest.raises(MalformedBody):
        unpack(damage(PACKERS[encoding](TEXT)), encoding=encoding, max_bytes=LIMIT)


@pytest.mark.parametrize("encoding", ["lzw", "gzip, br", "gzip, gzip", "zstd, zstd"])
def test_other_encodings_are_refused_by_name(encoding: str) -> None:
    with pytest.raises(Refused) as refused:
        unpack(TEXT, encoding=encoding, max_bytes=LIMIT)
    assert refused.value.status == 415


@pytest.mark.parametrize(("bits", "is_taken"), [(23, True), (27, False)])
def test_a_frame_that_refers_far_back_is_refused_before_that_much_is_held(bits: int, *, is_taken: bool) -> None:
    options: dict[int, int] = {
        zstd.CompressionParameter.window_log: bits,
        zstd.CompressionParameter.compression_level: 1,
    }
    packer = zstd.ZstdCompressor(options=options)  # of a size that is not known beforehand
    packed = packer.compress(TEXT) + packer.flush()
    if is_taken:
        assert unpack(packed, encoding="zstd", max_bytes=LIMIT) == TEXT
        return
    with pytest.raises(MalformedBody):
        unpack(packed, encoding="zstd", max_bytes=LIMIT)


def test_what_follows_the_first_frame_costs_nothing() -> None:
    assert unpack(zstd.compress(TEXT) * 1000, encoding="zstd", max_bytes=LIMIT) == TEXT
