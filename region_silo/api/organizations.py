"""``organizations/`` in a region: those that live here."""

from fastapi import Response

from region_silo.api.access import READ_ORGANIZATION, organization_for
from region_silo.api.request import ApiRequest, Incoming
from region_silo.bodies.organization import OrganizationDetailObject
from region_silo.models.organization import Organization
from region_silo.services.organization import list_visible_organizations
from region_silo.services.principal import Principal
from region_silo.services.registration import find_http_url
from shared.bodies.organization import OrganizationObject
from shared.http.answer import json_answer
from shared.http.endpoint import PAGE_PARAMETERS, Endpoints
from shared.http.pagination import cut, list_answer, page_request, public_url

endpoints = Endpoints("Organizations")


@endpoints.add("GET", "/organizations/", answers={200: list[OrganizationObject]}, parameters=PAGE_PARAMETERS)
def list_organizations(request: Incoming) -> Response:
    """Lists the organizations of this region that the credentials give a view of; all for superusers and staff."""
    with request.signed_in() as principal:
        page = page_request(request.http)
        found = list_visible_organizations(principal, offset=page.offset, limit=page.probe)
        organizations, has_more = cut(found, page)
        items = [organization_object(request, organization) for organization in organizations]
        return list_answer(request.http, page, items, has_more=has_more)


@endpoints.add("GET", "/organizations/{organization_id_or_slug}/", answers={200: OrganizationDetailObject})
def get_organization(request: Incoming, organization_id_or_slug: str) -> Response:
    """Reads an organization."""
    with request.signed_in(scopes=READ_ORGANIZATION) as principal:
        organization = organization_for(principal, organization_id_or_slug, scopes=READ_ORGANIZATION)
        return json_answer(_detail(request, organization, principal))


def organization_object(request: ApiRequest, organization: Organization) -> OrganizationObject:
    """An organization of this region as lists show it. Needs a session."""
    return OrganizationObject.of(
        id=organization.id,
        slug=organization.slug,
        name=organization.name,
        status=organization.status,
        created_at=organization.created_at,
        base_url=request.control_url,
        region_url=find_http_url(request.region) or public_url(request.http),
    )


def _detail(request: ApiRequest, organization: Organization, principal: Principal) -> OrganizationDetailObject:
    role = principal.role_in(organization.id)
    return OrganizationDetailObject(
        **dict(organization_object(request, organization)),
        access=sorted(principal.scopes_in(organization.id)),
        org_role=role.value if role else None,
    )
