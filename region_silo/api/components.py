"""``sentry-app-components/``: the components of an organization's installed apps, prepared (spec §4.5, §8.4)."""

from fastapi import Response

from region_silo.api.access import READ_ORGANIZATION, organization_for
from region_silo.api.app_refusal import app_refusals
from region_silo.api.external_requests import PROJECT_PARAMETER, project_id_of, project_slug_of
from region_silo.api.request import Incoming
from region_silo.bodies.component import PreparedComponentObject
from shared.asking.prepare import prepare_components
from shared.http.endpoint import PAGE_PARAMETERS, Endpoints, Parameter
from shared.http.pagination import cut, list_answer, page_request

endpoints = Endpoints("Components")


@endpoints.add(
    "GET",
    "/organizations/{organization_id_or_slug}/sentry-app-components/",
    answers={200: list[PreparedComponentObject]},
    parameters=(
        Parameter(name="filter", description="Type of component: only these."),
        PROJECT_PARAMETER,
        *PAGE_PARAMETERS,
    ),
)
def list_components(request: Incoming, organization_id_or_slug: str) -> Response:
    """Lists the components of installed apps, filled in. An app that does not help spoils its own ones alone."""
    page, project_id = page_request(request.http), project_id_of(request)
    with request.signed_in(scopes=READ_ORGANIZATION) as principal:
        organization = organization_for(principal, organization_id_or_slug, scopes=READ_ORGANIZATION)
    with app_refusals():
        project_slug = project_slug_of(request, project_id, organization_id=organization.id)
    wanted = request.http.query_params.get("filter", "").replace("\x00", "?")
    found = request.desk.apps.list_components(
        organization.id, component_type=wanted, offset=page.offset, limit=page.probe
    )
    contexts, has_more = cut(found, page)
    prepared = prepare_components(request.desk.asking, contexts, project_slug=project_slug)
    items = [PreparedComponentObject.of(each, base_url=request.control_url) for each in prepared]
    return list_answer(request.http, page, items, has_more=has_more)
