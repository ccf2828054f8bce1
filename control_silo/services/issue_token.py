"""The token of an app in one organization: eight hours long, renewed by its refresh token (spec §2.8)."""

import json
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from control_silo.models.app import SentryApp
from control_silo.models.application import ApiToken
from control_silo.models.installation import SentryAppInstallation
from control_silo.services.secret import LAST_CHARACTERS, hash_token, new_token
from shared.category import Category
from shared.database.columns import instant_text, parse_instant
from shared.database.transaction import Transaction
from shared.outbox.change import change

TOKEN_LIFETIME_SECONDS = 8 * 3600
"""How long a token of an exchange or a refresh works."""


@dataclass(frozen=True, kw_only=True)
class IssuedToken:
    """A token and the refresh token that renews it, both of which are stored nowhere."""

    id: int
    token: str = field(repr=False)
    refresh_token: str = field(repr=False)
    scopes: tuple[str, ...]
    created_at: datetime
    expires_at: datetime

    def as_text(self) -> str:
        """All of it, secrets included."""
        # JSON has no instants; they are written as the tables write them.
        instants = {"created_at": instant_text(self.created_at), "expires_at": instant_text(self.expires_at)}
        return json.dumps({**vars(self), **instants})

    @classmethod
    def from_text(cls, text: str) -> "IssuedToken":
        """The inverse of ``as_text``."""
        said = json.loads(text)
        instants = {name: parse_instant(said[name]) for name in ("created_at", "expires_at")}
        # JSON has no tuples either, and an answer that is repeated is to be equal to the first.
        return cls(**said | instants | {"scopes": tuple(said["scopes"])})


def issue_token(tx: Transaction, app: SentryApp, installation: SentryAppInstallation, *, now: datetime) -> IssuedToken:
    """Writes a token with the app's scopes in place of the one that the installation had, in the caller's transaction.

    The caller holds the app and the installation.
    """
    # One token at a time: whoever holds the earlier one is shut out as soon as the new one is given.
    before = installation.api_token
    if before:
        delete_token_row(tx, before)
    # Independent of each other: whoever overhears the one cannot make the other of it.
    token, refresh_token = new_token(), new_token()
    row = ApiToken.create(
        user=app.proxy_user_id,
        application=app.application_id,
        token_hash=hash_token(token),
        refresh_token_hash=hash_token(refresh_token),
        # All that a list can show of a token which is stored nowhere.
        token_last_characters=token[-LAST_CHARACTERS:],
        scope_list=app.scope_list,
        expires_at=now + timedelta(seconds=TOKEN_LIFETIME_SECONDS),
        created_at=now,
    )
    installation.api_token = row
    # Only this: whatever else was changed meanwhile is not written back as it was read.
    installation.save(only=[SentryAppInstallation.api_token])
    change(tx, Category.TOKEN, [row.id])
    return IssuedToken(
        id=row.id,
        token=token,
        refresh_token=refresh_token,
        scopes=tuple(row.scope_list),
        created_at=row.created_at,
        expires_at=row.expires_at,
    )


def delete_token_row(tx: Transaction, token: ApiToken) -> None:
    """Deletes the row of a token, which then acts for nobody anywhere; one that is gone already stays so."""
    token.delete_instance()
    change(tx, Category.TOKEN, [token.id])
