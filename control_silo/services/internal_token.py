"""The tokens of an internal app, which people make and delete by hand (spec §2.7); shown once, and stored hashed."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime

import peewee

from control_silo.models.app import SentryApp
from control_silo.models.application import ApiToken
from control_silo.models.installation import SentryAppInstallation, SentryAppInstallationToken
from control_silo.models.user import User
from control_silo.services.audit import AuditEvent, record
from control_silo.services.control import Control
from control_silo.services.find_app import get_held_app
from control_silo.services.find_installation import find_live_installation
from control_silo.services.issue_token import delete_token_row
from control_silo.services.secret import LAST_CHARACTERS, hash_token, new_token
from shared.category import Category
from shared.database.transaction import Transaction
from shared.errors import InstallationNotFound, LimitReached, NotFound
from shared.outbox.change import change

MAX_TOKENS = 20
"""How many one installation may have."""


@dataclass(frozen=True)
class NewToken:
    """A token and, this once, the token itself."""

    row: ApiToken
    text: str = field(repr=False)


def create_internal_token(
    tx: Transaction, app: SentryApp, installation: SentryAppInstallation, *, now: datetime
) -> NewToken:
    """Writes a token that never ends, with the app's scopes, in the caller's transaction.

    Raises:
        LimitReached: the installation has as many as it may; exactly so when the caller holds the app.
    """
    links = SentryAppInstallationToken.select()
    # Exact because whoever makes a token holds the app's lock: of two at once the second counts the first.
    if links.where(SentryAppInstallationToken.sentry_app_installation == installation).count() >= MAX_TOKENS:
        raise LimitReached(f"Cannot generate more than {MAX_TOKENS} tokens for a single integration")
    text = new_token()
    row = ApiToken.create(
        # Of the app's own user: what the token does is done by the app, in every log.
        user=app.proxy_user,
        application=app.application,
        token_hash=hash_token(text),
        token_last_characters=text[-LAST_CHARACTERS:],
        # A copy, which a change of the app's scopes changes as well (``update_app``).
        scope_list=app.scope_list,
        created_at=now,
    )
    SentryAppInstallationToken.create(api_token=row, sentry_app_installation=installation)
    change(tx, Category.TOKEN, [row.id])
    return NewToken(row, text)


def list_tokens(app: SentryApp, *, offset: int, limit: int) -> Sequence[ApiToken]:
    """The tokens of the app's live installations, newest first. Needs a session."""
    return list(_tokens_of(app).order_by(ApiToken.id.desc()).offset(offset).limit(limit))


def create_token(control: Control, *, app_id: int, actor: User) -> NewToken:
    """Makes a token that acts for the app in the organization that owns it.

    Raises:
        AppNotFound: there is no such app.
        InstallationNotFound: it is not installed there.
        LimitReached: it has as many tokens as it may.
    """
    now = control.clock.now()
    with control.database.transaction() as tx:
        app = get_held_app(tx, app_id)
        # An internal app is installed in the organization that owns it, and nowhere else.
        installation = find_live_installation(app, organization_id=app.owner_id)
        if installation is None:
            raise InstallationNotFound
        made = create_internal_token(tx, app, installation, now=now)
        event, uuid = AuditEvent.INTERNAL_INTEGRATION_ADD_TOKEN, installation.uuid
        record(tx, event, app, target=made.row, actor=actor, now=now, sentry_app_installation_uuid=uuid)
        return made


def find_token(token_id: int) -> ApiToken | None:
    """A token of anyone's; None when there is none. Needs a session."""
    return ApiToken.get_or_none(ApiToken.id == token_id)


def delete_token(control: Control, *, app_id: int, token_id: int, actor: User) -> None:
    """Ends a token of the app's.

    Raises:
        AppNotFound: there is no such app.
        NotFound: it has no such token, or no longer.
    """
    now = control.clock.now()
    with control.database.transaction() as tx:
        app = get_held_app(tx, app_id)
        token = _tokens_of(app).where(ApiToken.id == token_id).get_or_none()
        # Another app's token is answered as one that there is not: ids are easy to guess.
        if token is None:
            raise NotFound("Could not find given token")
        delete_token_row(tx, token)
        record(tx, AuditEvent.INTERNAL_INTEGRATION_REMOVE_TOKEN, app, target=token, actor=actor, now=now)


def _tokens_of(app: SentryApp) -> "peewee.ModelSelect[ApiToken]":
    return (
        ApiToken.select()
        .join(SentryAppInstallationToken)
        .join(SentryAppInstallation)
        .where(SentryAppInstallation.sentry_app == app, SentryAppInstallation.date_deleted.is_null())
    )
