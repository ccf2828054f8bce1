"""The first superuser, without whom nobody could create anybody."""

from control_silo.models.user import User
from control_silo.services.control import Control
from control_silo.services.user import UserCreator
from shared.errors import EmailTaken

SUPERUSER_EMAIL = "root@silo.example"


def ensure_superuser(control: Control) -> dict[str, int | str]:
    """Makes the superuser if there is none.

    Returns:
        ``id`` and ``email``; the first time also ``token``, ``session`` and ``password``, which are shown only then.
    """
    with control.database.session():
        existing = User.select().where(User.is_superuser).order_by(User.id).first()
    if existing is not None:
        return {"id": existing.id, "email": existing.email}
    try:
        new = UserCreator(email=SUPERUSER_EMAIL, name="Root", is_superuser=True).run(control)
    except EmailTaken:  # another process made it between the look and the insert
        return ensure_superuser(control)
    return {
        "id": new.user.id,
        "email": new.user.email,
        "token": new.token,
        "session": new.session_key,
        "password": new.password,
    }
