"""Who asks: the same answers as control's, so that a client may ask either."""

from fastapi import Response

from region_silo.api.request import Incoming
from region_silo.services.principal import Principal
from shared.bodies.user import RootObject, UserObject
from shared.http.answer import json_answer
from shared.http.endpoint import Endpoints

endpoints = Endpoints("Users")


@endpoints.add("GET", "/", answers={200: RootObject})
def get_root(request: Incoming) -> Response:
    """Says who asks and what their token allows; nobody in particular is fine."""
    principal = request.find_principal()
    if principal is None:
        return json_answer(RootObject.of(token_scopes=None, user=None))
    return json_answer(RootObject.of(token_scopes=principal.token_scopes, user=user_object(principal)))


@endpoints.add("GET", "/auth/", answers={200: UserObject})
def get_auth(request: Incoming) -> Response:
    """Says who is signed in."""
    with request.signed_in() as principal:
        return json_answer(user_object(principal))


@endpoints.add("GET", "/users/me/", answers={200: UserObject})
def get_me(request: Incoming) -> Response:
    """Says who asks."""
    return get_auth(request)


def user_object(principal: Principal) -> UserObject:
    """The user behind a principal, as they see themselves."""
    user = principal.user
    return UserObject.of(
        id=user.id,
        username=user.username,
        name=user.name,
        email=user.email,
        is_active=True,
        is_superuser=user.is_superuser,
        is_staff=user.is_staff,
        is_sentry_app=user.is_sentry_app,
        joined_at=principal.joined_at,
    )
