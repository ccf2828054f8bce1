"""``sentry-apps/<app>/features/``: what an app does for the organizations that install it (spec §4.9)."""

from fastapi import Response

from control_silo.api.app_object import feature_object
from control_silo.api.app_shape import FeatureObject
from control_silo.api.apps import get_visible_app
from control_silo.api.request import Incoming
from control_silo.services import app_access
from shared.http.endpoint import PAGE_PARAMETERS, Endpoints
from shared.http.pagination import cut, list_answer, page_request

endpoints = Endpoints("Apps")


@endpoints.add(
    "GET", "/sentry-apps/{app_id_or_slug}/features/", answers={200: list[FeatureObject]}, parameters=PAGE_PARAMETERS
)
def list_features(request: Incoming, app_id_or_slug: str) -> Response:
    """Lists an app's features, an internal app's too."""
    with request.signed_in() as principal:
        page = page_request(request.http)
        details = get_visible_app(request, principal, app_id_or_slug, may=app_access.may_read_app)
        numbers, has_more = cut(details.features[page.offset :], page)
        items = [feature_object(details.app, number) for number in numbers]
        return list_answer(request.http, page, items, has_more=has_more)
