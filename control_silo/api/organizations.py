"""``organizations/``: what one sees of them on control, and their administration by superusers."""

from fastapi import Response

from control_silo.api.apps import STATUS_PARAMETER, rendered
from control_silo.api.request import Incoming, get_organization_of_path
from control_silo.bodies.app import AppObject
from control_silo.bodies.organization import FeatureBody, NewOrganizationObject, OrganizationBody, organization_object
from control_silo.replication.kinds import KINDS
from control_silo.services import app_access
from control_silo.services.feature import set_switch
from control_silo.services.find_app import list_app_details
from control_silo.services.organization import create_organization, creation_times
from control_silo.services.principal import list_visible_organizations
from control_silo.services.region import list_regions
from shared.bodies.organization import OrganizationObject
from shared.domain.app_status import SentryAppStatus
from shared.domain.http_address import base_url as base_url_of
from shared.errors import PermissionDenied
from shared.http.answer import json_answer
from shared.http.endpoint import PAGE_PARAMETERS, Endpoints
from shared.http.pagination import cut, list_answer, page_request, public_url

endpoints = Endpoints("Organizations")


@endpoints.add("GET", "/organizations/", answers={200: list[OrganizationObject]}, parameters=PAGE_PARAMETERS)
def list_organizations(request: Incoming) -> Response:
    """Lists the organizations that the credentials give a view of; all of them for superusers and staff."""
    with request.signed_in() as principal:
        page = page_request(request.http)
        found = list_visible_organizations(principal, offset=page.offset, limit=page.probe)
        organizations, has_more = cut(found, page)
        urls = {region.name: base_url_of(region.http_address) for region in list_regions(request.control)}
        base_url, born = public_url(request.http), creation_times([each.id for each in organizations])
        items = [
            organization_object(
                each, created_at=born[each.id], base_url=base_url, region_url=urls.get(each.region_name, base_url)
            )
            for each in organizations
        ]
        return list_answer(request.http, page, items, has_more=has_more)


@endpoints.add("POST", "/organizations/", answers={201: NewOrganizationObject})
def post_organization(request: Incoming[OrganizationBody]) -> Response:
    """Creates an organization in a region. For superusers."""
    with request.superuser():
        body = request.body()
    # Outside the session: the region is called, and no connection waits for it.
    name = body.name or body.slug
    organization = create_organization(request.control, slug=body.slug, name=name, region=body.region, kinds=KINDS)
    return json_answer(NewOrganizationObject.of(organization), status=201)


@endpoints.add(
    "GET",
    "/organizations/{organization_id_or_slug}/sentry-apps/",
    answers={200: list[AppObject]},
    parameters=(STATUS_PARAMETER, *PAGE_PARAMETERS),
)
def list_organization_apps(request: Incoming, organization_id_or_slug: str) -> Response:
    """Lists the apps that an organization owns."""
    with request.signed_in(scopes=app_access.READ_SCOPES) as principal:
        page = page_request(request.http)
        organization = get_organization_of_path(organization_id_or_slug)
        if not principal.holds(app_access.READ_SCOPES, organization_id=organization.id):
            raise PermissionDenied
        found = list_app_details(
            status=_status(request.http.query_params.get("status")),
            owner_ids=[organization.id],
            offset=page.offset,
            limit=page.probe,
        )
        details, has_more = cut(found, page)
        items = [rendered(request, principal, each) for each in details]
        return list_answer(request.http, page, items, has_more=has_more)


@endpoints.add("PUT", "/organizations/{organization_id_or_slug}/features/", answers={200: FeatureBody})
def put_feature(request: Incoming[FeatureBody], organization_id_or_slug: str) -> Response:
    """Switches a feature of an organization on or off. For superusers."""
    with request.superuser():
        organization = get_organization_of_path(organization_id_or_slug)
        body = request.body()
        set_switch(request.control, organization_id=organization.id, feature=body.feature, is_enabled=body.enabled)
        return json_answer(body)


def _status(name: str | None) -> SentryAppStatus | None:
    """The status of a name; a name that means nothing filters nothing."""
    try:
        return SentryAppStatus.from_name(name) if name else None
    except ValueError:
        return None
