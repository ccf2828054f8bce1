"""Deleting apps and installations (spec §2.5, §2.6): in one transaction, tombstones included.

The rows of an app and of an installation stay, marked deleted, so that their slugs and versions are never used again;
everything that could still act for them goes.
"""

from datetime import datetime

from control_silo.models.app import SentryApp, SentryAppAvatar
from control_silo.models.application import ApiApplication, ApiGrant, ApiToken
from control_silo.models.installation import (
    SentryAppInstallation,
    SentryAppInstallationForProvider,
    SentryAppInstallationToken,
    TokenExchange,
)
from control_silo.models.user import User
from control_silo.services.audit import AuditEvent, record
from control_silo.services.control import Control
from control_silo.services.find_app import get_held_app, get_held_app_of_installation
from control_silo.services.find_installation import get_installation
from control_silo.services.issue_token import delete_token_row
from control_silo.services.webhook import tell_of_installation
from shared.category import Category
from shared.database.locking import locked
from shared.database.transaction import Transaction
from shared.domain.app_status import SentryAppInstallationStatus, SentryAppStatus
from shared.domain.event import AppEvent
from shared.errors import PermissionDenied
from shared.outbox.change import change

DELETABLE = frozenset({SentryAppStatus.UNPUBLISHED, SentryAppStatus.INTERNAL})
"""Statuses in which an app may be deleted."""


def delete_app(control: Control, *, app_id: int, actor: User) -> None:
    """Deletes an app with its installations, tokens, grants, proxy user and application.

    Raises:
        AppNotFound: there is no such app.
        PermissionDenied: the app is published or about to be.
    """
    now = control.clock.now()
    with control.database.transaction() as tx:
        app = get_held_app(tx, app_id)
        # Under the lock: the status cannot become "published" between this look and the deletion.
        if app.state not in DELETABLE:
            raise PermissionDenied("Published apps cannot be removed.")
        for installation in _live_installations(tx, app):
            # Unpublished apps alone are told: so says the specification (2.6).
            if app.state is SentryAppStatus.UNPUBLISHED:
                # Signed now, while there is a secret: the delivery is sent when the app is gone.
                tell_of_installation(tx, AppEvent.INSTALLATION_DELETED, installation, actor=actor, now=now)
            delete_installation(tx, installation, now=now)
        _delete_what_acts(tx, app)
        app.status = int(SentryAppStatus.DELETION_IN_PROGRESS)
        app.date_deleted = app.date_updated = now
        # The row in hand says so too: what is done with it below must not look for what was just deleted.
        app.application = app.proxy_user = None
        app.save(only=app.dirty_fields)
        change(tx, Category.APP, [app.id])
        change(tx, Category.CREDENTIAL, [app.id])
        record(tx, AuditEvent.SENTRY_APP_REMOVE, app, actor=actor, now=now)


def uninstall(control: Control, *, uuid: str, actor: User) -> None:
    """Deletes an installation with its grant and tokens.

    Raises:
        InstallationNotFound: there is no such installation.
    """
    now = control.clock.now()
    with control.database.transaction() as tx:
        app = get_held_app_of_installation(tx, uuid)  # it says whether its region keeps the app
        installation = get_installation(tx, uuid)
        tell_of_installation(tx, AppEvent.INSTALLATION_DELETED, installation, actor=actor, now=now)
        delete_installation(tx, installation, now=now)
        # The app itself has not changed, but the organization's region may have lost its last reason to hold it.
        change(tx, Category.APP, [app.id])
        change(tx, Category.CREDENTIAL, [app.id])
        record(tx, AuditEvent.SENTRY_APP_UNINSTALL, app, target=installation, actor=actor, now=now)


def _live_installations(tx: Transaction, app: SentryApp) -> list[SentryAppInstallation]:
    # In one order, as everyone who locks installations of an app.
    live = app.installations.where(SentryAppInstallation.date_deleted.is_null()).order_by(SentryAppInstallation.id)
    return list(locked(tx, live))


def delete_installation(tx: Transaction, installation: SentryAppInstallation, *, now: datetime) -> None:
    """Deletes an installation with its grant and tokens; nobody is told."""
    # Each token leaves a tombstone of its own, since regions hold tokens by themselves and let them in.
    tokens = [link.api_token for link in installation.tokens.order_by(SentryAppInstallationToken.id)]
    if installation.api_token:
        # A public app has its one token here, an internal app's are in the links above.
        tokens.append(installation.api_token)
    for token in tokens:
        delete_token_row(tx, token)
    if installation.api_grant_id:
        ApiGrant.delete().where(ApiGrant.id == installation.api_grant_id).execute()
    # Else the provider would still be answered with the token of an installation that is gone.
    SentryAppInstallationForProvider.delete().where(
        SentryAppInstallationForProvider.sentry_app_installation == installation
    ).execute()
    # A repeated answer must not give out a token that was just ended.
    TokenExchange.delete().where(TokenExchange.sentry_app_installation == installation).execute()
    installation.status = int(SentryAppInstallationStatus.PENDING_DELETION)
    installation.api_grant = installation.api_token = None
    installation.date_deleted = installation.date_updated = now
    installation.save(only=installation.dirty_fields)
    change(tx, Category.INSTALLATION, [installation.id])


def _delete_what_acts(tx: Transaction, app: SentryApp) -> None:
    # Its pictures too, which are shown to everybody: the app's row stays for its slug's sake alone.
    SentryAppAvatar.delete().where(SentryAppAvatar.sentry_app == app).execute()
    # Those of installations went one by one above, with tombstones; here goes whatever else acts for the client.
    ApiToken.delete().where(ApiToken.application == app.application_id).execute()
    ApiApplication.delete().where(ApiApplication.id == app.application_id).execute()
    # `is_sentry_app` is asked once more so that no slip elsewhere can ever delete a person.
    User.delete().where(User.id == app.proxy_user_id, User.is_sentry_app).execute()
