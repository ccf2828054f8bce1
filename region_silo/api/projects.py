"""``projects/``: the projects of an organization, and the keys that their events come in with."""

from collections.abc import Collection, Iterable, Sequence
from dataclasses import replace

from fastapi import Response

from region_silo.api.access import READ_PROJECT, WRITE_PROJECT, OwnedProject, organization_for, project_for
from region_silo.api.organizations import organization_object
from region_silo.api.request import ApiRequest, Incoming
from region_silo.bodies.project import ProjectBody, ProjectDetailObject, ProjectObject, ProjectView, ScrubbingBody
from region_silo.bodies.project_key import ProjectKeyObject
from region_silo.models.organization import Organization
from region_silo.models.project import Project
from region_silo.services.organization import organizations_by_id
from region_silo.services.principal import Principal
from region_silo.services.projects import (
    change_scrubbing,
    create_project,
    environments_of_projects,
    list_projects,
    list_projects_of,
)
from region_silo.services.registration import find_http_url
from shared.bodies.fields import sent_or_none
from shared.errors import SlugTaken
from shared.http.answer import json_answer
from shared.http.endpoint import PAGE_PARAMETERS, Endpoints
from shared.http.pagination import cut, list_answer, page_request, public_url

endpoints = Endpoints("Projects")

SLUG_TAKEN_TEXT = "A project with this slug already exists."

_PROJECTS = "/organizations/{organization_id_or_slug}/projects/"
_PROJECT = "/projects/{organization_id_or_slug}/{project_id_or_slug}/"


@endpoints.add("GET", "/projects/", answers={200: list[ProjectObject]}, parameters=PAGE_PARAMETERS)
def list_all_projects(request: Incoming) -> Response:
    """Lists the projects of every organization that the credentials allow to read them, by slug."""
    with request.signed_in(scopes=READ_PROJECT) as principal:
        page = page_request(request.http)
        # Of several organizations: in some of them who asks may read no project, and is not refused for that.
        readable = [own for own in principal.own_organization_ids if principal.holds(READ_PROJECT, organization_id=own)]
        own = None if principal.is_superuser else readable
        projects, has_more = cut(list_projects_of(own, offset=page.offset, limit=page.probe), page)
        organizations = organizations_by_id([project.organization_id for project in projects])
        items = _listed(request, principal, projects, organizations=organizations.values())
        return list_answer(request.http, page, items, has_more=has_more)


@endpoints.add("GET", _PROJECTS, answers={200: list[ProjectObject]}, parameters=PAGE_PARAMETERS)
def list_organization_projects(request: Incoming, organization_id_or_slug: str) -> Response:
    """Lists the projects of an organization, by slug."""
    with request.signed_in(scopes=READ_PROJECT) as principal:
        organization = organization_for(principal, organization_id_or_slug, scopes=READ_PROJECT)
        page = page_request(request.http)
        projects, has_more = cut(list_projects(organization.id, offset=page.offset, limit=page.probe), page)
        items = _listed(request, principal, projects, organizations=[organization])
        return list_answer(request.http, page, items, has_more=has_more)


@endpoints.add("POST", _PROJECTS, answers={201: ProjectObject})
def post_project(request: Incoming[ProjectBody], organization_id_or_slug: str) -> Response:
    """Creates a project."""
    with request.signed_in(scopes=WRITE_PROJECT) as principal:
        organization = organization_for(principal, organization_id_or_slug, scopes=WRITE_PROJECT)
        body = request.body()
        try:
            project = create_project(
                request.region,
                organization_id=organization.id,
                slug=body.choose_slug(),
                name=sent_or_none(body.name),
                platform=body.platform or None,
            )
        except SlugTaken as taken:
            raise SlugTaken(SLUG_TAKEN_TEXT, metadata=taken.metadata) from taken
        [item] = _listed(request, principal, [project], organizations=[organization])
        return json_answer(item, status=201)


@endpoints.add("GET", _PROJECT, answers={200: ProjectDetailObject})
def get_project(request: Incoming, organization_id_or_slug: str, project_id_or_slug: str) -> Response:
    """Reads a project."""
    with request.signed_in(scopes=READ_PROJECT) as principal:
        found = project_for(principal, organization_id_or_slug, project_id_or_slug, scopes=READ_PROJECT)
        return json_answer(_detail(request, principal, found))


@endpoints.add("PUT", _PROJECT, answers={200: ProjectDetailObject})
def put_project(request: Incoming[ScrubbingBody], organization_id_or_slug: str, project_id_or_slug: str) -> Response:
    """Changes which secrets are filtered out of the events of a project, from the next event on."""
    with request.signed_in(scopes=WRITE_PROJECT) as principal:
        found = project_for(principal, organization_id_or_slug, project_id_or_slug, scopes=WRITE_PROJECT)
        project = change_scrubbing(request.region, found.project, request.body().change())
        return json_answer(_detail(request, principal, replace(found, project=project)))


@endpoints.add("GET", f"{_PROJECT}keys/", answers={200: list[ProjectKeyObject]}, parameters=PAGE_PARAMETERS)
def list_project_keys(request: Incoming, organization_id_or_slug: str, project_id_or_slug: str) -> Response:
    """Lists what the project's events are sent with: one key, whose DSN names this region's own address."""
    with request.signed_in(scopes=READ_PROJECT) as principal:
        found = project_for(principal, organization_id_or_slug, project_id_or_slug, scopes=READ_PROJECT)
        page = page_request(request.http)
        # One key, which is the whole of the first page.
        keys = [ProjectKeyObject.of(found.project, base_url=_event_url(request))] if page.offset == 0 else []
        return list_answer(request.http, page, keys, has_more=False)


def _listed(
    request: ApiRequest, principal: Principal, projects: Sequence[Project], *, organizations: Iterable[Organization]
) -> list[ProjectObject]:
    known, seen_in = {each.id: each for each in organizations}, environments_of_projects([each.id for each in projects])
    return [
        ProjectObject.of(
            project,
            view=_view(request, principal, known[project.organization_id], environments=seen_in.get(project.id, ())),
        )
        for project in projects
    ]


def _detail(request: ApiRequest, principal: Principal, found: OwnedProject) -> ProjectDetailObject:
    seen_in = environments_of_projects([found.project.id]).get(found.project.id, ())
    view = _view(request, principal, found.organization, environments=seen_in)
    return ProjectDetailObject.of(found.project, view=view)


def _view(
    request: ApiRequest, principal: Principal, organization: Organization, *, environments: Collection[str]
) -> ProjectView:
    scopes = principal.scopes_in(organization.id)
    shown = organization_object(request, organization)
    return ProjectView(organization=shown, scopes=scopes, environments=environments)


def _event_url(request: ApiRequest) -> str:
    # The region's own address even through control: SDKs send events there, and need not go round.
    return find_http_url(request.region) or public_url(request.http)
