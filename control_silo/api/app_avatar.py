"""``sentry-apps/<app>/avatar/``: an app's logo and icon (spec §4.9), and where browsers fetch them."""

from dataclasses import dataclass

from fastapi import FastAPI, Request, Response
from starlette.concurrency import run_in_threadpool

from control_silo.api.app_shape import AppObject
from control_silo.api.apps import check_partnership, get_visible_app, object_of, rendered
from control_silo.api.avatar_shape import AvatarBody
from control_silo.api.request import Incoming
from control_silo.services import app_access
from control_silo.services.avatar import find_photo, set_avatar
from control_silo.services.control import Control
from control_silo.services.photo import check_icon, parse_photo
from shared.domain.json_field import FieldInvalid, FieldReader, parse_boolean, parse_text, shown
from shared.domain.json_value import JsonObject, JsonValue
from shared.errors import ValidationFailed
from shared.http.answer import empty_answer, json_answer
from shared.http.endpoint import Endpoints

endpoints = Endpoints("Apps")

UPLOAD, DEFAULT = "upload", "default"
PHOTO_PATH = "/sentry-app-avatar/{ident}/"
KEPT_SECONDS = 365 * 24 * 3600
"""How long anyone may keep a picture: another one has another address."""


@dataclass(frozen=True)
class _Avatar:
    color: bool
    photo: bytes | None


@endpoints.add("GET", "/sentry-apps/{app_id_or_slug}/avatar/", answers={200: AppObject})
def get_avatar(request: Incoming, app_id_or_slug: str) -> Response:
    """Reads an app; its pictures are in `avatars`."""
    with request.signed_in() as principal:
        details = get_visible_app(request, principal, app_id_or_slug, may=app_access.may_read_app)
        return json_answer(rendered(request, principal, details))


@endpoints.add(
    "PUT", "/sentry-apps/{app_id_or_slug}/avatar/", answers={200: AppObject}, body=AvatarBody, takes_large_body=True
)
def put_avatar(request: Incoming, app_id_or_slug: str) -> Response:
    """Sets an app's logo or its icon, or takes it away, and leaves the other one."""
    with request.signed_in(scopes=app_access.WRITE_SCOPES) as principal:
        app = get_visible_app(request, principal, app_id_or_slug, may=app_access.may_change_avatar).app
        check_partnership(app)
        avatar = _read_avatar(request.json)
        set_avatar(request.control, app_id=app.id, color=avatar.color, photo=avatar.photo)
        return json_answer(object_of(request, principal, app.id))


def serve_photos(app: FastAPI, control: Control) -> None:
    """Serves the pictures at the addresses that app objects name, to anyone."""

    async def get_photo(request: Request) -> Response:
        ident = request.path_params["ident"]
        etag = f'"{ident}"'
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
        if request.headers.get("if-none-match") == etag:
            return empty_answer(304, headers=headers)
        return Response(photo, headers=headers, media_type="image/png")

    app.add_api_route(PHOTO_PATH, get_photo, methods=["GET"], response_model=None, include_in_schema=False)


def _find_photo(control: Control, ident: str) -> bytes | None:
    with control.database.session():
        return find_photo(control, ident)


def _read_avatar(body: JsonObject) -> _Avatar:
    """Raises:
    ValidationFailed: a field is missing or wrong.
    """
    reader = FieldReader(body)
    photo = reader.read_nullable("avatar_photo", _parse_optional_photo)
    kind = reader.read("avatar_type", _parse_kind, is_required=True)
    color = reader.read("color", parse_boolean, is_required=True)
    reader.raise_problems()
    if kind == DEFAULT:
        return _Avatar(color is True, None)
    try:
        return _Avatar(color is True, _check_photo(photo, is_icon=color is False))
    except FieldInvalid as invalid:
        raise ValidationFailed(fields={"avatar_photo": invalid.texts}) from invalid


def _check_photo(photo: object, *, is_icon: bool) -> bytes:
    if not isinstance(photo, bytes):
        raise FieldInvalid("A logo is required." if not is_icon else "An icon is required.")
    if is_icon:
        check_icon(photo)
    return photo


def _parse_optional_photo(value: JsonValue) -> bytes | None:
    return parse_photo(value) if value != "" else None


def _parse_kind(value: JsonValue) -> str:
    text = parse_text(value, max_characters=64, is_blank_allowed=False)
    if text not in {DEFAULT, UPLOAD}:
        raise FieldInvalid(f'"{shown(text)}" is not a valid choice.')
    return text
