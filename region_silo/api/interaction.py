"""``interaction/``: how often people look at an app and use its components (spec §6). Kept where its owner lives."""

from fastapi import Response

from region_silo.api.access import READ_ORGANIZATION, require_scopes
from region_silo.api.request import ApiRequest, Incoming
from region_silo.bodies.component import CountedObject, InteractionBody, InteractionObject
from region_silo.services.held import is_local
from region_silo.services.interaction import (
    count_interactions,
    count_views,
    parse_interaction,
    record_interaction,
)
from shared.errors import AppDisabled, AppNotFound, PermissionDenied
from shared.http.answer import json_answer
from shared.http.endpoint import Endpoints
from shared.http.period import PERIOD_PARAMETERS, read_period
from shared.pb.hybridcloud.apps.v1 import app_pb2

endpoints = Endpoints("Interaction")

_PATH = "/sentry-apps/{sentry_app_id_or_slug}/interaction/"


@endpoints.add("POST", _PATH, answers={201: CountedObject})
def post_interaction(request: Incoming[InteractionBody], sentry_app_id_or_slug: str) -> Response:
    """Counts that a person looked at an app that they see, or used a component of it. For browser sessions alone."""
    with request.signed_in() as principal:
        if not principal.is_session:
            raise PermissionDenied
    app = _get_app(request, sentry_app_id_or_slug)
    if not (app.is_published or principal.is_elevated or principal.sees(app.owner_id)):
        raise AppNotFound
    body = request.body()
    interaction = parse_interaction(app, tsdb_field=body.tsdb_field, component_type=body.component_type)
    record_interaction(request.region, interaction)
    return json_answer(CountedObject(), status=201)


@endpoints.add("GET", _PATH, answers={200: InteractionObject}, parameters=PERIOD_PARAMETERS)
def get_interaction(request: Incoming, sentry_app_id_or_slug: str) -> Response:
    """How often the app was looked at and each of its components used. For the organization that owns the app."""
    with request.signed_in(scopes=READ_ORGANIZATION) as signed_in:
        principal = signed_in
    app = _get_app(request, sentry_app_id_or_slug)
    require_scopes(principal, READ_ORGANIZATION, organization_id=app.owner_id)
    if request.region.enforces_disabled and app.is_disabled:
        raise AppDisabled
    period = read_period(request.http, now=request.region.clock.now())
    types = request.tools.apps.component_types(app.id)
    with request.region.database.snapshot():
        views = count_views(app, period)
        interactions = count_interactions(app, types, period)
    return json_answer(InteractionObject.of(views, interactions))


def _get_app(request: ApiRequest, id_or_slug: str) -> app_pb2.RpcSentryApp:
    """The app, if its owner lives in this region: what is counted elsewhere would be seen by nobody."""
    app = request.tools.apps.get_app(id_or_slug)
    if not is_local(request.region.database, app.owner_id):
        raise AppNotFound
    return app
