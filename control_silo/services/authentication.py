"""Who is behind a credential that was shown to control: a bearer token, a session.

Owns the reading of both, in one statement each. What the one behind them may do is ``shared.domain.principal``'s.
"""

from datetime import datetime
from functools import lru_cache
from typing import Any

from control_silo.models.user import User
from control_silo.services.control import Control
from control_silo.services.principal import Principal
from control_silo.services.secret import hash_token
from shared.database.columns import JsonField, parse_instant
from shared.database.row import Columns
from shared.domain.principal import ActingApp, Membership
from shared.domain.scopes import Role
from shared.errors import CredentialsInvalid

SESSION_OVER = "The session is over; sign in again."

_JSON = JsonField()
_USER = Columns(User, "u")
_PLACES = """
LEFT JOIN member m ON m.user_id = u.id
LEFT JOIN organization_replica o ON o.id = m.organization_id AND NOT o.tombstone
"""
# One statement for token, user and all memberships: each request that is authenticated waits for it.
_BY_TOKEN = (
    f"SELECT {_USER.sql}, m.organization_id, o.slug, m.role, t.id, t.scope_list, t.expires_at "  # noqa: S608
    f"FROM api_token t JOIN user_account u ON u.id = t.user_id {_PLACES} WHERE t.token_hash = ?"
)
_BY_SESSION = (
    f"SELECT {_USER.sql}, m.organization_id, o.slug, m.role, s.expires_at, s.impersonator_id "  # noqa: S608
    f"FROM session s JOIN user_account u ON u.id = s.user_id {_PLACES} WHERE s.key_hash = ?"
)
_ACTING_APP = """
SELECT a.id, i.organization_id, p.allowed_origins
FROM sentry_app a
JOIN api_application p ON p.id = a.application_id
LEFT JOIN sentry_app_installation i ON i.sentry_app_id = a.id AND i.date_deleted IS NULL
    AND i.id IN (SELECT l.installation_id FROM installation_token l WHERE l.token_id = ?)
WHERE a.proxy_user_id = ? AND a.date_deleted IS NULL AND p.is_active
"""


def authenticate_token(control: Control, token: str) -> Principal:
    """The owner of a bearer token. Needs a session of the database.

    Raises:
        CredentialsInvalid: the token is unknown or expired, or its owner may not sign in.
    """
    return authenticate_token_hash(control, hash_token(token))


def authenticate_token_hash(control: Control, token_hash: str) -> Principal:
    """The same for a silo that was shown the token and sends its hex SHA-256."""
    rows = control.database.rows(_BY_TOKEN, (token_hash,))
    if not rows:
        raise CredentialsInvalid
    # There is a row for each membership, and the token's own columns are the same in all of them.
    token_id, scopes, expires_at = rows[0][_USER.width + 3 :]
    if _is_over(expires_at, control.clock.now()):
        raise CredentialsInvalid("Token expired")
    user = _active_user(rows)
    return Principal(
        user=user,
        joined_at=user.created_at,
        memberships=_memberships(rows),
        token_scopes=_scopes(scopes),
        acting_app=_acting_app(control, user, token_id) if user.is_sentry_app else None,
        token_id=token_id,
        expires_at=_instant(expires_at),
    )


def authenticate_session(control: Control, key: str) -> Principal:
    """The owner of a session. Needs a session of the database.

    Raises:
        CredentialsInvalid: there is no such session, or it is over.
    """
    return authenticate_session_hash(control, hash_token(key))


def authenticate_session_hash(control: Control, key_hash: str) -> Principal:
    """The same for a silo that was shown the key and sends its hex SHA-256."""
    rows = control.database.rows(_BY_SESSION, (key_hash,))
    if not rows or _is_over(rows[0][_USER.width + 3], control.clock.now()):
        raise CredentialsInvalid(SESSION_OVER)
    expires_at, impersonator_id = rows[0][_USER.width + 3 :]
    user = _active_user(rows)
    if impersonator_id is not None:
        if user.is_superuser or user.is_staff:  # since the session began; such rights are not borrowed
            raise CredentialsInvalid(SESSION_OVER)
        user.impersonator = _active_superuser(impersonator_id)
    return Principal(
        user=user, joined_at=user.created_at, memberships=_memberships(rows), expires_at=_instant(expires_at)
    )


def _active_user(rows: list[tuple[Any, ...]]) -> User:
    user = _USER.read(rows[0])
    if not user.is_active:
        raise CredentialsInvalid("User inactive or deleted.")
    return user


def _active_superuser(user_id: int) -> User:
    """Who acts as somebody else, as long as they may."""
    user: User | None = User.get_or_none(User.id == user_id, User.is_active, User.is_superuser)
    if user is None:
        raise CredentialsInvalid(SESSION_OVER)
    return user


def _memberships(rows: list[tuple[Any, ...]]) -> tuple[Membership, ...]:
    places = (row[_USER.width : _USER.width + 3] for row in rows)
    return tuple(
        Membership(organization_id=organization_id, slug=slug, role=Role(role), scopes=Role(role).scopes)
        for organization_id, slug, role in places
        if slug is not None  # the organization is gone
    )


def _acting_app(control: Control, user: User, token_id: int) -> ActingApp:
    rows = control.database.rows(_ACTING_APP, (token_id, user.id))
    if not rows:
        raise CredentialsInvalid
    # A token acts for one installation at most; the outer join gives one row without any.
    app_id, organization_id, origins = rows[0]
    return ActingApp(app_id=app_id, organization_id=organization_id, allowed_origins=tuple(_JSON.python_value(origins)))


@lru_cache(maxsize=1024)
def _scopes(text: str) -> frozenset[str]:
    """Tokens have few different lists of scopes, and each request reads one."""
    return frozenset(_JSON.python_value(text))


def _is_over(expires_at: Any, now: datetime) -> bool:
    end = _instant(expires_at)
    # At its very end a token is over; an absent end is never reached, as with internal apps' tokens.
    return end is not None and end <= now


def _instant(value: Any) -> datetime | None:
    return None if value is None else parse_instant(value)
