"""Installations of apps in organizations, and the tokens that act for them."""

import peewee

from control_silo.models.app import SentryApp, new_uuid
from control_silo.models.application import ApiGrant, ApiToken
from shared.database.columns import IdField, InstantField
from shared.database.model import Model
from shared.domain.app_status import SentryAppInstallationStatus


class SentryAppInstallation(Model):
    """An app installed in an organization. Deleting keeps the row, with ``date_deleted``."""

    id = IdField()
    sentry_app = peewee.ForeignKeyField(SentryApp, backref="installations", on_delete="CASCADE")
    sentry_app_id: int
    organization_id = peewee.BigIntegerField(index=True)
    # Null once it is exchanged: a grant serves once.
    api_grant = peewee.ForeignKeyField(ApiGrant, null=True, unique=True, on_delete="SET NULL")
    api_grant_id: int | None
    api_token = peewee.ForeignKeyField(ApiToken, null=True, unique=True, on_delete="SET NULL")
    """The one token of a public app; internal apps' are in ``SentryAppInstallationToken``."""
    api_token_id: int | None
    tokens: "peewee.ModelSelect[SentryAppInstallationToken]"
    # What apps know an installation by; the id is the platform's.
    uuid = peewee.TextField(index=True, default=new_uuid)
    status = peewee.SmallIntegerField(default=int(SentryAppInstallationStatus.PENDING), index=True)
    date_added = InstantField()
    date_updated = InstantField()
    date_deleted = InstantField(null=True)

    @property
    def state(self) -> SentryAppInstallationStatus:
        return SentryAppInstallationStatus(self.status)


class SentryAppInstallationToken(Model):
    """A token that acts for an installation of an internal app."""

    id = IdField()
    api_token = peewee.ForeignKeyField(ApiToken, unique=True, on_delete="CASCADE")
    api_token_id: int
    sentry_app_installation = peewee.ForeignKeyField(SentryAppInstallation, backref="tokens", on_delete="CASCADE")
    sentry_app_installation_id: int


class TokenExchange(Model):
    """A credential that its app exchanged for a token of the installation, and may present again: a lost answer."""

    id = IdField()
    sentry_app_installation = peewee.ForeignKeyField(
        SentryAppInstallation, backref="exchanges", index=False, on_delete="CASCADE"
    )
    sentry_app_installation_id: int
    credential_hash = peewee.TextField()
    """Hex SHA-256 of a refresh token or a JWT."""
    sealed_answer = peewee.TextField(null=True)
    """What was answered, sealed with the credential; None once it is not repeated any more."""
    repeats_until = InstantField()
    """The last instant at which the credential is answered the same again."""

    class Meta:
        # Unique: of two exchanges of one credential at once, one is the first.
        indexes = ((("sentry_app_installation", "credential_hash"), True),)


class SentryAppInstallationForProvider(Model):
    """Says which installation stands for a provider's integration in an organization."""

    id = IdField()
    sentry_app_installation = peewee.ForeignKeyField(SentryAppInstallation, on_delete="CASCADE")
    sentry_app_installation_id: int
    organization_id = peewee.BigIntegerField()
    provider = peewee.TextField()

    class Meta:
        # One installation stands for a provider in an organization, or nobody could say whose token is meant.
        indexes = ((("provider", "organization_id"), True),)
