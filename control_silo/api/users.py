"""Who asks, signing in, and creating users."""

from typing import Any, cast

from fastapi import Response

from control_silo.api.organization_object import region_url
from control_silo.api.request import ApiRequest, Incoming
from control_silo.api.user_object import user_object
from control_silo.api.user_shape import NewUserObject, RegionsObject, UserBody
from control_silo.services.identity import SESSION_SECONDS, sign_in, sign_out
from control_silo.services.region import list_regions
from control_silo.services.user import MAX_PASSWORD_CHARACTERS, UserCreator
from shared.domain.json_field import UNSET, FieldInvalid, FieldReader, parse_boolean, parse_text, shown
from shared.domain.json_value import JsonObject, JsonValue
from shared.domain.path_key import path_key
from shared.domain.scopes import Role
from shared.errors import CredentialsMissing, OrganizationNotFound, RateLimited
from shared.http.answer import empty_answer, json_answer
from shared.http.credentials import SESSION_COOKIE, basic_credentials, session_key
from shared.http.endpoint import Endpoints
from shared.http.errors import RETRY_AFTER_NAME
from shared.http.limits import RequestLimit
from shared.http.user_object import RootObject, UserObject, root_object

endpoints = Endpoints("Users")

_MAX_TEXT_CHARACTERS = 255


@endpoints.add("GET", "/", answers={200: RootObject})
def get_root(request: Incoming) -> Response:
    """Says who asks and what their token allows; nobody in particular is fine."""
    with request.control.database.session():
        principal = request.find_principal()
    if principal is None:
        return json_answer(root_object(token_scopes=None, user=None))
    return json_answer(root_object(token_scopes=principal.token_scopes, user=user_object(principal.user)))


@endpoints.add("GET", "/auth/", answers={200: UserObject})
def get_auth(request: Incoming) -> Response:
    """Says who is signed in."""
    with request.signed_in() as principal:
        return json_answer(user_object(principal.user))


@endpoints.add("POST", "/auth/", answers={200: UserObject})
def post_auth(request: Incoming) -> Response:
    """Signs in with HTTP Basic, e-mail address and password; the session is in the cookie `sentrysid`. Who fails too
    often in a minute is refused for the rest of it.
    """
    credentials = basic_credentials(request.http)
    if credentials is None:
        raise CredentialsMissing
    failures, client = (
        cast(RequestLimit, request.http.app.state.failed_sign_ins),
        _client_of(request, credentials.email),
    )
    # Counted before the password is looked at, so that tries at the same time count too.
    if failures.count(client).is_exceeded:
        wait_seconds = failures.wait_seconds()
        text = f"Too many failed attempts to sign in; try again in {wait_seconds} seconds."
        raise RateLimited(text, metadata={RETRY_AFTER_NAME: str(wait_seconds)})
    signed_in = sign_in(request.control, email=credentials.email, password=credentials.password)
    failures.forgive(client)
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
        sign_out(request.control, key)
    answer = empty_answer(204)
    answer.delete_cookie(SESSION_COOKIE, httponly=True, samesite="strict", secure=_is_secure(request))
    return answer


@endpoints.add("GET", "/users/me/", answers={200: UserObject})
def get_me(request: Incoming) -> Response:
    """Says who asks."""
    return get_auth(request)


@endpoints.add("GET", "/users/me/regions/", answers={200: RegionsObject})
def get_my_regions(request: Incoming) -> Response:
    """Lists the regions."""
    with request.signed_in():
        regions = list_regions(request.control)
    return json_answer({"regions": [{"name": region.name, "url": region_url(region)} for region in regions]})


@endpoints.add("POST", "/users/", answers={201: NewUserObject}, body=UserBody)
def post_user(request: Incoming) -> Response:
    """Creates a user and shows their credentials, once. For superusers."""
    with request.superuser():
        creator = _read_user(request.json)
    created = creator.run(request.control)
    body = {
        "id": created.user.id,
        "email": created.user.email,
        "token": created.token,
        "session": created.session_key,
        "password": created.password,
    }
    return json_answer(body, status=201)


def _is_secure(request: ApiRequest) -> bool:
    """Whether the client's way here is encrypted, so that the cookie need never go another."""
    return request.http.url.scheme == "https"


def _client_of(request: ApiRequest, email: str) -> bytes:
    """Who tries: an account, from one address, so that nobody can shut an account's owner out from elsewhere."""
    address = request.http.client.host if request.http.client else ""
    return f"{address} {email.strip().casefold()}".encode("utf-8", "surrogatepass")


def _read_user(body: JsonObject) -> UserCreator:
    reader = FieldReader(body)
    fields: dict[str, Any] = {
        "email": reader.read("email", _parse_text, is_required=True),
        "name": reader.read_nullable("name", _parse_optional_text),
        "password": reader.read_nullable("password", _parse_password),
        "organization": reader.read_nullable("organization", _parse_organization),
        "role": reader.read("role", _parse_role),
        "is_superuser": reader.read("isSuperuser", parse_boolean),
        "is_staff": reader.read("isStaff", parse_boolean),
    }
    reader.raise_problems()
    return UserCreator(**{name: value for name, value in fields.items() if value is not UNSET and value is not None})


def _parse_text(value: JsonValue) -> str:
    return parse_text(value, max_characters=_MAX_TEXT_CHARACTERS, is_blank_allowed=False)


def _parse_organization(value: JsonValue) -> int | str:
    key = path_key(_parse_text(value))
    if key is None:
        raise OrganizationNotFound
    return key


def _parse_optional_text(value: JsonValue) -> str:
    return parse_text(value, max_characters=_MAX_TEXT_CHARACTERS)


def _parse_password(value: JsonValue) -> str:
    """As it is: spaces at either end are part of a password."""
    text = parse_text(value, max_characters=MAX_PASSWORD_CHARACTERS, is_blank_allowed=False)
    return value if isinstance(value, str) else text


def _parse_role(value: JsonValue) -> Role:
    text = _parse_text(value)
    if text not in list(Role):
        raise FieldInvalid(f'"{shown(text)}" is not a valid choice.')
    return Role(text)
