"""Who asks, signing in, and creating users."""

from typing import Any, cast

from fastapi import Response

from control_silo.api.call import Call, CallOf
from control_silo.api.organization_object import region_url
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
def get_root(call: CallOf) -> Response:
    """Says who asks and what their token allows; nobody in particular is fine."""
    with call.control.database.session():
        principal = call.find_principal()
    if principal is None:
        return json_answer(root_object(token_scopes=None, user=None))
    return json_answer(root_object(token_scopes=principal.token_scopes, user=user_object(principal.user)))


@endpoints.add("GET", "/auth/", answers={200: UserObject})
def get_auth(call: CallOf) -> Response:
    """Says who is signed in."""
    with call.signed_in() as principal:
        return json_answer(user_object(principal.user))


@endpoints.add("POST", "/auth/", answers={200: UserObject})
def post_auth(call: CallOf) -> Response:
    """Signs in with HTTP Basic, e-mail address and password; the session is in the cookie `sentrysid`. Who fails too
    often in a minute is refused for the rest of it.
    """
    credentials = basic_credentials(call.request)
    if credentials is None:
        raise CredentialsMissing
    failures, client = cast(RequestLimit, call.request.app.state.failed_sign_ins), _client_of(call, credentials.email)
    # Counted before the password is looked at, so that tries at the same time count too.
    if failures.count(client).is_exceeded:
        wait_seconds = failures.wait_seconds()
        text = f"Too many failed attempts to sign in; try again in {wait_seconds} seconds."
        raise RateLimited(text, metadata={RETRY_AFTER_NAME: str(wait_seconds)})
    signed_in = sign_in(call.control, email=credentials.email, password=credentials.password)
    failures.forgive(client)
    answer = json_answer(user_object(signed_in.user))
    answer.set_cookie(
        SESSION_COOKIE,
        signed_in.session_key,
        max_age=SESSION_SECONDS,
        httponly=True,
        samesite="strict",
        secure=_is_secure(call),
    )
    return answer


@endpoints.add("DELETE", "/auth/", answers={204: None})
def delete_auth(call: CallOf) -> Response:
    """Signs out: the session of the cookie is over."""
    key = session_key(call.request)
    if key:
        sign_out(call.control, key)
    answer = empty_answer(204)
    answer.delete_cookie(SESSION_COOKIE, httponly=True, samesite="strict", secure=_is_secure(call))
    return answer


@endpoints.add("GET", "/users/me/", answers={200: UserObject})
def get_me(call: CallOf) -> Response:
    """Says who asks."""
    return get_auth(call)


@endpoints.add("GET", "/users/me/regions/", answers={200: RegionsObject})
def get_my_regions(call: CallOf) -> Response:
    """Lists the regions."""
    with call.signed_in():
        regions = list_regions(call.control)
    return json_answer({"regions": [{"name": region.name, "url": region_url(region)} for region in regions]})


@endpoints.add("POST", "/users/", answers={201: NewUserObject}, body=UserBody)
def post_user(call: CallOf) -> Response:
    """Creates a user and shows their credentials, once. For superusers."""
    with call.superuser():
        creator = _read_user(call.body)
    created = creator.run(call.control)
    body = {
        "id": created.user.id,
        "email": created.user.email,
        "token": created.token,
        "session": created.session_key,
        "password": created.password,
    }
    return json_answer(body, status=201)


def _is_secure(call: Call) -> bool:
    """Whether the client's way here is encrypted, so that the cookie need never go another."""
    return call.request.url.scheme == "https"


def _client_of(call: Call, email: str) -> bytes:
    """Who tries: an account, from one address, so that nobody can shut an account's owner out from elsewhere."""
    address = call.request.client.host if call.request.client else ""
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
