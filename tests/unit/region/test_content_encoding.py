import gzip
import zlib
from collections.abc import Callable

import brotli
import pytest

from region_silo.api.envelope import unpack
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
    "identity": bytes,
    "": bytes,
}


@pytest.mark.parametrize("encoding", PACKERS)
def test_a_packed_body_is_unpacked(encoding: str) -> None:
    assert unpack(PACKERS[encoding](TEXT), encoding=encoding, max_bytes=LIMIT) == TEXT


@pytest.mark.parametrize("encoding", ["gzip", "deflate", " deflate ", "br"])
def test_a_body_that_unpacks_to_more_than_the_limit_is_refused_before_it_fills_the_memory(encoding: str) -> None:
    packed = PACKERS[encoding](b"\0" * 5_000_000)
    with pytest.raises(BodyTooLarge):
        unpack(packed, encoding=encoding, max_bytes=LIMIT)


@pytest.mark.parametrize("encoding", ["gzip", "deflate", "br"])
@pytest.mark.parametrize("damage", [lambda body: body[:-6], lambda body: b"\xff" + body[1:], lambda body: b""])
def test_a_damaged_body_is_malformed(encoding: str, damage: Callable[[bytes], bytes]) -> None:
    with pytest.raises(MalformedBody):
        unpack(damage(PACKERS[encoding](TEXT)), encoding=encoding, max_bytes=LIMIT)


@pytest.mark.parametrize("encoding", ["zstd", "gzip, br", "gzip, gzip"])
def test_other_encodings_are_refused_by_name(encoding: str) -> None:
    with pytest.raises(Refused) as refused:
        unpack(TEXT, encoding=encoding, max_bytes=LIMIT)
    assert refused.value.status == 415
