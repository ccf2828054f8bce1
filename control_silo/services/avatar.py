"""An app's pictures: its logo and its icon, at most one of each (spec §1.7). Which bytes may be one, ``photo`` says."""

import re
from uuid import uuid4

from control_silo.models.app import SentryAppAvatar, SentryAppPhoto
from control_silo.services.change import enqueue_app
from control_silo.services.control import Control
from control_silo.services.find_app import get_held_app

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
    now = control.clock.now()
    with control.database.transaction() as tx:
        app = get_held_app(tx, app_id)
        SentryAppAvatar.delete().where(
            SentryAppAvatar.sentry_app == app, SentryAppAvatar.color == color
        ).execute()  # the photo goes with it
        avatar = SentryAppAvatar.create(
            sentry_app=app, ident=uuid4().hex, avatar_type=0 if photo is None else 1, color=color
        )
        if photo is not None:
            SentryAppPhoto.create(avatar=avatar, photo=photo)
        enqueue_app(tx, app, now=now)


def find_photo(control: Control, ident: str) -> bytes | None:
    """The PNG of the avatar with that ident; None when there is none. Needs a session."""
    if not _IDENT.fullmatch(ident):
        return None
    rows = control.database.rows(_PHOTO, (ident,))
    return bytes(rows[0][0]) if rows else None
