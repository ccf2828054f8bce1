"""``interaction/``: how often people look at an app and use its components (spec §6). Kept where its owner lives."""

import math
import re
from datetime import timedelta

from fastapi import Response

from region_silo.api.access import READ_ORGANIZATION, require_scopes
from region_silo.api.app_refusal import app_refusals
from region_silo.api.call import Call, CallOf
from region_silo.api.component_shape import CountedObject, InteractionBody, InteractionObject
from region_silo.services.held import is_local
from region_silo.services.interaction import (
    DAY_SECONDS,
    HOUR_SECONDS,
    RESOLUTION_ERROR,
    Counts,
    Period,
    count_interactions,
    count_views,
    parse_interaction,
    parse_period,
    record_interaction,
)
from shared.domain.app_error import client_error
from shared.domain.json_value import JsonValue
from shared.errors import AppNotFound, PermissionDenied
from shared.http.answer import json_answer
from shared.http.endpoint import Endpoints, Parameter
from shared.pb.hybridcloud.apps.v1 import app_pb2

endpoints = Endpoints("Interaction")

INSTANT_ERROR = "{name} must be a time in Unix seconds."
_PATH = "/sentry-apps/{sentry_app_id_or_slug}/interaction/"
_RESOLUTION = re.compile(r"([0-9]{1,6})([smhd])", re.ASCII)
_UNIT_SECONDS = {"s": 1, "m": 60, "h": HOUR_SECONDS, "d": DAY_SECONDS}
_MAX_INSTANT = 253_402_300_799
"""The last second of the year 9999."""


@endpoints.add("POST", _PATH, answers={201: CountedObject}, body=InteractionBody)
def post_interaction(call: CallOf, sentry_app_id_or_slug: str) -> Response:
    """Counts that the person looked at the app, or used one of its components. For browser sessions alone."""
    with call.signed_in() as principal:
        if not principal.is_session:
            raise PermissionDenied
    app = _get_app(call, sentry_app_id_or_slug)
    body = call.body
    with app_refusals():
        interaction = parse_interaction(app, tsdb_field=body.get("tsdbField"), component_type=body.get("componentType"))
    record_interaction(call.region, interaction)
    return json_answer({}, status=201)


@endpoints.add(
    "GET",
    _PATH,
    answers={200: InteractionObject},
    parameters=(
        Parameter(
            name="since",
            description="Start of the period, in Unix seconds; a day before its end.",
            schema={"type": "number"},
        ),
        Parameter(name="until", description="End of the period, in Unix seconds; now.", schema={"type": "number"}),
        Parameter(name="resolution", description="Length of an interval: whole hours or days, such as `1h`."),
    ),
)
def get_interaction(call: CallOf, sentry_app_id_or_slug: str) -> Response:
    """How often the app was looked at and each of its components used. For the organization that owns the app."""
    with call.signed_in(scopes=READ_ORGANIZATION) as signed_in:
        principal = signed_in
    app = _get_app(call, sentry_app_id_or_slug)
    require_scopes(principal, READ_ORGANIZATION, organization_id=app.owner_id)
    with app_refusals():
        period = _period(call)
    types = call.desk.apps.component_types(app.id)
    with call.region.database.snapshot():
        views = count_views(app, period)
        interactions = count_interactions(app, types, period)
    shown = {name: _points(counts) for name, counts in interactions.items()}
    return json_answer({"views": _points(views), "componentInteractions": shown})


def _get_app(call: Call, id_or_slug: str) -> app_pb2.RpcSentryApp:
    """The app, if its owner lives in this region: what is counted elsewhere would be seen by nobody."""
    app = call.desk.apps.get_app(id_or_slug)
    with call.region.database.session():
        if not is_local(call.region.database, app.owner_id):
            raise AppNotFound
    return app


def _period(call: Call) -> Period:
    now = call.region.clock.now()
    until = _instant(call, "until", default=now.timestamp())
    since = _instant(call, "since", default=until - timedelta(days=1).total_seconds())
    return parse_period(since=since, until=until, resolution_seconds=_resolution(call))


def _instant(call: Call, name: str, *, default: float) -> int:
    text = call.request.query_params.get(name)
    try:
        instant = float(text) if text else default
    except ValueError:
        instant = math.nan
    if not 0 <= instant <= _MAX_INSTANT:
        raise client_error(INSTANT_ERROR.format(name=name))
    return int(instant)


def _resolution(call: Call) -> int | None:
    text = call.request.query_params.get("resolution")
    if not text:
        return None
    match = _RESOLUTION.fullmatch(text)
    if match is None:
        raise client_error(RESOLUTION_ERROR)
    return int(match[1]) * _UNIT_SECONDS[match[2]]


def _points(counts: Counts) -> JsonValue:
    return [[start, count] for start, count in counts]
