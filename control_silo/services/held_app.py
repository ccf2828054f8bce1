"""Holding an app: whoever changes more than one of its rows takes this lock first (``services/change.py``)."""

from control_silo.models.app import SentryApp
from control_silo.services.control import Control
from shared.errors import AppNotFound


def get_held_app(control: Control, app_id: int) -> SentryApp:
    """A live app, held until the transaction ends.

    Raises:
        AppNotFound: there is none.
    """
    query = SentryApp.select().where(SentryApp.id == app_id, SentryApp.date_deleted.is_null())
    app = control.locked(query).get_or_none()
    if app is None:
        raise AppNotFound
    return app
