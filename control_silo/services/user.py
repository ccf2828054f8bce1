"""People: creating them with credentials that are shown once, finding members, and whom to write to about an app."""

import re
import secrets
from dataclasses import dataclass, field
from datetime import datetime

import peewee

from control_silo.models.application import ApiToken
from control_silo.models.region import OrganizationReplica
from control_silo.models.user import Member, User
from control_silo.services.control import Control
from control_silo.services.interest import members_seen
from control_silo.services.organization import get_organization
from control_silo.services.secret import LAST_CHARACTERS, hash_password, hash_token, new_token
from control_silo.services.session import create_session
from shared.database.model import tuples_of
from shared.database.transaction import Transaction
from shared.domain.scopes import ALL_SCOPES, Role
from shared.errors import EmailTaken, PermissionDenied, ValidationFailed

MAX_EMAIL_CHARACTERS = 75
MIN_PASSWORD_CHARACTERS = 8
MAX_PASSWORD_CHARACTERS = 256
MAX_NAME_CHARACTERS = 128
_EMAIL = re.compile(r"[^@\s\x00-\x1f\x7f]+@[^@\s\x00-\x1f\x7f]+")
_GENERATED_PASSWORD_BYTES = 18


@dataclass(frozen=True, kw_only=True)
class NewUser:
    """A user who was just created, with everything that is shown only now."""

    user: User
    token: str = field(repr=False)
    """API token with every scope that the user's role allows."""
    session_key: str = field(repr=False)
    password: str = field(repr=False)


@dataclass(frozen=True, kw_only=True)
class UserCreator:
    """A person to create."""

    email: str
    name: str = ""
    password: str | None = field(default=None, repr=False)
    """None: one is made up."""
    organization: int | str | None = None
    """Id or slug of the organization that they become a member of."""
    role: Role = Role.MEMBER
    is_superuser: bool = False
    is_staff: bool = False

    def run(self, control: Control) -> NewUser:
        """Creates the user, the membership, a token and a session.

        Raises:
            ValidationFailed: the address, the name or the password is not valid.
            OrganizationNotFound: there is no such organization.
            EmailTaken: someone has the address.
        """
        email = self.email.strip().lower()
        self._validate(email)
        # Shown once to whoever made the user; nobody has a default password.
        password = self.password or secrets.token_urlsafe(_GENERATED_PASSWORD_BYTES)
        # Before the transaction: hashing is slow on purpose and must hold no lock.
        password_hash = hash_password(password)
        try:
            with control.database.transaction() as tx:
                return self._create(tx, email, password, password_hash, control.clock.now())
        except peewee.IntegrityError as exc:
            raise EmailTaken(metadata={"email": email}) from exc

    def _validate(self, email: str) -> None:
        problems = {}
        if len(email) > MAX_EMAIL_CHARACTERS or not _EMAIL.fullmatch(email):
            problems["email"] = ["Enter a valid email address."]
        if len(self.name) > MAX_NAME_CHARACTERS:
            problems["name"] = [f"Ensure this field has no more than {MAX_NAME_CHARACTERS} characters."]
        if self.password is not None and not MIN_PASSWORD_CHARACTERS <= len(self.password) <= MAX_PASSWORD_CHARACTERS:
            problems["password"] = [
                f"A password has {MIN_PASSWORD_CHARACTERS} to {MAX_PASSWORD_CHARACTERS} characters."
            ]
        if problems:
            raise ValidationFailed(fields=problems)

    def _create(self, tx: Transaction, email: str, password: str, password_hash: str, now: datetime) -> NewUser:
        organization = None if self.organization is None else get_organization(self.organization)
        user = User.create(
            username=email,
            email=email,
            name=self.name,
            password_hash=password_hash,
            is_superuser=self.is_superuser,
            is_staff=self.is_staff,
            created_at=now,
        )
        if organization:
            Member.create(user=user, organization_id=organization.id, role=self.role, created_at=now)
        token = new_token()
        ApiToken.create(
            user=user,
            token_hash=hash_token(token),
            token_last_characters=token[-LAST_CHARACTERS:],
            scope_list=self._token_scopes(),
            created_at=now,
        )
        return NewUser(user=user, token=token, session_key=create_session(tx, user, now=now), password=password)

    def _token_scopes(self) -> list[str]:
        if self.is_superuser:
            # A superuser belongs to no organization: a role's scopes would be none at all.
            return sorted(ALL_SCOPES)
        return sorted(self.role.scopes) if self.organization is not None else []


SUPERUSER_EMAIL = "root@silo.example"


def ensure_superuser(control: Control) -> dict[str, int | str]:
    """Makes the superuser if there is none.

    Returns:
        ``id`` and ``email``; the first time also ``token``, ``session`` and ``password``, which are shown only then.
    """
    with control.database.session():
        existing = User.select().where(User.is_superuser).order_by(User.id).first()
    # Its credentials were shown when it was made; they are stored as hashes and cannot be shown again.
    if existing is not None:
        return {"id": existing.id, "email": existing.email}
    try:
        new = UserCreator(email=SUPERUSER_EMAIL, name="Root", is_superuser=True).run(control)
    except EmailTaken:  # another process made it between the look and the insert
        return ensure_superuser(control)
    return {
        "id": new.user.id,
        "email": new.user.email,
        "token": new.token,
        "session": new.session_key,
        "password": new.password,
    }


def find_member(
    control: Control, *, region: str, organization_id: int, user_id: int | None = None, email: str | None = None
) -> User | None:
    """A person who belongs to the organization; None when nobody of that id or address does.

    Args:
        control: knows everyone.
        region: who asks.
        organization_id: of an organization that lives there.
        user_id: whom to find; None to go by ``email``.
        email: in any case.

    Raises:
        PermissionDenied: the organization does not live in that region.
    """
    with control.database.session():
        place = OrganizationReplica.get_or_none(OrganizationReplica.id == organization_id)
        # Told apart from "no such member": a region that asks so is wired wrong, or taken.
        if place is None or place.region_name != region:
            raise PermissionDenied("A region may ask about members of its own organizations alone.")
        known = User.id == user_id if user_id is not None else User.email == (email or "").strip().lower()
        belongs = (Member.organization_id == organization_id) & User.is_active & ~User.is_sentry_app
        members = User.select().join(Member, on=(Member.user == User.id)).where(known & belongs)
        member: User | None = members.order_by(User.id).first()
        return member


_ADDRESSED_ROLES = (Role.OWNER, Role.MANAGER)
"""In this order."""


def notification_emails(*, organization_id: int, creator_label: str) -> list[str]:
    """The address of who made the app or, when that was not recorded, of its organization's owners and managers.

    Args:
        organization_id: of the organization that owns the app.
        creator_label: the app's; only a text with an ``@`` is an address.

    Returns:
        Each address once; [] when there is nobody, or a region asks about people of another's. Needs a session.
    """
    # A label is the address, or where there was none the username (spec 2.2).
    if "@" in creator_label:
        return [creator_label]
    query = (
        Member.select(Member.role, User.email)
        .join(User)
        .where(Member.organization_id == organization_id, Member.role.in_(_ADDRESSED_ROLES))
        .where(User.is_active, ~User.is_sentry_app, User.email != "")
        .order_by(Member.id)
    )
    # Owners first: in this order the addresses are answered.
    people = sorted(tuples_of(members_seen(query)), key=lambda person: _ADDRESSED_ROLES.index(person[0]))
    return list(dict.fromkeys(email for _, email in people))
