"""What a principal may reach by a path: the organization that it names, and the scopes that an endpoint asks for there.

Owns the order of refusals, the same for every noun: what is not theirs does not exist (404); what they may not do is
refused (403).
"""

from collections.abc import Collection

from region_silo.models.organization import Organization
from region_silo.services.organization import find_organization
from region_silo.services.principal import Principal
from shared.domain.path_key import path_key
from shared.errors import OrganizationNotFound, PermissionDenied

READ_ORGANIZATION = frozenset({"org:read", "org:integrations", "org:write", "org:admin"})
"""Read an organization."""


def organization_for(principal: Principal, id_or_slug: str, *, scopes: Collection[str] | None = None) -> Organization:
    """The organization of this region that a path names. Needs a session.

    Args:
        principal: who asks.
        id_or_slug: as it stands in the path.
        scopes: one of these is needed there; None for nothing.

    Raises:
        OrganizationNotFound: there is none here, or none that the principal sees.
        PermissionDenied: the principal has none of the scopes in it.
    """
    key = path_key(id_or_slug)
    organization = find_organization(key) if key is not None else None
    if organization is None or not principal.sees(organization.id):
        raise OrganizationNotFound
    if scopes is not None:
        require_scopes(principal, scopes, organization_id=organization.id)
    return organization


def require_scopes(principal: Principal, scopes: Collection[str], *, organization_id: int) -> None:
    """Passes when the principal has one of the scopes in the organization.

    Raises:
        PermissionDenied: it has none.
    """
    if not principal.holds(scopes, organization_id=organization_id):
        raise PermissionDenied
