"""A user as JSON, and who asks: the same on control and in regions. Owns the shapes; knows neither silo's models."""

from datetime import datetime
from typing import Any, ClassVar

from pydantic import BaseModel, ConfigDict, Field

from shared.http.answer import instant_json

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


class UserObject(BaseModel):
    """A user."""

    model_config: ClassVar[ConfigDict] = ConfigDict(json_schema_extra={"examples": [_USER]})

    id: str
    name: str
    username: str
    email: str
    isActive: bool  # noqa: N815
    isSuperuser: bool  # noqa: N815
    isStaff: bool  # noqa: N815
    isSentryApp: bool  # noqa: N815
    dateJoined: str | None = Field(description="Null where a region was not told.")  # noqa: N815


class AuthObject(BaseModel):
    """What a token allows."""

    scopes: list[str]


class RootObject(BaseModel):
    """Who asks, with what."""

    model_config: ClassVar[ConfigDict] = ConfigDict(
        json_schema_extra={"examples": [{"version": "0", "auth": {"scopes": ["org:read"]}, "user": _USER}]}
    )

    version: str
    auth: AuthObject | None = Field(description="Null without a token.")
    user: UserObject | None = Field(description="Null when nobody is signed in.")


def user_object(
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
) -> dict[str, Any]:
    """A user as they see themselves; one without a name is called by their address."""
    return {
        "id": str(id),
        "name": name or email or username,
        "username": username,
        "email": email,
        "isActive": is_active,
        "isSuperuser": is_superuser,
        "isStaff": is_staff,
        "isSentryApp": is_sentry_app,
        "dateJoined": instant_json(joined_at) if joined_at else None,
    }


def root_object(*, token_scopes: frozenset[str] | None, user: dict[str, Any] | None) -> dict[str, Any]:
    """Args:
    token_scopes: what the token allows; None without one.
    user: as ``user_object`` prints them; None when nobody is signed in.
    """
    auth = None if token_scopes is None else {"scopes": sorted(token_scopes)}
    return {"version": API_VERSION, "auth": auth, "user": user}
