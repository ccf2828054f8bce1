"""Sessions of browsers: how they begin, by a password or by a superuser who acts as somebody else, and end.

Owns how long they last, and who may be acted as. What such a session may not do is its endpoints' to say; what was done
in it, the audit log tells.
"""

from dataclasses import dataclass, field
from datetime import datetime, timedelta
from functools import cache

import structlog

from control_silo.models.user import BrowserSession, User
from control_silo.services.control import Control
from control_silo.services.secret import hash_password, hash_token, is_outdated, new_token, password_matches
from shared.database.transaction import Transaction
from shared.errors import CredentialsInvalid, RequestRefused, UserNotFound

SESSION_SECONDS = 14 * 24 * 3600
"""How long a session lasts."""
IMPERSONATION_SECONDS = 3600
"""How long a session lasts in which a superuser acts as somebody else."""
SIGN_IN_REFUSED = "Invalid username/password."

log = structlog.get_logger(__name__)


@dataclass(frozen=True)
class SignedIn:
    """A new session."""

    user: User
    session_key: str = field(repr=False)


@dataclass(frozen=True, kw_only=True)
class Impersonation:
    """A new session that acts as the user."""

    user: User
    session_key: str = field(repr=False)
    expires_at: datetime


def sign_in(control: Control, *, email: str, password: str) -> SignedIn:
    """Checks a password and starts a session; takes as long for an unknown address as for a wrong password.

    Raises:
        CredentialsInvalid: one of the two is wrong.
    """
    # The session ends before the password is checked: hashing is slow on purpose and needs no connection.
    with control.database.session():
        user = _find_person(email)
    # An unknown address costs a hash as well, or the time of an answer would tell who has an account.
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
    # Unknown keys answer alike: who signs out twice has what they wanted.
    with control.database.transaction():
        BrowserSession.delete().where(BrowserSession.key_hash == hash_token(key)).execute()


def impersonate(control: Control, user: int | str, *, impersonator: User) -> Impersonation:
    """Starts a session in which a superuser acts as somebody else, with that person's rights and no others.

    Args:
        control: knows everyone.
        user: id or e-mail address of whom to act as.
        impersonator: the superuser.

    Raises:
        UserNotFound: there is no such person, or they may not sign in.
        RequestRefused: the person is a superuser or staff, whose rights must not be borrowed.
    """
    now = control.clock.now()
    with control.database.transaction() as tx:
        person = _get_person(user)
        if person.is_superuser or person.is_staff:
            raise RequestRefused("Superusers and staff cannot be impersonated.")
        # In the same transaction as the look, so that nobody becomes a superuser in between.
        key = create_session(tx, person, now=now, impersonator=impersonator)
    log.info("user.impersonated", user_id=person.id, impersonator_id=impersonator.id)
    expires_at = now + timedelta(seconds=IMPERSONATION_SECONDS)
    return Impersonation(user=person, session_key=key, expires_at=expires_at)


def create_session(tx: Transaction, user: User, *, now: datetime, impersonator: User | None = None) -> str:
    """Writes a session and returns its key, which is stored nowhere.

    The user's sessions that are over go, so that nobody's sessions pile up.
    """
    # Here, since nothing in this platform runs by itself at night.
    BrowserSession.delete().where(BrowserSession.user == user, BrowserSession.expires_at <= now).execute()
    key, seconds = new_token(), IMPERSONATION_SECONDS if impersonator else SESSION_SECONDS
    BrowserSession.create(
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
    # As addresses are stored: nobody remembers how they wrote theirs.
    address = email.strip().lower()
    # PostgreSQL takes no NUL in a text, and no address has one.
    if "\x00" in address:
        return None
    people = User.select().where(User.email == address, ~User.is_sentry_app)
    person: User | None = people.order_by(User.id).first()
    return person


def _get_person(id_or_email: int | str) -> User:
    is_named = User.id == id_or_email if isinstance(id_or_email, int) else User.email == id_or_email.strip().lower()
    people = User.select().where(is_named, ~User.is_sentry_app, User.is_active)
    person: User | None = people.order_by(User.id).first()
    if person is None:
        raise UserNotFound
    return person


@cache
def _hash_of_nothing() -> str:
    return hash_password(new_token())
