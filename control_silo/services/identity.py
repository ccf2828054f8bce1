"""Who asks: bearer tokens, sessions and sign-in, and what the one behind them may do where (spec §7).

Owns ``Principal``. Refuses to know endpoints: which scopes one demands is the endpoint's to say.
"""

from collections.abc import Collection
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from functools import cache, lru_cache
from typing import Any

from control_silo.models.user import Session, User
from control_silo.services.control import Control
from control_silo.services.secret import hash_password, hash_token, is_outdated, new_token, password_matches
from shared.database.columns import JsonField, parse_instant
from shared.database.row import Columns
from shared.database.transaction import Transaction
from shared.domain.scopes import ALL_SCOPES, Role
from shared.errors import CredentialsInvalid

SESSION_SECONDS = 14 * 24 * 3600
"""How long a session lasts."""
IMPERSONATION_SECONDS = 3600
"""How long a session lasts in which a superuser acts as somebody else."""
SIGN_IN_REFUSED = "Invalid username/password."
SESSION_OVER = "The session is over; sign in again."


@dataclass(frozen=True, kw_only=True)
class Membership:
    """A person's place in an organization."""

    organization_id: int
    slug: str
    role: Role


@dataclass(frozen=True, kw_only=True)
class ActingApp:
    """The app behind a token, and the installation that the token acts for."""

    app_id: int
    organization_id: int | None
    """None: the token belongs to no live installation."""
    allowed_origins: tuple[str, ...]


@dataclass(frozen=True, kw_only=True)
class Principal:
    """Someone whose credentials were checked."""

    user: User
    memberships: tuple[Membership, ...] = ()
    token_scopes: frozenset[str] | None = None
    """What the token allows; None for a session, which allows all that its user may."""
    acting_app: ActingApp | None = None
    """None for a person."""
    token_id: int | None = None
    """None for a session."""
    expires_at: datetime | None = None
    """When the credentials end; None: never."""

    @property
    def is_superuser(self) -> bool:
        return bool(self.user.is_superuser)

    @property
    def is_elevated(self) -> bool:
        """An active superuser or an active staff member."""
        return bool(self.user.is_superuser or self.user.is_staff)

    @property
    def organization_ids(self) -> list[int]:
        """Organizations that the person is a member of; an app is a member of none."""
        return [membership.organization_id for membership in self.memberships]

    def is_member(self, organization_id: int) -> bool:
        return any(membership.organization_id == organization_id for membership in self.memberships)

    def passes(self, scopes: Collection[str]) -> bool:
        """Whether the credentials allow any of the scopes anywhere: what an endpoint asks before it reads anything."""
        return self.token_scopes is None or self.is_superuser or not self.token_scopes.isdisjoint(scopes)

    def scopes_in(self, organization_id: int) -> frozenset[str]:
        """What the principal may do in an organization: the role's scopes, as far as the token allows them."""
        if self.acting_app:
            is_own = self.acting_app.organization_id == organization_id
            return (self.token_scopes or frozenset()) if is_own else frozenset()
        held = ALL_SCOPES if self.is_superuser else self._role_scopes(organization_id)
        return held if self.token_scopes is None or self.is_superuser else held & self.token_scopes

    def _role_scopes(self, organization_id: int) -> frozenset[str]:
        roles = (place.role for place in self.memberships if place.organization_id == organization_id)
        return next((role.scopes for role in roles), frozenset())


@dataclass(frozen=True)
class SignedIn:
    """A new session."""

    user: User
    session_key: str = field(repr=False)


_JSON = JsonField()
_USER = Columns(User, "u")
_PLACES = """
LEFT JOIN member m ON m.user_id = u.id
LEFT JOIN organization_replica o ON o.id = m.organization_id AND NOT o.tombstone
"""
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


def identify_token(control: Control, token: str) -> Principal:
    """The owner of a bearer token. Needs a session.

    Raises:
        CredentialsInvalid: the token is unknown or expired, or its owner may not sign in.
    """
    return identify_token_hash(control, hash_token(token))


