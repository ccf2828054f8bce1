"""An organization as JSON: the same on control, which lists them all, and in the region that owns it."""

from typing import Any

from pydantic import BaseModel


class OrganizationStatusObject(BaseModel):
    """Whether an organization is in use."""

    id: str
    name: str


class OrganizationLinksObject(BaseModel):
    """Where an organization's endpoints are served; both addresses serve all of them."""

    organizationUrl: str  # noqa: N815
    regionUrl: str  # noqa: N815


class OrganizationObject(BaseModel):
    """An organization in a list."""

    id: str
    slug: str
    name: str
    status: OrganizationStatusObject
    links: OrganizationLinksObject


def organization_object(
    *, id: int, slug: str, name: str, status: str, base_url: str, region_url: str
) -> dict[str, Any]:
    """An organization as lists show it.

    Args:
        id: of the organization.
        slug: of the organization.
        name: of the organization.
        status: ``active`` or ``pending_deletion``.
        base_url: where the client asked.
        region_url: where the organization's region is reached.
    """
    return {
        "id": str(id),
        "slug": slug,
        "name": name,
        "status": {"id": status, "name": status.replace("_", " ")},
        "links": {"organizationUrl": base_url, "regionUrl": region_url},
    }
