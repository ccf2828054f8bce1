"""People: creating them, with their place in an organization and credentials that are shown once."""

import re
import secrets
from dataclasses import dataclass, field
from datetime import datetime

import peewee

from control_silo.models.application import ApiToken
from control_silo.models.user import Member, User
from control_silo.services.control import Control
from control_silo.services.organization import get_organization
from control_silo.services.secret import LAST_CHARACTERS, hash_password, hash_token, new_token
from control_silo.services.session import create_session
from shared.database.transaction import Transaction
from shared.domain.scopes import ALL_SCOPES, Role
from shared.errors import EmailTaken, ValidationFailed

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
        password = self.password or secrets.token_urlsafe(_GENERATED_PASSWORD_BYTES)
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
            return sorted(ALL_SCOPES)
        return sorted(self.role.scopes) if self.organization is not None else []
