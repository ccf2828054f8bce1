"""Components of installed apps, prepared, and the choices of their select fields (spec §4.5, §4.9, §8.4)."""

from fastapi import Response

from region_silo.api.access import READ_INSTALLATION, READ_ORGANIZATION, organization_for, visit_installation
from region_silo.api.request import ASKING_THREADS, ApiRequest, Incoming
from region_silo.bodies.component import PreparedComponentObject
from region_silo.bodies.external_issue import ChoicesObject
from region_silo.services.linked_issue import get_project
from shared.asking.prepare import prepare_components
from shared.asking.select_options import SelectField, get_select_options
from shared.domain.component_fields import check_uri
from shared.domain.json_field import parse_integer, refusing
from shared.domain.path_key import MAX_ID
from shared.errors import ValidationFailed
from shared.http.answer import json_answer
from shared.http.endpoint import PAGE_PARAMETERS, Endpoints, Parameter
from shared.http.pagination import cut, list_answer, page_request

endpoints = Endpoints("Components")

PROJECT_PARAMETER = Parameter(
    name="projectId", description="Id of the project that the field is shown for.", schema={"type": "integer"}
)


@endpoints.add(
    "GET",
    "/organizations/{organization_id_or_slug}/sentry-app-components/",
    answers={200: list[PreparedComponentObject]},
    parameters=(
        Parameter(name="filter", description="Type of component: only these."),
        PROJECT_PARAMETER,
        *PAGE_PARAMETERS,
    ),
    threads=ASKING_THREADS,
)
def list_components(request: Incoming, organization_id_or_slug: str) -> Response:
    """Lists the components of installed apps, filled in. An app that does not help spoils its own ones alone."""
    page, project_id = page_request(request.http), project_id_of(request)
    with request.signed_in(scopes=READ_ORGANIZATION) as principal:
        organization = organization_for(principal, organization_id_or_slug, scopes=READ_ORGANIZATION)
    project_slug = project_slug_of(request, project_id, organization_id=organization.id)
    # PostgreSQL takes no zero character; no type has a question mark either.
    wanted = request.http.query_params.get("filter", "").replace("\x00", "?")
    found = request.tools.apps.list_components(
        organization.id, component_type=wanted, offset=page.offset, limit=page.probe
    )
    contexts, has_more = cut(found, page)
    prepared = prepare_components(request.tools.asking, contexts, project_slug=project_slug)
    items = [PreparedComponentObject.of(each, base_url=request.control_url) for each in prepared]
    return list_answer(request.http, page, items, has_more=has_more)


@endpoints.add(
    "GET",
    "/sentry-app-installations/{uuid}/external-requests/",
    answers={200: ChoicesObject},
    parameters=(
        Parameter(name="uri", description="Path at the app's host.", schema={"type": "string", "example": "/boards"}),
        PROJECT_PARAMETER,
        Parameter(name="query", description="What the user typed to search."),
        Parameter(
            name="dependentData", description="JSON object with the values of the fields that this one depends on."
        ),
    ),
    threads=ASKING_THREADS,
)
def get_external_request(request: Incoming, uuid: str) -> Response:
    """Asks the app for the choices of a select field."""
    visit = visit_installation(request, uuid, scopes=READ_INSTALLATION)
    query = request.http.query_params
    # Missing and empty are two mistakes, with two texts.
    if "uri" not in query:
        raise ValidationFailed(fields={"uri": ["This field is required."]})
    uri, project_id = check_uri(query["uri"]), project_id_of(request)
    field = SelectField(
        installation=visit.installation,
        uri=uri,
        project_slug=project_slug_of(request, project_id, organization_id=visit.organization_id),
        search=query.get("query"),
        dependent_data=query.get("dependentData"),
    )
    return json_answer(ChoicesObject.of(get_select_options(request.tools.asking, field)))


def project_id_of(request: ApiRequest) -> int | None:
    """What the query says of a project; None when it says nothing.

    Raises:
        ValidationFailed: it is no id.
    """
    text = request.http.query_params.get("projectId")
    if not text:
        return None
    with refusing("projectId"):
        return parse_integer(text, minimum=1, maximum=MAX_ID)


def project_slug_of(request: ApiRequest, project_id: int | None, *, organization_id: int) -> str | None:
    """The project's slug; None when no project is meant.

    Raises:
        AppError: the organization has no such project.
    """
    return None if project_id is None else get_project(request.region, organization_id, project_id).slug
