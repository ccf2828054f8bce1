"""``authorizations/``: an app gets the token of its installation, and renews it (spec §2.8, §4.7).

The app proves itself by its client id and secret in the body, or by a JWT that it signed with the secret.
"""

from typing import TypedDict

from fastapi import Response
from pydantic import MISSING

from control_silo.api.request import ApiRequest, Incoming
from control_silo.bodies.token import (
    CODE,
    JWT,
    REFRESH,
    AuthorizationBody,
    CodeGrantBody,
    RefreshGrantBody,
    TokenObject,
)
from control_silo.models.application import ApiApplication
from control_silo.models.installation import SentryAppInstallation
from control_silo.services.client import INVALID_JWT, Client, authenticate_client, authenticate_jwt
from control_silo.services.exchange import GrantExchanger, ManualTokenRefresher, Refresher
from control_silo.services.feature import get_switches
from control_silo.services.find_installation import find_installation_details
from control_silo.services.issue_token import IssuedToken
from shared.domain.features import MANUAL_TOKEN_REFRESH_FEATURE, is_enabled
from shared.errors import CredentialsInvalid, GrantSpent, InstallationNotFound, PermissionDenied
from shared.http.answer import json_answer
from shared.http.credentials import bearer_token
from shared.http.endpoint import Endpoints
from shared.http.errors import Refused

endpoints = Endpoints("Tokens")


class _Parties(TypedDict):
    application: ApiApplication
    installation_uuid: str


@endpoints.add("POST", "/sentry-app-installations/{uuid}/authorizations/", answers={201: TokenObject})
def post_authorization(request: Incoming[AuthorizationBody], uuid: str) -> Response:
    """Gives an app the token of its installation, in exchange for a code, a refresh token or a JWT of its own."""
    with request.control.database.session():
        # The original tells an empty body apart from one that lacks the grant's type.
        if not request.json_value:
            raise CredentialsInvalid("Invalid request")
        body = request.body()
        # Who asks comes first: a stranger learns nothing of the installation.
        client = _identify(request, body)
        details = find_installation_details(uuid)
        if details is None:
            raise InstallationNotFound
        # Once more under the lock, when it is exchanged; here it keeps the original's order of refusals.
        if details.app.application_id != client.application.id:
            raise PermissionDenied
        try:
            issued = _exchange(request, body, client, details.installation)
        except GrantSpent as spent:
            # In the words of OAuth: an app's library then asks for a new authorization and not again.
            raise Refused(401, {"error": "invalid_grant", "detail": spent.message}) from spent
    return json_answer(TokenObject.of_issued(issued, state=body.state), status=201)


def _identify(request: ApiRequest, body: AuthorizationBody) -> Client:
    """The client that asks; a JWT counts for its own grant alone."""
    if body.grant_type == JWT:
        token = bearer_token(request.http)
        if token:
            return authenticate_jwt(request.control, token)
        # Neither a JWT nor a pair: the answer speaks of what this grant asks for.
        if body.client_id is MISSING and body.client_secret is MISSING:
            raise PermissionDenied(INVALID_JWT)
    return authenticate_client(client_id=body.client_id, client_secret=body.client_secret)


def _exchange(
    request: ApiRequest, body: AuthorizationBody, client: Client, installation: SentryAppInstallation
) -> IssuedToken:
    control = request.control
    parties: _Parties = {"application": client.application, "installation_uuid": installation.uuid}
    if body.grant_type == CODE:
        return GrantExchanger(**parties, code=CodeGrantBody.read(request.json).code).run(control)
    if body.grant_type == REFRESH:
        refresh_token = RefreshGrantBody.read(request.json).refresh_token
        return Refresher(**parties, refresh_token=refresh_token).run(control)
    if body.grant_type != JWT:
        raise PermissionDenied("Invalid grant_type")
    if not is_enabled(MANUAL_TOKEN_REFRESH_FEATURE, switches=get_switches(installation.organization_id)):
        raise PermissionDenied("Manual token refresh is not enabled for this organization")
    if client.jwt is None:
        raise PermissionDenied(INVALID_JWT)
    return ManualTokenRefresher(**parties, jwt=client.jwt).run(control)
