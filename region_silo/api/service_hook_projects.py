"""``service-hook-projects/``: the projects that an installation hears of (spec §4.9)."""

from collections.abc import Sequence

from fastapi import Response

from region_silo.api.access import CHANGE_INSTALLATION, READ_INSTALLATION, visit_installation
from region_silo.api.request import ApiRequest, Incoming
from region_silo.bodies.service_hook_project import ServiceHookProjectObject, ServiceHookProjectsBody
from region_silo.models.hook import ServiceHookProject
from region_silo.services.hook_project import (
    delete_hook_projects,
    list_hook_projects,
    set_hook_projects,
)
from shared.http.answer import empty_answer
from shared.http.endpoint import PAGE_PARAMETERS, Endpoints
from shared.http.pagination import list_answer, page_request

endpoints = Endpoints("Service hook projects")

_PATH = "/sentry-app-installations/{uuid}/service-hook-projects/"


@endpoints.add("GET", _PATH, answers={200: list[ServiceHookProjectObject]}, parameters=PAGE_PARAMETERS)
def get_service_hook_projects(request: Incoming, uuid: str) -> Response:
    """Lists the projects that the installation is confined to; none: it hears of all."""
    visit = visit_installation(request, uuid, scopes=READ_INSTALLATION)
    with request.region.database.session():
        return _answer(request, list_hook_projects(visit.installation))


@endpoints.add("POST", _PATH, answers={200: list[ServiceHookProjectObject]}, parameters=PAGE_PARAMETERS)
def post_service_hook_projects(request: Incoming[ServiceHookProjectsBody], uuid: str) -> Response:
    """Confines the installation to these projects, in place of those before."""
    visit = visit_installation(request, uuid, scopes=CHANGE_INSTALLATION)
    identifiers = request.body().projects
    return _answer(request, set_hook_projects(request.region, visit.installation, identifiers))


@endpoints.add("DELETE", _PATH, answers={204: None})
def delete_service_hook_projects(request: Incoming, uuid: str) -> Response:
    """Lets the installation hear of every project again."""
    visit = visit_installation(request, uuid, scopes=CHANGE_INSTALLATION)
    delete_hook_projects(request.region, visit.installation)
    return empty_answer(204)


def _answer(request: ApiRequest, projects: Sequence[ServiceHookProject]) -> Response:
    page = page_request(request.http)
    shown = projects[page.offset : page.offset + page.limit]
    items = [ServiceHookProjectObject.of(project) for project in shown]
    return list_answer(request.http, page, items, has_more=len(projects) > page.offset + page.limit)
