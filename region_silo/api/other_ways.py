"""The other ways in: events in a query, events of a key alone, browsers' reports, and crash reports, which are refused.

What is taken becomes an event; what is not is refused with a sentence, and never answered as if it were kept.
"""

import base64

from fastapi import FastAPI, Request
from starlette.responses import Response

from region_silo.api.envelope import MAX_EVENT_BYTES
from region_silo.api.ingest import NO_CRASHES, public_key_of, region_of, take_event, taken
from region_silo.events.incoming import parse_sent
from region_silo.events.reports import event_of_report
from region_silo.services.projects import get_project_by_key
from shared.errors import MalformedBody, ValidationFailed
from shared.http.body import read_body
from shared.http.event_pages import BY_KEY, UNREAL

NO_NETWORK_ERRORS = "Reports of network errors are not kept: no event is made of them here."
NO_DATA = "The query has no `sentry_data`."
_PIXEL = base64.b64decode("R0lGODlhAQABAIAAAAAAAP///yH5BAEAAAAALAAAAAABAAEAAAIBRAA7")
"""What an ``<img>`` shows that sent an event by its address."""


def accept_otherwise(app: FastAPI) -> None:
    """Adds these ways to an application."""
    for path, methods, endpoint in (
        ("/api/{project_id}/store/", ["GET"], get_event),
        (BY_KEY, ["POST"], post_event_by_key),
        ("/api/{project_id}/security/", ["POST"], post_report),
        ("/api/{project_id}/csp-report/", ["POST"], post_report),
        ("/api/{project_id}/nel/", ["POST"], post_network_error),
        ("/api/{project_id}/minidump/", ["POST"], post_minidump),
        (UNREAL, ["POST"], post_unreal_report),
    ):
        app.add_api_route(path, endpoint, methods=methods, include_in_schema=False)


async def get_event(request: Request, project_id: str) -> Response:
    """Stores an event that stands in the query, as the oldest SDK for browsers sends it."""
    data = request.query_params.get("sentry_data", "")
    if not data:
        raise MalformedBody(NO_DATA)
    # In a query a plus stands for a space, and base64 has no space: who did not write it as `%2B` meant a plus.
    text = data if data.lstrip().startswith("{") else data.replace(" ", "+")
    answer = await taken(take_event, request, project_id, text.encode())
    return Response(_PIXEL, media_type="image/gif") if answer.status_code == 200 else answer


async def post_event_by_key(request: Request) -> Response:
    """Stores one event for the project whose key it comes with."""
    return await taken(_take_by_key, request, "", await read_body(request, max_bytes=MAX_EVENT_BYTES))


async def post_report(request: Request, project_id: str) -> Response:
    """Stores what a page's policy forbade."""
    return await taken(_take_report, request, project_id, await read_body(request, max_bytes=MAX_EVENT_BYTES))


async def post_network_error(request: Request, project_id: str) -> Response:
    """Refuses reports of network errors."""
    raise ValidationFailed(NO_NETWORK_ERRORS)


async def post_minidump(request: Request, project_id: str) -> Response:
    """Refuses crash reports, unread."""
    raise ValidationFailed(NO_CRASHES)


async def post_unreal_report(request: Request, project_id: str, public_key: str) -> Response:
    """Refuses crash reports of the Unreal Engine, unread: they are minidumps with a log."""
    raise ValidationFailed(NO_CRASHES)


def _take_by_key(request: Request, _: str, body: bytes) -> Response:
    with region_of(request).database.session():
        project = get_project_by_key(public_key_of(request))
    return take_event(request, str(project.id), body)


def _take_report(request: Request, project_id: str, body: bytes) -> Response:
    return take_event(request, project_id, body, read=lambda raw: event_of_report(parse_sent(raw)))
