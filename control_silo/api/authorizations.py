"""``authorizations/``: an app gets the token of its installation, and renews it (spec §2.8, §4.7).

The app proves itself by its client id and secret in the body, or by a JWT that it signed with the secret.
"""

from typing import Final, TypedDict

from fastapi import Response

from control_silo.api.request import ApiRequest, Incoming
from control_silo.api.token_object import issued_token_object
from control_silo.api.token_shape import AuthorizationBody, TokenObject
from control_silo.models.application import ApiApplication
from control_silo.models.installation import SentryAppInstallation
from control_silo.services.client import INVALID_JWT, Client, identify_client, identify_jwt
from control_silo.services.control import Control
from control_silo.services.exchange import GrantExchanger, ManualTokenRefresher, Refresher
from control_silo.services.feature import get_switches
from control_silo.services.installation_details import find_installation_details
from control_silo.services.issue_token import IssuedToken
from shared.domain.features import MANUAL_TOKEN_REFRESH_FEATURE, is_enabled
from shared.domain.json_field import FieldReader, parse_text
from shared.domain.json_value import JsonObject, JsonValue
from shared.errors import CredentialsInvalid, GrantSpent, InstallationNotFound, PermissionDenied
from shared.http.answer import json_answer
from shared.http.body import parse_json, parse_object
from shared.http.credentials import bearer_token
from shared.http.endpoint import Endpoints
from shared.http.errors import Refused

endpoints = Endpoints("Tokens")

CODE: Final = "authorization_code"
REFRESH: Final = "refresh_token"
JWT: Final = "urn:sentry:params:oauth:grant-type:jwt-bearer"

_MAX_GRANT_CHARACTERS = 255


class _Place(TypedDict):
    application: ApiApplication
    installation_uuid: str


@endpoints.add(
    "POST", "/sentry-app-installations/{uuid}/authorizations/", answers={201: TokenObject}, body=AuthorizationBody
)
def post_authorization(request: Incoming, uuid: str) -> Response:
    """Gives an app the token of its installation, in exchange for a code, a refresh token or a JWT of its own."""
    with request.control.database.session():
        body = _read_body(request)
        client = _identify(request, body)
        details = find_installation_details(request.control, uuid)
        if details is None:
            raise InstallationNotFound
        if details.app.application_id != client.application.id:
            raise PermissionDenied
        try:
            issued = _exchange(request.control, body, client, details.installation)
        except GrantSpent as spent:
            raise Refused(401, {"error": "invalid_grant", "detail": spent.message}) from spent
    return json_answer(issued_token_object(issued, state=body.get("state")), status=201)


def _read_body(request: ApiRequest) -> JsonObject:
    if not parse_json(request.raw_body):
        raise CredentialsInvalid("Invalid request")
    return parse_object(request.raw_body)


def _identify(request: ApiRequest, body: JsonObject) -> Client:
    """The client that asks; a JWT counts for its own grant alone."""
    if body.get("grant_type") == JWT:
        token = bearer_token(request.http)
        if token:
            return identify_jwt(request.control, token)
        if "client_id" not in body and "client_secret" not in body:
            raise PermissionDenied(INVALID_JWT)
    return identify_client(client_id=body.get("client_id"), client_secret=body.get("client_secret"))


def _exchange(control: Control, body: JsonObject, client: Client, installation: SentryAppInstallation) -> IssuedToken:
    place: _Place = {"application": client.application, "installation_uuid": installation.uuid}
    grant_type = body.get("grant_type")
    if grant_type == CODE:
        return GrantExchanger(**place, code=_read_grant(body, "code")).run(control)
    if grant_type == REFRESH:
        return Refresher(**place, refresh_token=_read_grant(body, "refresh_token")).run(control)
    if grant_type != JWT:
        raise PermissionDenied("Invalid grant_type")
    if not is_enabled(MANUAL_TOKEN_REFRESH_FEATURE, switches=get_switches(installation.organization_id)):
        raise PermissionDenied("Manual token refresh is not enabled for this organization")
    if client.jwt is None:
        raise PermissionDenied(INVALID_JWT)
    return ManualTokenRefresher(**place, jwt=client.jwt).run(control)


def _read_grant(body: JsonObject, name: str) -> str:
    reader = FieldReader(body)
    grant = reader.read(name, _parse_grant, is_required=True)
    reader.raise_problems()
    return str(grant)


def _parse_grant(value: JsonValue) -> str:
    return parse_text(value, max_characters=_MAX_GRANT_CHARACTERS, is_blank_allowed=False)
