"""Tokens that act for installations, which control owns. A person's token is never replicated."""

from collections.abc import Collection, Iterable, Sequence

from control_silo.models.app import SentryApp
from control_silo.models.application import ApiToken
from control_silo.models.installation import SentryAppInstallation
from control_silo.models.interest import InstallationToken
from control_silo.replication.owned import ControlKind
from shared.category import Category, number_of
from shared.database.model import tuples_of
from shared.pb.hybridcloud.replication.v1 import replica_pb2


class TokenKind(ControlKind):
    """Tokens, by their hash."""

    category = Category.TOKEN
    model = ApiToken

    def states(self, ids: Collection[int]) -> Iterable[replica_pb2.Change]:
        rows = (
            InstallationToken.select(
                InstallationToken.token_id,
                InstallationToken.is_internal,
                SentryAppInstallation.id,
                SentryAppInstallation.organization_id,
            )
            .join(SentryAppInstallation, on=(SentryAppInstallation.id == InstallationToken.installation_id))
            .where(InstallationToken.token_id.in_(ids))
        )
        installed = {token_id: place for token_id, *place in tuples_of(rows)}
        for token in ApiToken.select().where(ApiToken.id.in_(list(installed))):
            is_internal, installation_id, organization_id = installed[token.id]
            state = replica_pb2.TokenState(
                token_hash=token.token_hash,
                application_id=token.application_id or 0,
                user_id=token.user_id,
                installation_id=installation_id,
                organization_id=organization_id,
                scopes=token.scope_list,
                expires_at=int(token.expires_at.timestamp()) if token.expires_at else 0,
                is_internal=is_internal,
            )
            yield replica_pb2.Change(
                category=number_of(self.category), object_id=token.id, version=token.version, token=state
            )

    def apps_of(self, ids: Sequence[int]) -> Sequence[int]:
        applications = ApiToken.select(ApiToken.application).where(ApiToken.id.in_(ids))
        return [app.id for app in SentryApp.select(SentryApp.id).where(SentryApp.application.in_(applications))]
