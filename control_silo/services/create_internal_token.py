"""Making a token that acts for an installation of an internal app (spec §2.7). It is shown once and stored hashed."""

from dataclasses import dataclass, field
from datetime import datetime

from control_silo.models.app import SentryApp
from control_silo.models.application import ApiToken
from control_silo.models.installation import SentryAppInstallation, SentryAppInstallationToken
from control_silo.services.change import enqueue_token
from control_silo.services.secret import LAST_CHARACTERS, hash_token, new_token
from shared.database.transaction import Transaction
from shared.errors import LimitReached

MAX_TOKENS = 20
"""Of one installation."""


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
    if links.where(SentryAppInstallationToken.sentry_app_installation == installation).count() >= MAX_TOKENS:
        raise LimitReached(f"Cannot generate more than {MAX_TOKENS} tokens for a single integration")
    text = new_token()
    row = ApiToken.create(
        user=app.proxy_user,
        application=app.application,
        token_hash=hash_token(text),
        token_last_characters=text[-LAST_CHARACTERS:],
        scope_list=app.scope_list,
        created_at=now,
        version=0,
    )
    SentryAppInstallationToken.create(api_token=row, sentry_app_installation=installation)
    enqueue_token(tx, row, organization_id=installation.organization_id, now=now)
    return NewToken(row, text)