def identify_token_hash(control: Control, token_hash: str) -> Principal:
    """As ``identify_token``, for a silo that was shown the token and sends its hex SHA-256. Needs a session."""
    rows = control.database.rows(_BY_TOKEN, (token_hash,))
    if not rows:
        raise CredentialsInvalid
    token_id, scopes, expires_at = rows[0][_USER.width + 3 :]
    if _is_over(expires_at, control.clock.now()):
        raise CredentialsInvalid("Token expired")
    user = _active_user(rows)
    return Principal(
        user=user,
        memberships=_memberships(rows),
        token_scopes=_scopes(scopes),
        acting_app=_acting_app(control, user, token_id) if user.is_sentry_app else None,
        token_id=token_id,
        expires_at=_instant(expires_at),
    )


def identify_session(control: Control, key: str) -> Principal:
    """The owner of a session. Needs a session of the database.

    Raises:
        CredentialsInvalid: there is no such session, or it is over.
    """
    return identify_session_hash(control, hash_token(key))


def identify_session_hash(control: Control, key_hash: str) -> Principal:
    """As ``identify_session``, for a silo that was shown the key and sends its hex SHA-256. Needs a session."""
    rows = control.database.rows(_BY_SESSION, (key_hash,))
    if not rows or _is_over(rows[0][_USER.width + 3], control.clock.now()):
        raise CredentialsInvalid(SESSION_OVER)
    expires_at, impersonator_id = rows[0][_USER.width + 3 :]
    user = _active_user(rows)
    if impersonator_id is not None:
        if user.is_superuser or user.is_staff:  # since the session began; such rights are not borrowed
            raise CredentialsInvalid(SESSION_OVER)
        user.impersonator = _active_superuser(impersonator_id)
    return Principal(user=user, memberships=_memberships(rows), expires_at=_instant(expires_at))


def sign_in(control: Control, *, email: str, password: str) -> SignedIn:
    """Checks a password and starts a session; takes as long for an unknown address as for a wrong password.

    Raises:
        CredentialsInvalid: one of the two is wrong.
    """
    with control.database.session():
        user = _find_person(email)
    matches = password_matches(password, user.password_hash if user and user.password_hash else _hash_of_nothing())
    if user is None or not matches or not user.password_hash or not user.is_active:
        raise CredentialsInvalid(SIGN_IN_REFUSED)
    renewed = hash_password(password) if is_outdated(user.password_hash) else None  # slow, so before any lock
    with control.database.transaction() as tx:
        if renewed:
            _renew_hash(tx, user, renewed)
        return SignedIn(user, create_session(tx, user, now=control.clock.now()))


def sign_out(control: Control, key: str) -> None:
    """Ends a session; one that is over already is fine."""
    with control.database.transaction():
        Session.delete().where(Session.key_hash == hash_token(key)).execute()


def create_session(tx: Transaction, user: User, *, now: datetime, impersonator: User | None = None) -> str:
    """Writes a session and returns its key, which is stored nowhere.

    The user's sessions that are over go, so that nobody's sessions pile up.
    """
    Session.delete().where(Session.user == user, Session.expires_at <= now).execute()
    key, seconds = new_token(), IMPERSONATION_SECONDS if impersonator else SESSION_SECONDS
    Session.create(
        user=user,
        impersonator=impersonator,
        key_hash=hash_token(key),
        expires_at=now + timedelta(seconds=seconds),
        created_at=now,
    )
    return key


def _renew_hash(tx: Transaction, user: User, renewed: str) -> None:
    """Keeps a stronger hash of the same password, unless another password was set meanwhile."""
    same = (User.id == user.id) & (User.password_hash == user.password_hash)
    User.update(password_hash=renewed).where(same).execute()


def _find_person(email: str) -> User | None:
    address = email.strip().lower()
    if "\x00" in address:
        return None
    people = User.select().where(User.email == address, ~User.is_sentry_app)
    person: User | None = people.order_by(User.id).first()
    return person


@cache
def _hash_of_nothing() -> str:
    return hash_password(new_token())


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
        Membership(organization_id=organization_id, slug=slug, role=Role(role))
        for organization_id, slug, role in places
        if slug is not None
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
    return end is not None and end <= now


def _instant(value: Any) -> datetime | None:
    return None if value is None else parse_instant(value)
