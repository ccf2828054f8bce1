"""A principal in a region: made of what control says of people, or of what the replicas here know of an app's token."""

import hmac
from collections.abc import Sequence
from datetime import UTC, datetime
from typing import Any, TypeAlias

from region_silo.services.region import Region
from shared.domain import principal as rules
from shared.domain.credential import Credential
from shared.domain.principal import ActingApp, Membership
from shared.domain.scopes import Role
from shared.errors import CredentialsInvalid
from shared.pb.hybridcloud.apps.v1 import app_pb2
from shared.pb.hybridcloud.replication.v1 import replica_pb2
from shared.pb.hybridcloud.users.v1 import principal_pb2, user_pb2

Principal: TypeAlias = rules.Principal[user_pb2.RpcUser]

_BY_HASH = """
SELECT token.token_hash, token.id, token.state, installation.tombstone, app.state
FROM token_replica AS token
LEFT JOIN installation_replica AS installation ON installation.id = token.installation_id
LEFT JOIN app_replica AS app ON app.id = installation.sentry_app_id AND NOT app.tombstone
WHERE token.token_hash = ? AND NOT token.tombstone"""


def read_principal(message: principal_pb2.Principal) -> Principal:
    """A principal as control sent it (``control_silo/services/principal.py``)."""
    has_token = message.HasField("auth")
    return Principal(
        user=message.user,
        joined_at=_instant(message, "joined_at"),
        memberships=tuple(map(_membership, message.memberships)),
        token_scopes=frozenset(message.auth.scopes) if has_token else None,
        token_id=message.auth.entity_id if has_token else None,
        acting_app=_acting_app(message.app) if message.HasField("app") else None,
        expires_at=_instant(message, "expires_at"),
    )


def find_app_principal(region: Region, credential: Credential) -> Principal | None:
    """The app behind a bearer token; None when the replicas cannot tell, so that control must be asked.

    Needs a session.

    Raises:
        CredentialsInvalid: the token is over, or the installation that it acted for is gone.
    """
    for token_hash, *row in region.database.rows(_BY_HASH, (credential.hash,)):
        # The index compares hashes in its own time, which tells of a hash at most, never of a token.
        if hmac.compare_digest(token_hash, credential.hash):
            return _app_principal(row, now=region.clock.now())
    return None


def _app_principal(row: Sequence[Any], *, now: datetime) -> Principal | None:
    token_id, state, is_uninstalled, app_state = row
    if is_uninstalled:
        raise CredentialsInvalid
    token = replica_pb2.TokenState.FromString(state)
    expires_at = datetime.fromtimestamp(token.expires_at, UTC) if token.expires_at else None
    if expires_at and expires_at <= now:
        raise CredentialsInvalid("Token expired")
    # A left join that found no row, and not one that says false.
    if is_uninstalled is None or app_state is None:  # not arrived yet
        return None
    app = app_pb2.RpcSentryApp.FromString(app_state)
    return Principal(
        # Made of the app: its user lives in control alone, and nobody here asks more of it than this.
        user=user_pb2.RpcUser(id=token.user_id, username=app.slug, name=app.name, is_sentry_app=True),
        token_scopes=frozenset(token.scopes),
        token_id=token_id,
        acting_app=ActingApp(
            app_id=app.id,
            organization_id=token.organization_id,
            allowed_origins=tuple(app.application.allowed_origins),
        ),
        expires_at=expires_at,
    )


def _membership(message: principal_pb2.Membership) -> Membership:
    return Membership(
        organization_id=message.organization_id, role=Role(message.role), scopes=frozenset(message.scopes)
    )


def _acting_app(message: principal_pb2.ActingApp) -> ActingApp:
    organization_id = message.organization_id if message.HasField("organization_id") else None
    return ActingApp(
        app_id=message.app_id, organization_id=organization_id, allowed_origins=tuple(message.allowed_origins)
    )


def _instant(message: principal_pb2.Principal, name: str) -> datetime | None:
    instant: datetime = getattr(message, name).ToDatetime(UTC)
    return instant if message.HasField(name) else None
