"""How an organization looks in JSON to who reads it alone, for the documentation. Checks nothing."""

from typing import Literal

from pydantic import BaseModel, Field

from shared.http.organization_object import OrganizationObject


class OrganizationAvatarObject(BaseModel):
    """The picture of an organization: its initials."""

    avatarType: Literal["letter_avatar"]  # noqa: N815
    avatarUuid: None  # noqa: N815
    avatarUrl: None  # noqa: N815


class OrganizationDetailObject(OrganizationObject):
    """An organization, with what who asks may do in it."""

    access: list[str] = Field(description="Scopes that the asker holds here, sorted.")
    avatar: OrganizationAvatarObject
    dateCreated: str  # noqa: N815
    orgRole: Literal["member", "admin", "manager", "owner"] | None = Field(  # noqa: N815
        description="Null for an app, and for who does not belong to the organization."
    )
