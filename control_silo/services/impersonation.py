"""Acting as somebody else: how a superuser sees what a user sees. Owns who may be acted as.

What such a session may not do is its endpoints' to say; what was done in it, the audit log tells.
"""

from dataclasses import dataclass, field
from datetime import datetime, timedelta

import structlog

from control_silo.models.user import User
from control_silo.services.control import Control
from control_silo.services.identity import IMPERSONATION_SECONDS, create_session
from shared.errors import RequestRefused, UserNotFound

log = structlog.get_logger(__name__)


@dataclass(frozen=True, kw_only=True)
class Impersonation:
    """A new session that acts as the user."""

    user: User
    session_key: str = field(repr=False)
    expires_at: datetime


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
        key = create_session(tx, person, now=now, impersonator=impersonator)
    log.info("user.impersonated", user_id=person.id, impersonator_id=impersonator.id)
    expires_at = now + timedelta(seconds=IMPERSONATION_SECONDS)
    return Impersonation(user=person, session_key=key, expires_at=expires_at)


def _get_person(id_or_email: int | str) -> User:
    is_named = User.id == id_or_email if isinstance(id_or_email, int) else User.email == id_or_email.strip().lower()
    people = User.select().where(is_named, ~User.is_sentry_app, User.is_active)
    person: User | None = people.order_by(User.id).first()
    if person is None:
        raise UserNotFound
    return person
