"""``events/``: what came in, by issue and by project."""

from collections.abc import Sequence

from fastapi import Response

from region_silo.api.access import organization_for, project_for
from region_silo.api.event_search import QUERY_PARAMETER
from region_silo.api.issue_list import SIGHTING_PARAMETERS, sighting_of
from region_silo.api.issue_path import READ_ISSUES, issue_for, on_issue
from region_silo.api.request import ApiRequest, Incoming
from region_silo.bodies.event import EventIdObject, EventObject, EventSummaryObject
from region_silo.models.event import Event
from region_silo.services.event_query import parse_event_query
from region_silo.services.event_search import Looked, search_events
from region_silo.services.events import (
    find_event,
    find_organization_event,
    find_project_event,
    list_events,
    list_project_events,
    neighbours_of,
)
from region_silo.services.projects import projects_by_id
from shared.errors import NotFound, ValidationFailed
from shared.http.answer import json_answer
from shared.http.endpoint import PAGE_PARAMETERS, Endpoints, Parameter
from shared.http.pagination import PageRequest, cut, list_answer, page_request

endpoints = Endpoints("Events")

NEWEST_FIRST = "-timestamp"
_PROJECT_EVENTS = "/projects/{organization_id_or_slug}/{project_id_or_slug}/events/"


@on_issue(
    endpoints,
    "GET",
    "events/",
    answers={200: list[EventSummaryObject]},
    parameters=(
        QUERY_PARAMETER,
        *SIGHTING_PARAMETERS,
        Parameter(name="sort", description=f"`{NEWEST_FIRST}`, which is how they are sorted."),
        *PAGE_PARAMETERS,
    ),
)
def list_issue_events(request: Incoming, issue_id: str, organization_id_or_slug: str | None = None) -> Response:
    """Lists the events of an issue, newest first. A query looks among the newest thousand."""
    with request.signed_in(scopes=READ_ISSUES) as principal:
        found = issue_for(request, principal, issue_id, organization_id_or_slug, scopes=READ_ISSUES)
        page = page_request(request.http)
        query = request.http.query_params
        seen, terms = sighting_of(query, now=request.region.clock.now()), parse_event_query(query.get("query") or "")
        if query.get("sort", NEWEST_FIRST) != NEWEST_FIRST:
            raise ValidationFailed(f"Events of an issue can only be sorted by: {NEWEST_FIRST}.")
        if terms or seen.environments:
            looked = Looked(
                issue_id=found.issue.id,
                since=seen.since,
                until=seen.until,
                environments=seen.environments,
                terms=terms,
            )
            events = [each.event for each in search_events(looked)]
            return _list(request, page, events[page.offset : page.offset + page.probe])
        listed = list_events(found.issue.id, offset=page.offset, limit=page.probe, since=seen.since, until=seen.until)
        return _list(request, page, listed)


@on_issue(endpoints, "GET", "events/{event_id}/", answers={200: EventObject})
def get_issue_event(
    request: Incoming, issue_id: str, event_id: str, organization_id_or_slug: str | None = None
) -> Response:
    """Reads an event of an issue: by its id, or the `latest` or the `oldest`."""
    with request.signed_in(scopes=READ_ISSUES) as principal:
        found = issue_for(request, principal, issue_id, organization_id_or_slug, scopes=READ_ISSUES)
        return _answer(find_event(found.issue, _name(event_id)))


@endpoints.add("GET", _PROJECT_EVENTS, answers={200: list[EventSummaryObject]}, parameters=PAGE_PARAMETERS)
def list_events_of_project(request: Incoming, organization_id_or_slug: str, project_id_or_slug: str) -> Response:
    """Lists the events of a project, newest first."""
    with request.signed_in(scopes=READ_ISSUES) as principal:
        found = project_for(principal, organization_id_or_slug, project_id_or_slug, scopes=READ_ISSUES)
        page = page_request(request.http)
        return _list(request, page, list_project_events(found.project.id, offset=page.offset, limit=page.probe))


@endpoints.add("GET", _PROJECT_EVENTS + "{event_id}/", answers={200: EventObject})
def get_project_event(
    request: Incoming, organization_id_or_slug: str, project_id_or_slug: str, event_id: str
) -> Response:
    """Reads an event of a project."""
    with request.signed_in(scopes=READ_ISSUES) as principal:
        found = project_for(principal, organization_id_or_slug, project_id_or_slug, scopes=READ_ISSUES)
        return _answer(find_project_event(found.project.id, _name(event_id)))


@endpoints.add("GET", "/organizations/{organization_id_or_slug}/eventids/{event_id}/", answers={200: EventIdObject})
def get_event_id(request: Incoming, organization_id_or_slug: str, event_id: str) -> Response:
    """Says in which project the event of an id is, and of which issue."""
    with request.signed_in(scopes=READ_ISSUES) as principal:
        organization = organization_for(principal, organization_id_or_slug, scopes=READ_ISSUES)
        event = find_organization_event(organization.id, _name(event_id))
        if event is None:
            raise NotFound
        return json_answer(
            EventIdObject(
                organization_slug=organization.slug,
                project_slug=projects_by_id([event.project_id])[event.project_id].slug,
                group_id=str(event.issue_id),
                event_id=event.event_id,
                event=EventObject.of(event, neighbours=neighbours_of(event)),
            )
        )


def _list(request: ApiRequest, page: PageRequest, found: Sequence[Event]) -> Response:
    events, has_more = cut(found, page)
    return list_answer(request.http, page, [EventSummaryObject.of(event) for event in events], has_more=has_more)


def _answer(event: Event | None) -> Response:
    if event is None:
        raise NotFound
    # The ids before and after it, by which clients page from event to event.
    return json_answer(EventObject.of(event, neighbours=neighbours_of(event)))


def _name(event_id: str) -> str:
    """The id as it is stored; it is sent with and without dashes, in either case."""
    # PostgreSQL takes no NUL in a text, and no id has one.
    if "\x00" in event_id:
        raise NotFound
    return event_id.replace("-", "").lower()
