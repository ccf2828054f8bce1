"""Who asks, signing in, and creating users."""

import os
from typing import cast

from fastapi import Response

from control_silo.api.request import ApiRequest, Incoming
from control_silo.api.sign_in_limits import Attempt, SignInLimits
from control_silo.bodies.user import ImpersonationObject, NewUserObject, RegionsObject, UserBody, user_object
from control_silo.services.region import list_regions
from control_silo.services.session import SESSION_SECONDS, impersonate, sign_in, sign_out
from shared.bodies.user import RootObject, UserObject
from shared.domain.path_key import path_key
from shared.errors import CredentialsMissing, UserNotFound
from shared.http.answer import empty_answer, json_answer
from shared.http.cors import check_cookie_use
from shared.http.credentials import SESSION_COOKIE, basic_credentials, session_key
from shared.http.endpoint import Endpoints
from shared.http.threads import ThreadPool

endpoints = Endpoints("Users")
SIGN_IN_THREADS = ThreadPool("sign-in", threads=max(1, (os.cpu_count() or 1) // 2), max_waiting=32)
"""A password takes a twentieth of a second of processor by design. Whoever makes up many of them waits among
themselves, and leaves half of the processors to others."""


@endpoints.add("GET", "/", answers={200: RootObject})
def get_root(request: Incoming) -> Response:
    """Says who asks and what their token allows; nobody in particular is fine."""
    with request.control.database.session():
        principal = request.find_principal()
    if principal is None:
        return json_answer(RootObject.of(token_scopes=None, user=None))
    return json_answer(RootObject.of(token_scopes=principal.token_scopes, user=user_object(principal.user)))


@endpoints.add("GET", "/auth/", answers={200: UserObject})
def get_auth(request: Incoming) -> Response:
    """Says who is signed in."""
    with request.signed_in() as principal:
        return json_answer(user_object(principal.user))


@endpoints.add("POST", "/auth/", answers={200: UserObject}, threads=SIGN_IN_THREADS)
def post_auth(request: Incoming) -> Response:
    """Signs in with HTTP Basic, e-mail address and password; the session is in the cookie `sentrysid`. Who fails too
    often waits, longer each time.
    """
    credentials = basic_credentials(request.http)
    if credentials is None:
        raise CredentialsMissing
    limits = cast(SignInLimits, request.http.app.state.sign_in_limits)
    attempt = Attempt.of(email=credentials.email, address=request.http.client.host if request.http.client else "")
    # Before the password is looked at: what is limited is the hashing as well as the guessing.
    limits.begin(attempt)
    signed_in = sign_in(request.control, email=credentials.email, password=credentials.password)
    limits.succeeded(attempt)
    answer = json_answer(user_object(signed_in.user))
    answer.set_cookie(
        SESSION_COOKIE,
        signed_in.session_key,
        max_age=SESSION_SECONDS,
        httponly=True,
        samesite="strict",
        secure=_is_secure(request),
    )
    return answer


@endpoints.add("DELETE", "/auth/", answers={204: None})
def delete_auth(request: Incoming) -> Response:
    """Signs out: the session of the cookie is over."""
    key = session_key(request.http)
    if key:
        check_cookie_use(request.http)
        sign_out(request.control, key)
    answer = empty_answer(204)
    # With the attributes that it was set with: browsers keep the cookie otherwise.
    answer.delete_cookie(SESSION_COOKIE, httponly=True, samesite="strict", secure=_is_secure(request))
    return answer


@endpoints.add("GET", "/users/me/", answers={200: UserObject})
def get_me(request: Incoming) -> Response:
    """Says who asks."""
    return get_auth(request)


@endpoints.add("GET", "/users/me/regions/", answers={200: RegionsObject})
def get_my_regions(request: Incoming) -> Response:
    """Lists the regions."""
    # Whoever is known: the regions' addresses are no secret of an organization.
    with request.signed_in():
        regions = list_regions(request.control)
    return json_answer(RegionsObject.of(regions))


@endpoints.add("POST", "/users/", answers={201: NewUserObject})
def post_user(request: Incoming[UserBody]) -> Response:
    """Creates a user and shows their credentials, once. For superusers."""
    with request.superuser():
        creator = request.body().creator()
    return json_answer(NewUserObject.of(creator.run(request.control)), status=201)


@endpoints.add("POST", "/users/{user}/impersonation/", answers={201: ImpersonationObject})
def post_impersonation(request: Incoming, user: str) -> Response:
    """Lets a superuser act as somebody else for an hour, in a session that changes no app's tokens and secret."""
    with request.superuser() as principal:
        key = path_key(user)
        if key is None:
            raise UserNotFound
        made = impersonate(request.control, key, impersonator=principal.user)
    return json_answer(ImpersonationObject.of(made), status=201)


def _is_secure(request: ApiRequest) -> bool:
    """Whether the client's way here is encrypted, so that the cookie need never go another."""
    return request.http.url.scheme == "https"
