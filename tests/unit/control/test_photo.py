import base64
import contextlib
import struct
import zlib
from collections.abc import Callable

import pytest
from hypothesis import given
from hypothesis.strategies import integers, lists, tuples
from PIL import Image

from control_silo.services.avatar import (
    MAX_PHOTO_BYTES,
    NOT_BASE64,
    NOT_ONE_COLOR,
    NOT_PNG,
    TOO_LARGE,
    WRONG_DIMENSIONS,
    check_icon,
    parse_photo,
)
from shared.domain.json_field import FieldInvalid
from shared.domain.json_value import JsonValue
from tests.pictures import BLACK, BLUE, CLEAR, encoded, picture

SMALLEST = base64.b64decode(picture())


def refusal(call: Callable[[], object]) -> str:
    with pytest.raises(FieldInvalid) as refused:
        call()
    return str(refused.value)


def announcing(width: int, height: int) -> str:
    """The beginning of a PNG, with nothing behind it."""
    chunk = b"IHDR" + struct.pack(">IIBBBBB", width, height, 8, 6, 0, 0, 0)
    raw = b"\x89PNG\r\n\x1a\n" + struct.pack(">I", 13) + chunk + struct.pack(">I", zlib.crc32(chunk))
    return base64.b64encode(raw).decode()


@pytest.mark.parametrize("side", [256, 700, 1024])
def test_a_square_png_is_kept_byte_for_byte(side: int) -> None:
    sent = picture(size=(side, side))
    assert parse_photo(sent) == base64.b64decode(sent)


def test_base64_in_lines_is_accepted() -> None:
    assert parse_photo(base64.encodebytes(SMALLEST).decode()) == SMALLEST


@pytest.mark.parametrize("size", [(255, 255), (1025, 1025), (256, 257), (1024, 256), (1, 1)])
def test_another_shape_is_refused(size: tuple[int, int]) -> None:
    assert refusal(lambda: parse_photo(picture(size=size))) == WRONG_DIMENSIONS


@pytest.mark.parametrize("size", [(2**31 - 1, 2**31 - 1), (100_000, 100_000), (0, 0)])
def test_an_image_that_would_fill_the_memory_is_refused_unopened(size: tuple[int, int]) -> None:
    assert refusal(lambda: parse_photo(announcing(*size))) == WRONG_DIMENSIONS


@pytest.mark.parametrize(
    "value", [None, 7, True, [], {}, "not base64!", "\u00e9\u00e9\u00e9\u00e9", "data:image/png;base64,AAAA"]
)
def test_what_is_no_base64_is_refused(value: JsonValue) -> None:
    assert refusal(lambda: parse_photo(value)) == NOT_BASE64


@pytest.mark.parametrize(
    "sent",
    [
        "",
        base64.b64encode(b"<svg xmlns='http://www.w3.org/2000/svg'/>").decode(),
        picture(mode="RGB", file_format="JPEG"),
        picture(mode="P", file_format="GIF"),
        announcing(256, 256),
        base64.b64encode(SMALLEST[:-40]).decode(),
    ],
    ids=["nothing", "svg", "jpeg", "gif", "a beginning alone", "cut off"],
)
def test_what_is_no_whole_png_is_refused(sent: str) -> None:
    assert refusal(lambda: parse_photo(sent)) == NOT_PNG


def test_a_picture_of_too_many_bytes_is_refused() -> None:
    padded = base64.b64encode(SMALLEST + bytes(MAX_PHOTO_BYTES)).decode()
    assert refusal(lambda: parse_photo(padded)) == TOO_LARGE


@given(changes=lists(tuples(integers(0, len(SMALLEST) - 1), integers(0, 255)), min_size=1, max_size=8))
def test_a_damaged_picture_is_read_or_refused_and_nothing_else(changes: list[tuple[int, int]]) -> None:
    damaged = bytearray(SMALLEST)
    for place, value in changes:
        damaged[place] = value
    with contextlib.suppress(FieldInvalid):
        check_icon(parse_photo(base64.b64encode(damaged).decode()))


def test_an_icon_is_one_color_with_smooth_edges_whatever_the_color() -> None:
    image = Image.new("RGBA", (256, 256), CLEAR)
    image.paste(BLUE, (8, 8, 128, 128))
    image.paste((*BLUE[:3], 90), (128, 8, 130, 128))
    check_icon(parse_photo(encoded(image)))


@pytest.mark.parametrize("mode", ["RGBA", "LA"])
def test_transparent_pixels_have_no_color(mode: str) -> None:
    image = Image.new("RGBA", (256, 256), (255, 255, 255, 0))
    image.paste(BLACK, (8, 8, 128, 128))
    check_icon(parse_photo(encoded(image.convert(mode))))


def test_an_icon_of_two_colors_is_refused() -> None:
    image = Image.new("RGBA", (256, 256), BLUE)
    image.paste((*BLUE[:2], BLUE[2] + 1, 255), (8, 8, 9, 9))
    assert refusal(lambda: check_icon(parse_photo(encoded(image)))) == NOT_ONE_COLOR


@pytest.mark.parametrize("mode", ["RGB", "L", "1", "P", "I;16"])
def test_an_icon_without_an_alpha_channel_is_refused(mode: str) -> None:
    assert refusal(lambda: check_icon(parse_photo(encoded(Image.new(mode, (256, 256)))))) == NOT_ONE_COLOR
