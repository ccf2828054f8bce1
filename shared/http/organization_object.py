"""An organization as JSON: the same on control, which lists them all, and in the region that owns it."""

from datetime import datetime
from typing import Any, ClassVar, Literal

from pydantic import BaseModel, ConfigDict

from shared.http.answer import instant_json


class OrganizationStatusObject(BaseModel):
    """Whether an organization is in use."""

    id: str
    name: str


class OrganizationLinksObject(BaseModel):
    """Where an organization's endpoints are served; both addresses serve all of them."""

    organizationUrl: str  # noqa: N815
    regionUrl: str  # noqa: N815


class OrganizationAvatarObject(BaseModel):
    """The picture of an organization: its initials."""

    avatarType: Literal["letter_avatar"]  # noqa: N815
    avatarUuid: None  # noqa: N815
    avatarUrl: None  # noqa: N815


class OrganizationObject(BaseModel):
    """An organization in a list."""

    model_config: ClassVar[ConfigDict] = ConfigDict(
        json_schema_extra={
            "examples": [
                {
                    "id": "1",
                    "slug": "acme",
                    "name": "Acme",
                    "status": {"id": "active", "name": "active"},
                    "dateCreated": "2030-01-01T00:00:00Z",
                    "avatar": {"avatarType": "letter_avatar", "avatarUuid": None, "avatarUrl": None},
                    "isEarlyAdopter": False,
                    "require2FA": False,
                    "hasAuthProvider": False,
                    "links": {"organizationUrl": "http://127.0.0.1:8000", "regionUrl": "http://127.0.0.1:8001"},
                }
            ]
        }
    )

    id: str
    slug: str
    name: str
    status: OrganizationStatusObject
    dateCreated: str  # noqa: N815
    avatar: OrganizationAvatarObject
    isEarlyAdopter: Literal[False]  # noqa: N815
    require2FA: Literal[False]  # noqa: N815
    hasAuthProvider: Literal[False]  # noqa: N815
    links: OrganizationLinksObject


def organization_object(
    *, id: int, slug: str, name: str, status: str, created_at: datetime, base_url: str, region_url: str
) -> dict[str, Any]:
    """An organization as lists show it, with what clients of the original insist on: features that none has here.

    Args:
        id: of the organization.
        slug: of the organization.
        name: of the organization.
        status: ``active`` or ``pending_deletion``.
        created_at: when it came to be.
        base_url: where everything is served.
        region_url: where the organization's region is reached.
    """
    return {
        "id": str(id),
        "slug": slug,
        "name": name,
        "status": {"id": status, "name": status.replace("_", " ")},
        "dateCreated": instant_json(created_at),
        "avatar": {"avatarType": "letter_avatar", "avatarUuid": None, "avatarUrl": None},
        "isEarlyAdopter": False,
        "require2FA": False,
        "hasAuthProvider": False,
        "links": {"organizationUrl": base_url, "regionUrl": region_url},
    }
