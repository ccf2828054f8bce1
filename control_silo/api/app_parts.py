"""What belongs to an app (spec §4.9): its features, its components, its logo and icon and where browsers fetch them."""

from fastapi import FastAPI, Request, Response
from starlette.concurrency import run_in_threadpool

from control_silo.api.apps import check_partnership, get_visible_app, object_of, rendered
from control_silo.api.request import Incoming
from control_silo.bodies.app import AppObject
from control_silo.bodies.app_part import AvatarBody, ComponentObject, FeatureObject
from control_silo.services import app_access
from control_silo.services.avatar import find_photo, set_avatar
from control_silo.services.control import Control
from control_silo.services.find_component import list_components
from shared.http.answer import empty_answer, json_answer
from shared.http.endpoint import PAGE_PARAMETERS, Endpoints
from shared.http.pagination import cut, list_answer, page_request, public_url

endpoints = Endpoints("Apps")

PHOTO_PATH = "/sentry-app-avatar/{ident}/"
KEPT_SECONDS = 365 * 24 * 3600
"""How long anyone may keep a picture: another one has another address."""


@endpoints.add(
    "GET", "/sentry-apps/{app_id_or_slug}/features/", answers={200: list[FeatureObject]}, parameters=PAGE_PARAMETERS
)
def list_features(request: Incoming, app_id_or_slug: str) -> Response:
    """Lists an app's features, an internal app's too."""
    with request.signed_in() as principal:
        page = page_request(request.http)
        details = get_visible_app(request, principal, app_id_or_slug, may=app_access.may_read_app)
        numbers, has_more = cut(details.features[page.offset :], page)
        items = [FeatureObject.of(details.app, number) for number in numbers]
        return list_answer(request.http, page, items, has_more=has_more)


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
        items = [ComponentObject.of(each, details, base_url=base_url) for each in components]
        return list_answer(request.http, page, items, has_more=has_more)


@endpoints.add("GET", "/sentry-apps/{app_id_or_slug}/avatar/", answers={200: AppObject})
def get_avatar(request: Incoming, app_id_or_slug: str) -> Response:
    """Reads an app; its pictures are in `avatars`."""
    with request.signed_in() as principal:
        details = get_visible_app(request, principal, app_id_or_slug, may=app_access.may_read_app)
        return json_answer(rendered(request, principal, details))


@endpoints.add("PUT", "/sentry-apps/{app_id_or_slug}/avatar/", answers={200: AppObject})
def put_avatar(request: Incoming[AvatarBody], app_id_or_slug: str) -> Response:
    """Sets an app's logo or its icon, or takes it away, and leaves the other one."""
    with request.signed_in(scopes=app_access.WRITE_SCOPES) as principal:
        app = get_visible_app(request, principal, app_id_or_slug, may=app_access.may_change_avatar).app
        check_partnership(app)
        avatar = request.body()
        set_avatar(request.control, app_id=app.id, color=avatar.color, photo=avatar.photo)
        # Read again: the body shows what is now, after the transaction.
        return json_answer(object_of(request, principal, app.id))


def serve_photos(app: FastAPI, control: Control) -> None:
    """Serves the pictures at the addresses that app objects name, to anyone."""

    async def get_photo(request: Request) -> Response:
        ident = request.path_params["ident"]
        etag = f'"{ident}"'
        # The database is asked on a thread, as everywhere: this function runs on the loop of all requests.
        photo = await run_in_threadpool(_find_photo, control, ident)
        if photo is None:
            return json_answer({"detail": "There is no such picture."}, status=404)
        headers = {
            "cache-control": f"public, max-age={KEPT_SECONDS}, immutable",
            "etag": etag,
            # Whoever uploaded it is trusted with a picture, and with nothing that a browser would run.
            "x-content-type-options": "nosniff",
            "content-security-policy": "default-src 'none'; sandbox",
            "cross-origin-resource-policy": "cross-origin",
        }
        # After the picture was looked up: one that is gone is answered with 404, whatever a browser keeps.
        if request.headers.get("if-none-match") == etag:
            return empty_answer(304, headers=headers)
        return Response(photo, headers=headers, media_type="image/png")

    app.add_api_route(PHOTO_PATH, get_photo, methods=["GET"], response_model=None, include_in_schema=False)


def _find_photo(control: Control, ident: str) -> bytes | None:
    with control.database.session():
        return find_photo(control, ident)
