"""``rotate-secret/``: another client secret for an app (spec §2.9, §4.9)."""

from fastapi import Response

from control_silo.api.request import ApiRequest, Incoming
from control_silo.bodies.token import SecretObject
from control_silo.models.app import SentryApp
from control_silo.services import app_access
from control_silo.services.find_app import get_app_of_path
from control_silo.services.principal import Principal
from control_silo.services.update_app import rotate_secret
from shared.domain.scopes import missing_scopes
from shared.errors import AppNotFound, PermissionDenied
from shared.http.answer import json_answer
from shared.http.endpoint import Endpoints

endpoints = Endpoints("Apps")


@endpoints.add("POST", "/sentry-apps/{app_id_or_slug}/rotate-secret/", answers={200: SecretObject})
def post_rotate_secret(request: Incoming, app_id_or_slug: str) -> Response:
    """Gives an app another client secret and shows it, once; the one before is good for nothing any more."""
    with request.signed_in(scopes=app_access.WRITE_SCOPES) as principal:
        if principal.user.impersonator:  # the secret would outlive the hour in which somebody else acts as the person
            raise PermissionDenied
        app = _get_app(request, principal, app_id_or_slug)
        secret = rotate_secret(request.control, app_id=app.id, actor=principal.user)
        return json_answer(SecretObject(client_secret=secret))


def _get_app(request: ApiRequest, principal: Principal, id_or_slug: str) -> SentryApp:
    """The app of a path, for someone who can do all that the app can.

    Raises:
        AppNotFound: there is none, or it is another organization's.
        PermissionDenied: the app can do more.
    """
    app = get_app_of_path(id_or_slug).app
    # Not found, and not forbidden: others are not told that there is such an app.
    if not app_access.may_know_of_secret(principal, app):
        raise AppNotFound
    if not principal.holds(app_access.WRITE_SCOPES, organization_id=app.owner_id):
        raise PermissionDenied
    # The secret gives all that the app may do: whoever may do less would gain by it (spec §2.9).
    missing = missing_scopes(app.scope_list, held=principal.scopes_in(app.owner_id))
    if missing and not principal.is_superuser:
        raise PermissionDenied(" ".join(map(_exceeds_text, missing)))
    return app


def _exceeds_text(scope: str) -> str:
    return (
        f"Requested permission of {scope} exceeds requester's permission. "
        "Please contact an owner to make the requested change."
    )
