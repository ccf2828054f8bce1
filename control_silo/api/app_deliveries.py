"""``deliveries/``: what an app was told and asked, with both bodies, and sending it again (settled.md)."""

from collections.abc import Collection

from fastapi import Response

from control_silo.api.app_requests import MISSING_REGIONS_HEADER, organization_id_of
from control_silo.api.apps import get_visible_app
from control_silo.api.request import ApiRequest, Incoming
from control_silo.bodies.app_call import DeliveryObject, RedeliverBody, RedeliveredObject, TestBody
from control_silo.services import app_access
from control_silo.services.app_deliveries import (
    DeliveryName,
    get_app_delivery,
    list_app_deliveries,
    read_app_deliveries,
    redeliver_all_to_app,
    redeliver_to_app,
)
from control_silo.services.app_test import AppTest, send_test
from shared.domain.event import EVENTS, REQUEST_LOG_EVENTS
from shared.domain.json_field import parse_boolean, parse_instant, refusing, shown
from shared.domain.json_value import JsonValue
from shared.errors import ValidationFailed
from shared.http.answer import json_answer
from shared.http.endpoint import PAGE_PARAMETERS, Endpoints, Parameter
from shared.http.pagination import cut, list_answer, page_request
from shared.webhooks.deliveries import DeliveryQuery
from shared.webhooks.delivery import DeliveryState

endpoints = Endpoints("Apps")

_EVENT: dict[str, JsonValue] = {"type": "string", "enum": [*sorted(REQUEST_LOG_EVENTS)]}
CHOICE_ERROR = '"{value}" is not a valid choice.'
_DELIVERIES = "/sentry-apps/{app_id_or_slug}/deliveries/"
_STATES = tuple(state.value for state in DeliveryState)
_FILTERS = (
    Parameter(name="event", description="Only of this event.", schema=_EVENT),
    Parameter(name="eventType", description="The same, as `webhook-requests/` calls it.", schema=_EVENT),
    Parameter(name="status", description="Only in this status.", schema={"type": "string", "enum": list(_STATES)}),
    Parameter(name="organization", description="Only to the installation in this organization, by slug or id."),
    Parameter(
        name="since",
        description="Only of what happened then or later, such as `2030-01-01T00:00:00Z`.",
        schema={"type": "string", "format": "date-time"},
    ),
    Parameter(
        name="until",
        description="Only of what happened then or earlier.",
        schema={"type": "string", "format": "date-time"},
    ),
    Parameter(
        name="failed",
        description="Only those that were given up, or whose last attempt had no answer or one from 400 on.",
        schema={"type": "boolean", "default": False},
    ),
)


@endpoints.add(
    "GET",
    _DELIVERIES,
    answers={200: list[DeliveryObject]},
    parameters=(*_FILTERS, *PAGE_PARAMETERS),
)
def list_deliveries(request: Incoming, app_id_or_slug: str) -> Response:
    """Lists what an app was told and asked, newest first, with the beginning of each body: webhooks, choices of select
    fields, links of issues and actions of alerts. For whoever may read the log of
    calls. Regions that are away are left out and named in `silo-missing-regions`.
    """
    with request.signed_in(scopes=app_access.READ_SCOPES) as principal:
        page = page_request(request.http)
        app = get_visible_app(request, principal, app_id_or_slug, may=app_access.may_read_requests).app
        query = _read_query(request, app.id)
    # From the beginning: what a page holds is known only once the silos' lists are put together.
    listed = list_app_deliveries(request.control, query, limit=page.offset + page.probe)
    outlines, has_more = cut(listed.deliveries[page.offset : page.offset + page.probe], page)
    # The bodies of this page alone: whole lists of them would be far too much to fetch.
    found = read_app_deliveries(request.control, app.id, [outline.name for outline in outlines])
    answer = list_answer(request.http, page, [DeliveryObject.of(each) for each in found.deliveries], has_more=has_more)
    if missing := sorted({*listed.missing_regions, *found.missing_regions}):
        # A region may be away for either of the two questions.
        answer.headers[MISSING_REGIONS_HEADER] = ",".join(missing)
    return answer


