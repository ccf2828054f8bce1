"""An organization and a region as JSON."""

from typing import Any

from control_silo.models.region import OrganizationReplica, Region


def organization_object(organization: OrganizationReplica, *, base_url: str, region_url: str) -> dict[str, Any]:
    """An organization as lists show it.

    Args:
        organization: the organization.
        base_url: where control is reached; it serves every path of the organization.
        region_url: where the organization's region is reached.
    """
    status = {"id": organization.status, "name": organization.status.replace("_", " ")}
    return {
        "id": str(organization.id),
        "slug": organization.slug,
        "name": organization.name,
        "status": status,
        "links": {"organizationUrl": base_url, "regionUrl": region_url},
    }


def region_url(region: Region) -> str:
    """Where a region's HTTP is reached."""
    address = str(region.http_address)
    return address if "://" in address else f"http://{address}"
