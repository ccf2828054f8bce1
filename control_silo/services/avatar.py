"""An app's pictures: its logo and its icon, at most one of each (spec §1.7), and which bytes may be one.

A PNG, square, of a certain size; an icon in one colour on transparency. Owns the checks and their texts.
"""

import base64
import binascii
import io
import re
import struct
from uuid import uuid4

from PIL import Image

from control_silo.models.app import SentryAppAvatar, SentryAppPhoto
from control_silo.services.control import Control
from control_silo.services.find_app import get_held_app
from shared.category import Category
from shared.domain.json_field import FieldInvalid
from shared.domain.json_value import JsonValue
from shared.outbox.change import change

MIN_PIXELS, MAX_PIXELS = 256, 1024
"""How long each side may be."""
MAX_PHOTO_BYTES = 5_000_000

NOT_BASE64 = "The photo must be a string in base64."
TOO_LARGE = f"Image too large. It may have no more than {MAX_PHOTO_BYTES} bytes."
NOT_PNG = "Invalid image format. Only PNG files are supported."
WRONG_DIMENSIONS = (
    f"Invalid image dimensions. The image must be square, with sides of {MIN_PIXELS} to {MAX_PIXELS} pixels."
)
NOT_ONE_COLOR = "The icon must only use one color and should contain an alpha channel."

_BEGINNING = struct.Struct(">8s4x4sII")
"""Signature, length and name of the first chunk, width, height."""
_SIGNATURE, _FIRST_CHUNK = b"\x89PNG\r\n\x1a\n", b"IHDR"


def parse_photo(value: JsonValue) -> bytes:
    """The bytes of a picture that was sent in base64, as they are.

    Raises:
        FieldInvalid: it is no base64, too large, no PNG that can be read to its end, or has the wrong shape.
    """
    photo = _decoded(value)
    # Before anything of it is looked at: what follows costs by the size.
    if len(photo) > MAX_PHOTO_BYTES:
        raise FieldInvalid(TOO_LARGE)
    _check_shape(photo)
    _open(photo)
    return photo


def check_icon(photo: bytes) -> None:
    """Passes for one colour on transparency, whatever the colour; edges may be smoothed.

    As the original, it asks for an alpha channel and not for a pixel that uses it.

    Args:
        photo: as ``parse_photo`` gave it.

    Raises:
        FieldInvalid: it has several colours, or no alpha channel.
    """
    image = _open(photo)
    if not image.has_transparency_data:
        raise FieldInvalid(NOT_ONE_COLOR)
    # Whatever form it was saved in: a palette with a transparent entry is as good as four channels.
    *colors, alpha = image.convert("RGBA").split()
    # Invisible pixels may have any colour; programs that draw leave them so.
    visible = alpha.point([0, *[255] * 255])
    if any(sum(map(bool, color.histogram(visible))) > 1 for color in colors):
        raise FieldInvalid(NOT_ONE_COLOR)


def _decoded(value: JsonValue) -> bytes:
    if not isinstance(value, str):
        raise FieldInvalid(NOT_BASE64)
    try:
        # White space is no part of base64, and forms like to break lines; anything else that is none is refused, not
        # passed over.
        return base64.b64decode("".join(value.split()), validate=True)
    except (binascii.Error, ValueError) as exc:
        raise FieldInvalid(NOT_BASE64) from exc


def _check_shape(photo: bytes) -> None:
    """Looks at the size that a PNG announces before anything of it is unpacked: a small file can hold a huge image."""
    # Else there are no bytes that could say a size.
    if len(photo) < _BEGINNING.size:
        raise FieldInvalid(NOT_PNG)
    signature, chunk, width, height = _BEGINNING.unpack_from(photo)
    if (signature, chunk) != (_SIGNATURE, _FIRST_CHUNK):
        raise FieldInvalid(NOT_PNG)
    if width != height or not MIN_PIXELS <= width <= MAX_PIXELS:
        raise FieldInvalid(WRONG_DIMENSIONS)


def _open(photo: bytes) -> Image.Image:
    try:
        # One format alone: each further decoder is one more way in for a crafted file.
        image = Image.open(io.BytesIO(photo), formats=["PNG"])
        is_as_announced = image.size == _BEGINNING.unpack_from(photo)[2:]
        if is_as_announced:
            # Only now is it unpacked: a file that ends too early is no picture, however well it begins.
            image.load()
    except Exception as exc:  # of a damaged file Pillow raises almost anything
        raise FieldInvalid(NOT_PNG) from exc
    if not is_as_announced:
        raise FieldInvalid(WRONG_DIMENSIONS)
    return image


_IDENT = re.compile(r"[0-9a-f]{32}")
_PHOTO = """
SELECT p.photo FROM sentry_app_photo p JOIN sentry_app_avatar v ON v.id = p.avatar_id WHERE v.ident = ?
"""


def set_avatar(control: Control, *, app_id: int, color: bool, photo: bytes | None) -> None:
    """Replaces a picture of an app. A new one gets a new ident, so that who kept the old one never shows it for new.

    Args:
        control: database and clock.
        app_id: of the app.
        color: whether it is the logo; else the icon.
        photo: a PNG; None takes the picture away.

    Raises:
        AppNotFound: there is no such app.
    """
    with control.database.transaction() as tx:
        # Held, so that two uploads at once leave one picture of a kind, not two.
        app = get_held_app(tx, app_id)
        SentryAppAvatar.delete().where(
            SentryAppAvatar.sentry_app == app, SentryAppAvatar.color == color
        ).execute()  # the photo goes with it
        avatar = SentryAppAvatar.create(
            # Random: the picture can be had by everybody who knows the ident, and by nobody else.
            sentry_app=app,
            ident=uuid4().hex,
            avatar_type=0 if photo is None else 1,
            color=color,
        )
        if photo is not None:
            SentryAppPhoto.create(avatar=avatar, photo=photo)
        change(tx, Category.APP, [app.id])


def find_photo(control: Control, ident: str) -> bytes | None:
    """The PNG of the avatar with that ident; None when there is none. Needs a session."""
    # What cannot be an ident is not looked for: the path is open to everybody.
    if not _IDENT.fullmatch(ident):
        return None
    rows = control.database.rows(_PHOTO, (ident,))
    return bytes(rows[0][0]) if rows else None