# Before the one below, which would take its path for the name of a delivery.
@endpoints.add("POST", f"{_DELIVERIES}redeliver/", answers={202: RedeliveredObject})
def post_redeliver_all(request: Incoming[RedeliverBody], app_id_or_slug: str) -> Response:
    """Sends those again that are over, oldest first, ten a second at most, so that what happens now is not held up."""
    with request.signed_in(scopes=app_access.WRITE_SCOPES) as principal:
        app = get_visible_app(request, principal, app_id_or_slug, may=app_access.may_redeliver).app
        body = request.body()
        organization_id = organization_id_of(body.organization)
    query = DeliveryQuery(
        sentry_app_id=app.id,
        event=body.event,
        state=None if body.status is None else DeliveryState(body.status),
        organization_id=organization_id,
        since=body.since,
        until=body.until,
        failed=body.failed,
    )
    made = redeliver_all_to_app(request.control, query)
    return json_answer(RedeliveredObject(count=made.count, missing_regions=list(made.missing_regions)), status=202)


@endpoints.add("GET", f"{_DELIVERIES}{{delivery_id}}/", answers={200: DeliveryObject})
def get_delivery(request: Incoming, app_id_or_slug: str, delivery_id: str) -> Response:
    """Reads one webhook to an app, or one question, with whole bodies."""
    with request.signed_in(scopes=app_access.READ_SCOPES) as principal:
        app = get_visible_app(request, principal, app_id_or_slug, may=app_access.may_read_requests).app
    return json_answer(DeliveryObject.of(get_app_delivery(request.control, app.id, DeliveryName.parse(delivery_id))))


@endpoints.add("POST", f"{_DELIVERIES}{{delivery_id}}/redeliver/", answers={202: DeliveryObject})
def post_redeliver(request: Incoming, app_id_or_slug: str, delivery_id: str) -> Response:
    """Sends a delivery again, whatever became of it: stamped and signed afresh, with the same `Request-ID` and body."""
    with request.signed_in(scopes=app_access.WRITE_SCOPES) as principal:
        app = get_visible_app(request, principal, app_id_or_slug, may=app_access.may_redeliver).app
    sent = redeliver_to_app(request.control, app.id, DeliveryName.parse(delivery_id))
    return json_answer(DeliveryObject.of(sent), status=202)


@endpoints.add("POST", "/sentry-apps/{app_id_or_slug}/test/", answers={202: DeliveryObject})
def post_test(request: Incoming[TestBody], app_id_or_slug: str) -> Response:
    """Tells an app of an event that does not happen, by the webhook that it would be told by: of the newest issue, as
    if it happened to that just now. No issue changes, and nobody else is told. It is told whether it subscribes or not.
    """
    with request.signed_in(scopes=app_access.WRITE_SCOPES) as principal:
        app = get_visible_app(request, principal, app_id_or_slug, may=app_access.may_redeliver).app
        body = request.body()
        wanted = AppTest(
            event=EVENTS[body.event],
            project=body.project or "",
            organization_id=organization_id_of(body.organization),
            payload=body.payload,
            changes=body.changes,
        )
    return json_answer(DeliveryObject.of(send_test(request.control, app, wanted, actor=principal.user)), status=202)


def _read_query(request: ApiRequest, app_id: int) -> DeliveryQuery:
    """Needs a session.

    Raises:
        ValidationFailed: a parameter is malformed.
        RequestRefused: the organization does not exist.
    """
    asked = request.http.query_params
    state = _choice(request, "status", _STATES)
    with refusing("since"):
        since = parse_instant(asked["since"]) if asked.get("since") else None
    with refusing("until"):
        until = parse_instant(asked["until"]) if asked.get("until") else None
    with refusing("failed"):
        failed = parse_boolean(asked["failed"]) if asked.get("failed") else False
    return DeliveryQuery(
        sentry_app_id=app_id,
        # By either name: the log of calls has the longer one.
        event=_choice(request, "event", REQUEST_LOG_EVENTS) or _choice(request, "eventType", REQUEST_LOG_EVENTS),
        state=DeliveryState(state) if state else None,
        organization_id=organization_id_of(asked.get("organization")),
        since=since,
        until=until,
        failed=failed,
    )


def _choice(request: ApiRequest, name: str, choices: Collection[str]) -> str | None:
    value = request.http.query_params.get(name) or None
    if value is not None and value not in choices:
        raise ValidationFailed(fields={name: [CHOICE_ERROR.format(value=shown(value))]})
    return value
