"""A user, and who asks: the same on control and in regions."""

from datetime import datetime
from typing import Any, ClassVar, Self

from pydantic import ConfigDict, Field

from shared.bodies.body import Body, shown_by

API_VERSION = "0"

_USER: dict[str, Any] = {
    "id": "1",
    "name": "Jane Doe",
    "username": "jane@acme.example",
    "email": "jane@acme.example",
    "isActive": True,
    "isSuperuser": False,
    "isStaff": False,
    "isSentryApp": False,
    "dateJoined": "2030-01-01T00:00:00Z",
}


class UserObject(Body):
    """A user as they see themselves."""

    model_config: ClassVar[ConfigDict] = shown_by(_USER)

    id: str
    name: str = Field(description="Who has none is called by their address.")
    username: str
    email: str
    is_active: bool
    is_superuser: bool
    is_staff: bool
    is_sentry_app: bool
    date_joined: datetime | None = Field(description="Null where a region was not told.")

    @classmethod
    def of(
        cls,
        *,
        id: int,
        username: str,
        name: str,
        email: str,
        is_active: bool,
        is_superuser: bool,
        is_staff: bool,
        is_sentry_app: bool,
        joined_at: datetime | None,
    ) -> Self:
        return cls(
            id=str(id),
            # Clients show it, and never an empty line.
            name=name or email or username,
            username=username,
            email=email,
            is_active=is_active,
            is_superuser=is_superuser,
            is_staff=is_staff,
            is_sentry_app=is_sentry_app,
            date_joined=joined_at,
        )


class AuthObject(Body):
    """What a token allows."""

    scopes: list[str]


class RootObject(Body):
    """Who asks, with what."""

    model_config: ClassVar[ConfigDict] = shown_by({"version": "0", "auth": {"scopes": ["org:read"]}, "user": _USER})

    version: str = API_VERSION
    auth: AuthObject | None = Field(description="Null without a token.")
    user: UserObject | None = Field(description="Null when nobody is signed in.")

    @classmethod
    def of(cls, *, token_scopes: frozenset[str] | None, user: UserObject | None) -> Self:
        """Who asks, if anybody, and what their token allows, if they have one."""
        auth = None if token_scopes is None else AuthObject(scopes=sorted(token_scopes))
        return cls(auth=auth, user=user)
