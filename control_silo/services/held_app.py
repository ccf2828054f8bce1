"""Holding an app: whoever changes it, or what belongs to it, takes this lock first (``services/change.py``)."""

import peewee

from control_silo.models.app import SentryApp
from control_silo.models.application import ApiApplication
from control_silo.models.installation import SentryAppInstallation
from shared.database.locking import locked
from shared.database.transaction import Transaction
from shared.errors import AppNotFound, InstallationNotFound


def get_held_app(tx: Transaction, app_id: int) -> SentryApp:
    """A live app, held until the transaction ends.

    Raises:
        AppNotFound: there is none.
    """
    return _get_held(tx, SentryApp.id == app_id)


def get_held_app_by_slug(tx: Transaction, slug: str) -> SentryApp:
    """As ``get_held_app``, by the app's slug."""
    return _get_held(tx, SentryApp.slug == slug)


def get_held_app_of_client(tx: Transaction, application: ApiApplication) -> SentryApp:
    """As ``get_held_app``, by the app's OAuth client."""
    return _get_held(tx, SentryApp.application == application)


def get_held_app_of_installation(tx: Transaction, uuid: str) -> SentryApp:
    """As ``get_held_app``, by an installation of the app, which itself may be gone already.

    Raises:
        InstallationNotFound: there is none, or its app is gone.
    """
    owners = SentryAppInstallation.select(SentryAppInstallation.sentry_app).where(SentryAppInstallation.uuid == uuid)
    try:
        return _get_held(tx, SentryApp.id.in_(owners))
    except AppNotFound as exc:
        raise InstallationNotFound from exc


def _get_held(tx: Transaction, condition: peewee.Expression) -> SentryApp:
    query = SentryApp.select().where(condition, SentryApp.date_deleted.is_null())
    app = locked(tx, query).get_or_none()
    if app is None:
        raise AppNotFound
    return app
