"""``users/<user>/impersonation/``: a superuser acts as somebody else for an hour."""

from fastapi import Response

from control_silo.api.request import Incoming
from control_silo.api.user_shape import ImpersonationObject
from control_silo.services.impersonation import impersonate
from shared.domain.path_key import path_key
from shared.errors import UserNotFound
from shared.http.answer import instant_json, json_answer
from shared.http.endpoint import Endpoints

endpoints = Endpoints("Users")


@endpoints.add("POST", "/users/{user}/impersonation/", answers={201: ImpersonationObject})
def post_impersonation(request: Incoming, user: str) -> Response:
    """Lets a superuser act as somebody else for an hour, in a session that makes and ends no tokens of apps."""
    with request.superuser() as principal:
        key = path_key(user)
        if key is None:
            raise UserNotFound
        made = impersonate(request.control, key, impersonator=principal.user)
    body = {
        "id": made.user.id,
        "email": made.user.email,
        "session": made.session_key,
        "expiresAt": instant_json(made.expires_at),
    }
    return json_answer(body, status=201)
