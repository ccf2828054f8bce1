"""``api-tokens/``: the tokens of an internal app (spec §4.8). For people at a browser: no token makes another one.

What is wrong with the app or the token is said in a bare JSON string, as the original does.
"""

import contextlib
from collections.abc import Iterator

from fastapi import Response

from control_silo.api.apps import check_partnership, get_visible_app
from control_silo.api.request import ApiRequest, Incoming
from control_silo.bodies.token import TokenObject
from control_silo.models.app import SentryApp
from control_silo.models.application import ApiToken
from control_silo.services import app_access
from control_silo.services.internal_token import create_token, delete_token, find_token, list_tokens
from control_silo.services.principal import Principal
from shared.domain.path_key import find_id
from shared.errors import LimitReached, NotFound, PermissionDenied
from shared.http.answer import empty_answer, json_answer
from shared.http.endpoint import PAGE_PARAMETERS, Endpoints
from shared.http.errors import Refused
from shared.http.pagination import cut, list_answer, page_request

endpoints = Endpoints("Tokens")

INTERNAL_ONLY = "This route is limited to internal integrations only"
NO_SUCH_TOKEN = "Couldn't find the given api token"  # noqa: S105 - a sentence
NOT_OWNED = "Given token is not owned by this sentry app"


@endpoints.add(
    "GET", "/sentry-apps/{app_id_or_slug}/api-tokens/", answers={200: list[TokenObject]}, parameters=PAGE_PARAMETERS
)
def list_api_tokens(request: Incoming, app_id_or_slug: str) -> Response:
    """Lists the tokens of an internal app, which themselves are never shown again; a public app has none here."""
    with _signed_in(request) as principal:
        page = page_request(request.http)
        app = _get_app(request, principal, app_id_or_slug)
        # A public app's tokens belong to its installations and are exchanged, not made.
        found = list_tokens(app, offset=page.offset, limit=page.probe) if app.is_internal else []
        tokens, has_more = cut(found, page)
        is_masked = not app_access.may_see_secrets(principal, app)
        items = [TokenObject.of_internal(each, is_masked=is_masked) for each in tokens]
        return list_answer(request.http, page, items, has_more=has_more)


@endpoints.add("POST", "/sentry-apps/{app_id_or_slug}/api-tokens/", answers={201: TokenObject})
def post_api_token(request: Incoming, app_id_or_slug: str) -> Response:
    """Makes a token of an internal app, and shows it, once."""
    with _signed_in_themselves(request) as principal:
        app = _get_app(request, principal, app_id_or_slug)
        _check_changeable(app)
        try:
            made = create_token(request.control, app_id=app.id, actor=principal.user)
        except LimitReached as reached:
            # A bare string, as the original answers on this path.
            raise Refused(403, reached.message) from reached
        is_masked = not app_access.may_see_secrets(principal, app)
        return json_answer(TokenObject.of_internal(made.row, token=made.text, is_masked=is_masked), status=201)


@endpoints.add("DELETE", "/sentry-apps/{app_id_or_slug}/api-tokens/{token_id}/", answers={204: None})
def delete_api_token(request: Incoming, app_id_or_slug: str, token_id: str) -> Response:
    """Ends a token of an internal app."""
    with _signed_in_themselves(request) as principal:
        app = _get_app(request, principal, app_id_or_slug)
        token = _get_token(token_id)
        # A person's token has no application: it is not this app's either.
        if token.application_id is None or token.application_id != app.application_id:
            # After the app and before whether it is internal: the original's order, by its texts.
            raise Refused(404, NOT_OWNED)
        _check_changeable(app)
        try:
            delete_token(request.control, app_id=app.id, token_id=token.id, actor=principal.user)
        except NotFound as gone:
            raise Refused(404, gone.message) from gone
        return empty_answer(204)


@contextlib.contextmanager
def _signed_in(request: ApiRequest) -> Iterator[Principal]:
    """Signs in like ``ApiRequest.signed_in``, by a session alone: no token makes another one.

    Raises:
        PermissionDenied: the request carries an ``Authorization`` header, whatever is in it.
    """
    # By the header alone: a wrong token is refused like a good one, and nobody is authenticated for nothing.
    if "authorization" in request.http.headers:
        raise PermissionDenied
    with request.signed_in() as principal:
        yield principal


@contextlib.contextmanager
def _signed_in_themselves(request: ApiRequest) -> Iterator[Principal]:
    """Signs in like ``_signed_in``, whoever acts as themselves.

    Raises:
        PermissionDenied: somebody else acts as the person; a token would outlive that.
    """
    with _signed_in(request) as principal:
        if principal.user.impersonator:
            raise PermissionDenied
        yield principal


def _get_app(request: ApiRequest, principal: Principal, id_or_slug: str) -> SentryApp:
    return get_visible_app(request, principal, id_or_slug, may=app_access.may_change_tokens).app


def _get_token(token_id: str) -> ApiToken:
    found = find_id(token_id)
    token = None if found is None else find_token(found)
    if token is None:
        raise Refused(404, NO_SUCH_TOKEN)
    return token


def _check_changeable(app: SentryApp) -> None:
    if not app.is_internal:
        raise Refused(403, INTERNAL_ONLY)
    check_partnership(app)
