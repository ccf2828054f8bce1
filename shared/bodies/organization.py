"""An organization: the same on control, which lists them all, and in the region that owns it."""

from datetime import datetime
from typing import Any, ClassVar, Literal, Self

from pydantic import ConfigDict, Field

from shared.bodies.body import Body, shown_by

ORGANIZATION: dict[str, Any] = {
    "id": "1",
    "slug": "acme",
    "name": "Acme",
    "status": {"id": "active", "name": "active"},
    "dateCreated": "2030-01-01T00:00:00Z",
    "avatar": {"avatarType": "letter_avatar", "avatarUuid": None, "avatarUrl": None},
    "isEarlyAdopter": False,
    "require2FA": False,
    "hasAuthProvider": False,
    "allowMemberInvite": True,
    "allowMemberProjectCreation": False,
    "allowSuperuserAccess": True,
    "links": {"organizationUrl": "http://127.0.0.1:8000", "regionUrl": "http://127.0.0.1:8001"},
}


class OrganizationStatusObject(Body):
    """Whether an organization is in use."""

    id: str
    name: str


class OrganizationLinksObject(Body):
    """Where an organization's endpoints are served; both addresses serve all of them."""

    organization_url: str
    region_url: str


class OrganizationAvatarObject(Body):
    """The picture of an organization: its initials."""

    avatar_type: Literal["letter_avatar"] = "letter_avatar"
    avatar_uuid: None = None
    avatar_url: None = None


class OrganizationObject(Body):
    """An organization in a list, with what clients of the original insist on: features that none has here."""

    model_config: ClassVar[ConfigDict] = shown_by(ORGANIZATION)

    id: str
    slug: str
    name: str
    status: OrganizationStatusObject
    date_created: datetime
    avatar: OrganizationAvatarObject = Field(default_factory=OrganizationAvatarObject)
    is_early_adopter: Literal[False] = False
    # By hand: the generated name would be ``requires2Fa``.
    requires_2fa: Literal[False] = Field(default=False, alias="require2FA")
    has_auth_provider: Literal[False] = False
    allow_member_invite: Literal[True] = True
    allow_member_project_creation: Literal[False] = False
    allow_superuser_access: Literal[True] = True
    links: OrganizationLinksObject

    @classmethod
    def of(
        cls, *, id: int, slug: str, name: str, status: str, created_at: datetime, base_url: str, region_url: str
    ) -> Self:
        """An organization as lists show it.

        Args:
            id: of the organization.
            slug: of the organization.
            name: of the organization.
            status: ``active`` or ``pending_deletion``.
            created_at: when it came to be.
            base_url: where everything is served.
            region_url: where the organization's region is reached.
        """
        return cls(
            id=str(id),
            slug=slug,
            name=name,
            # The original shows both, the second for people.
            status=OrganizationStatusObject(id=status, name=status.replace("_", " ")),
            date_created=created_at,
            links=OrganizationLinksObject(organization_url=base_url, region_url=region_url),
        )
