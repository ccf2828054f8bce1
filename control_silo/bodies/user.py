"""Users: whom to create, what is shown of them, acting as somebody else, and the regions that they see."""

from collections.abc import Iterable
from datetime import datetime
from typing import Annotated, ClassVar, Self, TypeAlias

from pydantic import BeforeValidator, ConfigDict, Field, WithJsonSchema

from control_silo.models.region import RegisteredRegion
from control_silo.models.user import User
from control_silo.services.session import Impersonation
from control_silo.services.user import (
    MAX_EMAIL_CHARACTERS,
    MAX_PASSWORD_CHARACTERS,
    MIN_PASSWORD_CHARACTERS,
    NewUser,
    UserCreator,
)
from shared.bodies.body import Body, shown_by
from shared.bodies.fields import Flag, Text
from shared.bodies.user import UserObject
from shared.domain.http_address import base_url
from shared.domain.json_field import FieldInvalid, parse_text, shown
from shared.domain.json_value import JsonValue
from shared.domain.path_key import path_key
from shared.domain.scopes import Role
from shared.errors import OrganizationNotFound

_MAX_TEXT_CHARACTERS = 255
# What the service takes in the end, which tells of what is wrong with any of these together.
_EMAIL = {"type": "string", "minLength": 1, "maxLength": MAX_EMAIL_CHARACTERS}
_PASSWORD = {"type": "string", "minLength": MIN_PASSWORD_CHARACTERS, "maxLength": MAX_PASSWORD_CHARACTERS}


def _read_organization(value: JsonValue) -> int | str:
    key = path_key(parse_text(value, max_characters=_MAX_TEXT_CHARACTERS, is_blank_allowed=False))
    # No text that could be a slug or an id: there is no such organization, and no need to look.
    if key is None:
        raise OrganizationNotFound
    return key


def _read_password(value: JsonValue) -> str:
    """Keeps the password as it is: spaces at either end are part of it."""
    text = parse_text(value, max_characters=MAX_PASSWORD_CHARACTERS, is_blank_allowed=False)
    # A number is read as its digits, as every text field does, and then is no password with spaces.
    return value if isinstance(value, str) else text


def _read_role(value: JsonValue) -> Role:
    text = parse_text(value, max_characters=_MAX_TEXT_CHARACTERS, is_blank_allowed=False)
    if text not in list(Role):
        raise FieldInvalid(f'"{shown(text)}" is not a valid choice.')
    return Role(text)


_IdOrSlug: TypeAlias = Annotated[int | str, BeforeValidator(_read_organization), WithJsonSchema({"type": "string"})]


class UserBody(Body):
    """A user to create."""

    model_config: ClassVar[ConfigDict] = shown_by(
        {"email": "jane@acme.example", "organization": "acme", "role": "manager"}
    )

    email: Annotated[str, Text(_MAX_TEXT_CHARACTERS), WithJsonSchema(_EMAIL)]
    name: Annotated[str, Text(_MAX_TEXT_CHARACTERS, is_blank_allowed=True)] | None = None
    password: Annotated[str, BeforeValidator(_read_password), WithJsonSchema(_PASSWORD)] | None = Field(
        default=None, repr=False, description="Made up when absent."
    )
    organization: (
        Annotated[int | str, BeforeValidator(_read_organization), WithJsonSchema({"type": "string"})] | None
    ) = Field(default=None, description="Slug or id.")
    role: Annotated[Role, BeforeValidator(_read_role)] = Role.MEMBER
    is_superuser: Flag = False
    is_staff: Flag = False

    def creator(self) -> UserCreator:
        """The person to create."""
        return UserCreator(
            email=self.email,
            name=self.name or "",
            password=self.password,
            organization=self.organization,
            role=self.role,
            is_superuser=self.is_superuser,
            is_staff=self.is_staff,
        )


class NewUserObject(Body):
    """A user who was just created, with secrets that are shown only now."""

    model_config: ClassVar[ConfigDict] = shown_by(
        {
            "id": 1,
            "email": "jane@acme.example",
            "token": "64 hexadecimal digits",
            "session": "64 hexadecimal digits",
            "password": "correct horse",
        }
    )

    id: int
    email: str
    token: str = Field(repr=False, description="API token with every scope that the role allows.")
    session: str = Field(repr=False, description="Value of the cookie `sentrysid`.")
    password: str = Field(repr=False)

    @classmethod
    def of(cls, created: NewUser) -> Self:
        user = created.user
        return cls(
            id=user.id,
            email=user.email,
            token=created.token,
            session=created.session_key,
            password=created.password,
        )


class ImpersonationObject(Body):
    """A session that acts as somebody else; its key is shown only now."""

    model_config: ClassVar[ConfigDict] = shown_by(
        {
            "id": 1,
            "email": "jane@acme.example",
            "session": "64 hexadecimal digits",
            "expiresAt": "2030-01-01T01:00:00Z",
        }
    )

    id: int = Field(description="Of whom it acts as.")
    email: str
    session: str = Field(repr=False, description="Value of the cookie `sentrysid`.")
    expires_at: datetime

    @classmethod
    def of(cls, made: Impersonation) -> Self:
        return cls(id=made.user.id, email=made.user.email, session=made.session_key, expires_at=made.expires_at)


class RegionObject(Body):
    """A region."""

    name: str
    url: str


class RegionsObject(Body):
    """The regions."""

    model_config: ClassVar[ConfigDict] = shown_by({"regions": [{"name": "us", "url": "http://127.0.0.1:8001"}]})

    regions: list[RegionObject]

    @classmethod
    def of(cls, regions: Iterable[RegisteredRegion]) -> Self:
        return cls(regions=[RegionObject(name=each.name, url=base_url(each.http_address)) for each in regions])


def user_object(user: User) -> UserObject:
    """A user of control's as they see themselves."""
    return UserObject.of(
        id=user.id,
        username=user.username,
        name=user.name,
        email=user.email,
        is_active=user.is_active,
        is_superuser=user.is_superuser,
        is_staff=user.is_staff,
        is_sentry_app=user.is_sentry_app,
        joined_at=user.created_at,
    )
