"""``webhook-requests/``: the calls that the platform made to an app (spec §4.9, §5.6)."""

from datetime import UTC, datetime, timedelta

from fastapi import Response
from starlette.datastructures import QueryParams

from control_silo.api.apps import get_visible_app
from control_silo.api.request import ApiRequest, Incoming, get_organization_of_path
from control_silo.bodies.app_request import AppRequestObject
from control_silo.services import app_access
from control_silo.services.request_log import RequestQuery, list_requests, organizations_of
from shared.domain.event import REQUEST_LOG_EVENTS
from shared.domain.json_field import FieldInvalid, parse_boolean, shown
from shared.errors import OrganizationNotFound, RequestRefused, ValidationFailed
from shared.http.endpoint import PAGE_PARAMETERS, Endpoints, Parameter
from shared.http.pagination import cut, list_answer, page_request

endpoints = Endpoints("Apps")

MISSING_REGIONS_HEADER = "silo-missing-regions"
"""Names of the regions whose entries are not in the list, with commas between them; absent when none is missing."""
DEFAULT_DAYS = 30
ORGANIZATION_ERROR = "Invalid organization."
ORDER_ERROR = "Invalid timestamp (start must be before end)."
INSTANT_ERROR = "Datetime has wrong format. Use one of these formats instead: YYYY-MM-DD hh:mm:ss."
CHOICE_ERROR = '"{value}" is not a valid choice.'

PARAMETERS = (
    Parameter(
        name="eventType",
        description="Only calls of this event.",
        schema={"type": "string", "enum": sorted(REQUEST_LOG_EVENTS)},
    ),
    Parameter(
        name="errorsOnly",
        description="Only calls that were answered with 400 to 599, or not at all.",
        schema={"type": "boolean", "default": False},
    ),
    Parameter(
        name="organizationSlug",
        description="Only calls that name this organization; those to internal apps name none.",
    ),
    Parameter(name="start", description="`YYYY-MM-DD HH:MM:SS` in UTC; 30 days ago when absent."),
    Parameter(name="end", description="`YYYY-MM-DD HH:MM:SS` in UTC, which is included; now when absent."),
    *PAGE_PARAMETERS,
)

_INSTANT_FORMAT = "%Y-%m-%d %H:%M:%S"


@endpoints.add(
    "GET",
    "/sentry-apps/{app_id_or_slug}/webhook-requests/",
    answers={200: list[AppRequestObject]},
    parameters=PARAMETERS,
)
def list_app_requests(request: Incoming, app_id_or_slug: str) -> Response:
    """Lists the calls that were made to an app, newest first. For managers and above of the organization that owns it,
    and for all its members when the app is internal. Regions that are away are left out and named in
    `silo-missing-regions`.
    """
    return _list_requests(request, app_id_or_slug)


@endpoints.add(
    "GET",
    "/sentry-apps/{app_id_or_slug}/requests/",
    answers={200: list[AppRequestObject]},
    parameters=PARAMETERS,
)
def list_app_requests_by_older_path(request: Incoming, app_id_or_slug: str) -> Response:
    """Lists the calls that were made to an app, as `webhook-requests/` does. For clients that know the older path."""
    return _list_requests(request, app_id_or_slug)


def _list_requests(request: ApiRequest, app_id_or_slug: str) -> Response:
    """No session is open while regions are asked, so that one that hangs keeps no connection from others."""
    with request.signed_in(scopes=app_access.READ_SCOPES) as principal:
        page = page_request(request.http)
        app = get_visible_app(request, principal, app_id_or_slug, may=app_access.may_read_requests).app
        query = _read_query(request.http.query_params, now=request.control.clock.now())
    found = list_requests(request.control, app.id, query)
    # Cut here: each silo gives its newest hundred, and which of them are a page's is known only together.
    requests, has_more = cut(found.requests[page.offset : page.offset + page.probe], page)
    with request.control.database.session():
        # In a session of its own, after the regions have answered.
        organizations = organizations_of(requests)
    items = [AppRequestObject.of(each, app, organizations=organizations) for each in requests]
    answer = list_answer(request.http, page, items, has_more=has_more)
    if found.missing_regions:
        # A short list must not look whole, and a list that fails for one region helps nobody.
        answer.headers[MISSING_REGIONS_HEADER] = ",".join(found.missing_regions)
    return answer


def _read_query(query: QueryParams, *, now: datetime) -> RequestQuery:
    """Raises:
    ValidationFailed: a parameter is malformed; all such are named.
    RequestRefused: the organization does not exist, or the period ends before it starts.
    """
    problems: dict[str, list[str]] = {}
    event = query.get("eventType") or None
    if event is not None and event not in REQUEST_LOG_EVENTS:
        problems["eventType"] = [CHOICE_ERROR.format(value=shown(event))]
    errors_only = _flag(query, "errorsOnly", problems)
    start, end = _instant(query, "start", problems), _instant(query, "end", problems)
    if problems:
        raise ValidationFailed(fields=problems)
    until = end or now
    # A period that ends earlier than that has a beginning, too.
    since = start or min(until, now - timedelta(days=DEFAULT_DAYS))
    # Only with a start of the client's: the default one is never later.
    if since > until:
        raise RequestRefused(ORDER_ERROR)
    return RequestQuery(
        since=since,
        until=until,
        event=event,
        errors_only=errors_only,
        # Last, as it is the one parameter that the database is asked about.
        organization_id=organization_id_of(query.get("organizationSlug")),
    )


def _flag(query: QueryParams, name: str, problems: dict[str, list[str]]) -> bool:
    text = query.get(name)
    try:
        return parse_boolean(text) if text else False
    except FieldInvalid as invalid:
        problems[name] = list(invalid.texts)
        return False


def _instant(query: QueryParams, name: str, problems: dict[str, list[str]]) -> datetime | None:
    text = query.get(name)
    try:
        return datetime.strptime(text, _INSTANT_FORMAT).replace(tzinfo=UTC) if text else None
    except ValueError:
        problems[name] = [INSTANT_ERROR]
        return None


def organization_id_of(slug: str | None) -> int | None:
    """The id of the organization that is asked for by its slug or, as in paths, its id; None when none is.

    Needs a session.

    Raises:
        RequestRefused: there is none.
    """
    if not slug:
        return None
    try:
        return get_organization_of_path(slug).id
    except OrganizationNotFound as exc:
        raise RequestRefused(ORGANIZATION_ERROR) from exc
