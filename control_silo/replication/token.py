"""Tokens that act for installations, which control owns. A person's token is never replicated."""

from collections.abc import Collection, Iterable

from control_silo.models.application import ApiToken
from control_silo.models.installation import SentryAppInstallation
from control_silo.models.interest import InstallationToken
from shared.category import Category
from shared.database.model import tuples_of
from shared.outbox.kind import OwnedKind
from shared.pb.hybridcloud.replication.v1 import replica_pb2


class TokenKind(OwnedKind):
    """Tokens, by their hash."""

    category = Category.TOKEN
    live = """
        SELECT link.token_id FROM installation_token AS link
        JOIN sentry_app_installation AS installation ON installation.id = link.installation_id
        WHERE installation.date_deleted IS NULL"""
    numbered = ApiToken

    def states(self, ids: Collection[int]) -> Iterable[tuple[int, replica_pb2.TokenState]]:
        rows = (
            InstallationToken.select(
                InstallationToken.token_id,
                InstallationToken.is_internal,
                SentryAppInstallation.id,
                SentryAppInstallation.organization_id,
            )
            .join(SentryAppInstallation, on=(SentryAppInstallation.id == InstallationToken.installation_id))
            .where(InstallationToken.token_id.in_(ids), SentryAppInstallation.date_deleted.is_null())
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
                # Whole seconds, cut: a region ends a token a moment early rather than late.
                expires_at=int(token.expires_at.timestamp()) if token.expires_at else 0,
                is_internal=is_internal,
            )
            yield token.id, state
