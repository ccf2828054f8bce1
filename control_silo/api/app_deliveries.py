"""``deliveries/``: the webhooks to an app, with both bodies, and sending one again (settled.md)."""

from collections.abc import Collection

from fastapi import Response

from control_silo.api.app_requests import MISSING_REGIONS_HEADER
from control_silo.api.apps import get_visible_app
from control_silo.api.request import ApiRequest, Incoming
from control_silo.bodies.app_call import DeliveryObject
from control_silo.services import app_access
from control_silo.services.app_deliveries import (
    DeliveryName,
    get_app_delivery,
    list_app_deliveries,
    read_app_deliveries,
    redeliver_to_app,
)
from shared.domain.event import REQUEST_LOG_EVENTS
from shared.domain.json_field import shown
from shared.errors import ValidationFailed
from shared.http.answer import json_answer
from shared.http.endpoint import PAGE_PARAMETERS, Endpoints, Parameter
from shared.http.pagination import cut, list_answer, page_request
from shared.webhooks.delivery import DeliveryState

endpoints = Endpoints("Apps")

CHOICE_ERROR = '"{value}" is not a valid choice.'
_DELIVERIES = "/sentry-apps/{app_id_or_slug}/deliveries/"
_STATES = tuple(state.value for state in DeliveryState)


@endpoints.add(
    "GET",
    _DELIVERIES,
    answers={200: list[DeliveryObject]},
    parameters=(
        Parameter(
            name="eventType",
            description="Only of this event.",
            schema={"type": "string", "enum": sorted(REQUEST_LOG_EVENTS)},
        ),
        Parameter(name="status", description="Only in this status.", schema={"type": "string", "enum": list(_STATES)}),
        *PAGE_PARAMETERS,
    ),
)
def list_deliveries(request: Incoming, app_id_or_slug: str) -> Response:
    """Lists the webhooks to an app, newest first, with the beginning of each body. For whoever may read the log of
    calls. Regions that are away are left out and named in `silo-missing-regions`.
    """
    with request.signed_in(scopes=app_access.READ_SCOPES) as principal:
        page = page_request(request.http)
        app = get_visible_app(request, principal, app_id_or_slug, may=app_access.may_read_requests).app
    event = _choice(request, "eventType", REQUEST_LOG_EVENTS)
    state = _choice(request, "status", _STATES)
    listed = list_app_deliveries(
        request.control,
        app.id,
        event=event,
        state=DeliveryState(state) if state else None,
        # From the beginning: what a page holds is known only once the silos' lists are put together.
        limit=page.offset + page.probe,
    )
    outlines, has_more = cut(listed.deliveries[page.offset : page.offset + page.probe], page)
    # The bodies of this page alone: whole lists of them would be far too much to fetch.
    found = read_app_deliveries(request.control, app.id, [outline.name for outline in outlines])
    answer = list_answer(request.http, page, [DeliveryObject.of(each) for each in found.deliveries], has_more=has_more)
    if missing := sorted({*listed.missing_regions, *found.missing_regions}):
        # A region may be away for either of the two questions.
        answer.headers[MISSING_REGIONS_HEADER] = ",".join(missing)
    return answer


@endpoints.add("GET", f"{_DELIVERIES}{{delivery_id}}/", answers={200: DeliveryObject})
def get_delivery(request: Incoming, app_id_or_slug: str, delivery_id: str) -> Response:
    """Reads one webhook to an app, with whole bodies."""
    with request.signed_in(scopes=app_access.READ_SCOPES) as principal:
        app = get_visible_app(request, principal, app_id_or_slug, may=app_access.may_read_requests).app
    return json_answer(DeliveryObject.of(get_app_delivery(request.control, app.id, DeliveryName.parse(delivery_id))))


@endpoints.add("POST", f"{_DELIVERIES}{{delivery_id}}/redeliver/", answers={202: DeliveryObject})
def post_redeliver(request: Incoming, app_id_or_slug: str, delivery_id: str) -> Response:
    """Sends a webhook again, whatever became of it: stamped and signed afresh, with the same `Request-ID` and body."""
    with request.signed_in(scopes=app_access.WRITE_SCOPES) as principal:
        app = get_visible_app(request, principal, app_id_or_slug, may=app_access.may_redeliver).app
    sent = redeliver_to_app(request.control, app.id, DeliveryName.parse(delivery_id))
    return json_answer(DeliveryObject.of(sent), status=202)


def _choice(request: ApiRequest, name: str, choices: Collection[str]) -> str | None:
    value = request.http.query_params.get(name) or None
    if value is not None and value not in choices:
        raise ValidationFailed(fields={name: [CHOICE_ERROR.format(value=shown(value))]})
    return value
