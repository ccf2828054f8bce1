"""An organization as JSON: the same on control, which lists them all, and in the region that owns it."""

from typing import Any, ClassVar

from pydantic import BaseModel, ConfigDict


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

    model_config: ClassVar[ConfigDict] = ConfigDict(
        json_schema_extra={
            "examples": [
                {
                    "id": "1",
                    "slug": "acme",
                    "name": "Acme",
                    "status": {"id": "active", "name": "active"},
                    "links": {"organizationUrl": "http://127.0.0.1:8000", "regionUrl": "http://127.0.0.1:8001"},
                }
            ]
        }
    )

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
        base_url: where everything is served.
        region_url: where the organization's region is reached.
    """
    return {
        "id": str(id),
        "slug": slug,
        "name": name,
        "status": {"id": status, "name": status.replace("_", " ")},
        "links": {"organizationUrl": base_url, "regionUrl": region_url},
    }
