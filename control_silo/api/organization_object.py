"""Control's replicas of organizations, and its regions, as JSON."""

from datetime import datetime
from typing import Any

from control_silo.models.region import OrganizationReplica, Region
from shared.domain.http_address import base_url as base_url_of
from shared.http import organization_object as shared_organization


def organization_object(
    organization: OrganizationReplica, *, created_at: datetime, base_url: str, region_url: str
) -> dict[str, Any]:
    """An organization as lists show it.

    Args:
        organization: the organization.
        created_at: when it came to be.
        base_url: where control is reached; it serves every path of the organization.
        region_url: where the organization's region is reached.
    """
    return shared_organization.organization_object(
        id=organization.id,
        slug=organization.slug,
        name=organization.name,
        status=organization.status,
        created_at=created_at,
        base_url=base_url,
        region_url=region_url,
    )


def region_url(region: Region) -> str:
    """Where a region's HTTP is reached."""
    return base_url_of(region.http_address)
