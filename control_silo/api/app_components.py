"""``sentry-apps/<app>/components/``: an app's components as its schema has them (spec §4.9)."""

from typing import Any

from fastapi import Response

from control_silo.api.app_object import avatar_object
from control_silo.api.apps import get_visible_app
from control_silo.api.component_shape import ComponentObject
from control_silo.api.request import Incoming
from control_silo.models.app import SentryAppComponent
from control_silo.services import app_access
from control_silo.services.app_components import list_components
from control_silo.services.app_details import AppDetails
from shared.http.endpoint import PAGE_PARAMETERS, Endpoints
from shared.http.pagination import cut, list_answer, page_request, public_url

endpoints = Endpoints("Apps")


@endpoints.add(
    "GET",
    "/sentry-apps/{app_id_or_slug}/components/",
    answers={200: list[ComponentObject]},
    parameters=PAGE_PARAMETERS,
)
def list_app_components(request: Incoming, app_id_or_slug: str) -> Response:
    """Lists an app's components, none of them filled in."""
    with request.signed_in() as principal:
        page = page_request(request.http)
        details = get_visible_app(request, principal, app_id_or_slug, may=app_access.may_read_app)
        found = list_components(details.app, offset=page.offset, limit=page.probe)
        components, has_more = cut(found, page)
        base_url = public_url(request.http)
        items = [_component_object(each, details, base_url=base_url) for each in components]
        return list_answer(request.http, page, items, has_more=has_more)


def _component_object(component: SentryAppComponent, details: AppDetails, *, base_url: str) -> dict[str, Any]:
    app = details.app
    return {
        "uuid": component.uuid,
        "type": component.type,
        "schema": component.schema,
        "error": "",
        "sentryApp": {
            "uuid": app.uuid,
            "slug": app.slug,
            "name": app.name,
            "avatars": [avatar_object(avatar, base_url=base_url) for avatar in details.avatars],
        },
    }
