"""A token as JSON (spec §4.7, §4.8). Owns what is shown; whether the token itself is among it, the caller says."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from control_silo.models.application import ApiToken
from control_silo.services.issue_token import IssuedToken
from control_silo.services.secret import LAST_CHARACTERS
from shared.domain.headers import MASKED_VALUE
from shared.domain.json_value import JsonValue
from shared.http.answer import instant_json


def issued_token_object(issued: IssuedToken, *, state: JsonValue) -> dict[str, Any]:
    """What an app is answered that exchanged a grant; ``state`` is what it sent."""
    shown = _token_object(
        issued.id,
        scopes=issued.scopes,
        created_at=issued.created_at,
        expires_at=issued.expires_at,
        last_characters=issued.token[-LAST_CHARACTERS:],
    )
    return {**shown, "state": state, "token": issued.token, "refreshToken": issued.refresh_token}


def internal_token_object(row: ApiToken, *, token: str | None = None, is_masked: bool) -> dict[str, Any]:
    """A token of an internal app, which has no refresh token.

    Args:
        row: as it is stored.
        token: the token itself, when it was just made; without it there is no such key.
        is_masked: whether the reader lacks what the token allows, so that asterisks stand for all that is secret.
    """
    shown = _token_object(
        row.id,
        scopes=row.scope_list,
        created_at=row.created_at,
        expires_at=row.expires_at,
        last_characters=row.token_last_characters,
    )
    if is_masked:
        return {**shown, "token": MASKED_VALUE, "refreshToken": MASKED_VALUE}
    return {**shown, "refreshToken": None} | ({"token": token} if token else {})


def _token_object(
    token_id: int, *, scopes: Sequence[str], created_at: datetime, expires_at: datetime | None, last_characters: str
) -> dict[str, Any]:
    return {
        "id": str(token_id),
        "name": None,
        "scopes": list(scopes),
        "application": None,
        "expiresAt": instant_json(expires_at) if expires_at else None,
        "dateCreated": instant_json(created_at),
        "state": None,
        "tokenLastCharacters": last_characters,
    }
