"""``events/`` of an organization: its newest events searched, counted and shown as a table."""

from collections.abc import Sequence
from typing import Any

from fastapi import Response
from starlette.datastructures import QueryParams

from region_silo.api.access import organization_for
from region_silo.api.issue_list import PROJECT_PARAMETER, SIGHTING_PARAMETERS, project_ids_of, sighting_of
from region_silo.api.issue_path import READ_ISSUES
from region_silo.api.request import ApiRequest, Incoming
from region_silo.bodies.event_search import (
    DATASET,
    EventSearchFaultsObject,
    EventTableMetaObject,
    EventTableObject,
    FieldFaultObject,
    FoundFaultObject,
    NamedFaultObject,
    QueryFaultObject,
)
from region_silo.services.event_query import parse_event_query
from region_silo.services.event_search import MAX_PROJECTS, Column, Looked, search_events, tabulate
from region_silo.services.projects import list_projects
from shared.domain.json_field import shown
from shared.errors import ValidationFailed
from shared.http.answer import json_answer
from shared.http.endpoint import PAGE_PARAMETERS, Endpoints, Parameter
from shared.http.pagination import link_header, page_request

endpoints = Endpoints("Events")

DATASETS = frozenset({DATASET, "discover", "error-events"})
"""Names by which clients ask for errors."""
NO_DATASET = 'There are no {name} here: the only dataset is "errors".'
_MAX_FIELDS = 20
_EVENTS = "/organizations/{organization_id_or_slug}/events/"
QUERY_PARAMETER = Parameter(
    name="query", description="`level:error`, `release:[1.0, 1.1]`, `!has:user`, `color:blue*`, or words of the title."
)
_SEARCH_PARAMETERS = (
    Parameter(
        name="field",
        description="A column, to be repeated: `title`, `timestamp`, `user.email`, any tag, or `count()`, "
        "`count_unique(user)`, `last_seen()` of the events that are equal in the others.",
        schema={"type": "array", "items": {"type": "string"}},
    ),
    Parameter(name="dataset", description="`errors`, which is all there is."),
    QUERY_PARAMETER,
    PROJECT_PARAMETER,
    *SIGHTING_PARAMETERS,
)


@endpoints.add(
    "GET",
    _EVENTS,
    answers={200: EventTableObject},
    parameters=(
        *_SEARCH_PARAMETERS,
        Parameter(name="sort", description="One of the columns, `-` before it for the greatest first."),
        Parameter(name="orderby", description="As `sort`, by its older name."),
        *PAGE_PARAMETERS,
    ),
)
def search_organization_events(request: Incoming, organization_id_or_slug: str) -> Response:
    """Searches the newest events of an organization, and counts them."""
    with request.signed_in(scopes=READ_ISSUES) as principal:
        organization = organization_for(principal, organization_id_or_slug, scopes=READ_ISSUES)
        query, page = request.http.query_params, page_request(request.http)
        columns = _columns(query)
        found = search_events(_looked(request, organization.id, query))
        rows = _sorted(tabulate(found, columns), columns, query.get("sort") or query.get("orderby"))
        meta = EventTableMetaObject(fields={column.name: column.type for column in columns})
        shown_rows = rows[page.offset : page.offset + page.limit]
        link = link_header(request.http, page, has_more=len(rows) > page.offset + page.limit)
        return json_answer(EventTableObject(data=shown_rows, meta=meta), headers={"link": link})


@endpoints.add(
    "GET",
    f"{_EVENTS}validate/",
    answers={200: EventSearchFaultsObject},
    parameters=(*_SEARCH_PARAMETERS, Parameter(name="orderby", description="As `sort` of a search.")),
)
def validate_event_search(request: Incoming, organization_id_or_slug: str) -> Response:
    """Says what is wrong with a search of events, part by part."""
    with request.signed_in(scopes=READ_ISSUES) as principal:
        organization = organization_for(principal, organization_id_or_slug, scopes=READ_ISSUES)
        query = request.http.query_params
        # Refused as a whole, as in a search: the answer has no place for what is wrong with these.
        project_ids_of(request.http, organization.id)
        sighting_of(query, now=request.region.clock.now())
        dataset = query.get("dataset") or DATASET
        fault = None if dataset in DATASETS else NO_DATASET.format(name=shown(dataset))
        fields = [FieldFaultObject.of(name) for name in query.getlist("field")[:_MAX_FIELDS]]
        order = [FieldFaultObject.of(name) for name in query.getlist("orderby")[:_MAX_FIELDS]]
        asked = _query_fault(query.get("query") or "")
        is_valid = fault is None and asked.valid and all(each.valid for each in (*fields, *order))
        return json_answer(
            EventSearchFaultsObject(
                valid=is_valid,
                projects=[FoundFaultObject(valid=True)],
                dataset=[NamedFaultObject(name=shown(dataset), valid=fault is None, error=fault)],
                environment=[],
                field=fields,
                query=asked,
                orderby=order,
            )
        )


def _query_fault(text: str) -> QueryFaultObject:
    try:
        parse_event_query(text)
    except ValidationFailed as refused:
        return QueryFaultObject(valid=False, error=refused.message)
    return QueryFaultObject(valid=True)


def _looked(request: ApiRequest, organization_id: int, query: QueryParams) -> Looked:
    dataset = query.get("dataset") or DATASET
    if dataset not in DATASETS:
        raise ValidationFailed(NO_DATASET.format(name=shown(dataset)))
    project_ids = project_ids_of(request.http, organization_id)
    if not project_ids:
        every = list_projects(organization_id, offset=0, limit=MAX_PROJECTS + 1)
        project_ids = {project.id for project in every}
    if len(project_ids) > MAX_PROJECTS:
        raise ValidationFailed(f"At most {MAX_PROJECTS} projects can be searched at once; name some: ?project=web.")
    sighting = sighting_of(query, now=request.region.clock.now())
    return Looked(
        project_ids=sorted(project_ids),
        since=sighting.since,
        until=sighting.until,
        environments=sighting.environments,
        terms=parse_event_query(query.get("query") or ""),
    )


def _columns(query: QueryParams) -> list[Column]:
    names = list(dict.fromkeys(query.getlist("field")))
    if not names:
        raise ValidationFailed("No columns selected: ?field=title&field=count().")
    if len(names) > _MAX_FIELDS:
        raise ValidationFailed(f"At most {_MAX_FIELDS} fields can be asked for at once.")
    try:
        return [Column.named(name) for name in names]
    except ValueError as exc:
        raise ValidationFailed(f'"{shown(str(exc))}" cannot be counted here.') from exc


def _sorted(rows: list[dict[str, Any]], columns: Sequence[Column], order: str | None) -> list[dict[str, Any]]:
    if not order:
        return rows
    name = order.removeprefix("-")
    # ``-count`` is how older clients spell ``-count()``.
    names = [column.name for column in columns if name in {column.name, column.aggregate}]
    if not names:
        # By time they are in order already, also when it is not shown.
        if order == "-timestamp":
            return rows
        raise ValidationFailed(f'Cannot sort by a field that is not selected: "{shown(name)}".')
    key = names[0]
    present = [row for row in rows if row[key] is not None]
    absent = [row for row in rows if row[key] is None]
    return [*sorted(present, key=lambda row: row[key], reverse=order.startswith("-")), *absent]
