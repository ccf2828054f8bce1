"""An app's token, resolved from this region's replicas alone: the token, its installation and the app."""

import hmac
from collections.abc import Sequence
from datetime import UTC, datetime
from typing import Any

from region_silo.services.principal import ActingApp, Principal
from region_silo.services.region import Region
from shared.domain.credential import Credential
from shared.errors import CredentialsInvalid
from shared.pb.hybridcloud.apps.v1 import app_pb2
from shared.pb.hybridcloud.replication.v1 import replica_pb2
from shared.pb.hybridcloud.users.v1 import user_pb2

_BY_HASH = """
SELECT token.token_hash, token.id, token.state, installation.tombstone, app.state
FROM token_replica AS token
LEFT JOIN installation_replica AS installation ON installation.id = token.installation_id
LEFT JOIN app_replica AS app ON app.id = installation.sentry_app_id AND NOT app.tombstone
WHERE token.token_hash = ? AND NOT token.tombstone"""


def find_app_principal(region: Region, credential: Credential) -> Principal | None:
    """The app behind a bearer token; None when the replicas cannot tell, so that control must be asked.

    Needs a session.

    Raises:
        CredentialsInvalid: the token is over, or the installation that it acted for is gone.
    """
    for token_hash, *row in region.database.rows(_BY_HASH, (credential.hash,)):
        if hmac.compare_digest(token_hash, credential.hash):
            return _principal(row, now=region.clock.now())
    return None


def _principal(row: Sequence[Any], *, now: datetime) -> Principal | None:
    token_id, state, is_uninstalled, app_state = row
    if is_uninstalled:
        raise CredentialsInvalid
    token = replica_pb2.TokenState.FromString(state)
    expires_at = datetime.fromtimestamp(token.expires_at, UTC) if token.expires_at else None
    if expires_at and expires_at <= now:
        raise CredentialsInvalid("Token expired")
    if is_uninstalled is None or app_state is None:  # not arrived yet
        return None
    app = app_pb2.RpcSentryApp.FromString(app_state)
    return Principal(
        user=user_pb2.RpcUser(id=token.user_id, username=app.slug, name=app.name, is_sentry_app=True),
        token=_authenticated(token_id, token),
        acting_app=ActingApp(
            app_id=app.id,
            organization_id=token.organization_id,
            allowed_origins=tuple(app.application.allowed_origins),
        ),
        expires_at=expires_at,
    )


def _authenticated(token_id: int, token: replica_pb2.TokenState) -> user_pb2.AuthenticatedToken:
    fields: dict[str, Any] = {"application_id": token.application_id} if token.application_id else {}
    authenticated = user_pb2.AuthenticatedToken(
        entity_id=token_id,
        kind="api_token",
        user_id=token.user_id,
        organization_id=token.organization_id,
        scopes=token.scopes,
        **fields,
    )
    if token.expires_at:
        authenticated.expires_at.FromSeconds(token.expires_at)
    return authenticated
