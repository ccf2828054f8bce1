"""Tokens that stand for a provider's integration in an organization: the only ones that can be read again.

Each is sealed with the client secret of its app; whoever changes the secret seals them anew.
"""

from control_silo.models.application import ApiApplication, ApiToken
from control_silo.models.installation import (
    SentryAppInstallation,
    SentryAppInstallationForProvider,
    SentryAppInstallationToken,
)
from control_silo.services.control import Control
from control_silo.services.find_app import get_held_app
from control_silo.services.find_installation import get_installation
from control_silo.services.internal_token import create_internal_token
from shared.database.transaction import Transaction
from shared.domain.app_status import SentryAppInstallationStatus
from shared.domain.seal import open_sealed, seal
from shared.errors import AppNotFound


def link_provider(control: Control, *, installation: SentryAppInstallation, provider: str) -> None:
    """Makes an installation stand for a provider in its organization, and gives it a token for that.

    An installation that stood for the provider there before no longer does. Once linked, it stays as it is.

    Raises:
        AppNotFound, InstallationNotFound: it is gone.
        LimitReached: the installation has all the tokens that it may have.
    """
    with control.database.transaction() as tx:
        app = get_held_app(tx, installation.sentry_app_id)
        held = get_installation(tx, installation.uuid)
        if app.application is None:
            raise AppNotFound
        _link(tx, held, provider)
        # Linked again it keeps its token: whoever was given it goes on.
        if _find_sealed(held) is None:
            made = create_internal_token(tx, app, held, now=control.clock.now())
            _seal(tx, made.row, made.text, client_secret=app.application.client_secret)


def find_provider_token(organization_id: int, *, provider: str) -> str | None:
    """The token of the installation that stands for a provider in an organization.

    None when there is no such installation, or its status is not ``installed``. Needs a session.
    """
    query = SentryAppInstallation.select().join(SentryAppInstallationForProvider)
    installation = query.where(
        SentryAppInstallationForProvider.organization_id == organization_id,
        SentryAppInstallationForProvider.provider == provider,
        # A pending installation acts for nobody, whatever it is linked to.
        SentryAppInstallation.status == int(SentryAppInstallationStatus.INSTALLED),
        SentryAppInstallation.date_deleted.is_null(),
    ).get_or_none()
    token = _find_sealed(installation) if installation else None
    if token is None or token.application is None:
        return None
    return _open(token, client_secret=token.application.client_secret)


def seal_again(tx: Transaction, application: ApiApplication, *, client_secret: str) -> None:
    """Seals the tokens that were sealed with the application's secret with another one, in the caller's transaction."""
    sealed = ApiToken.select().where(ApiToken.application == application, ~ApiToken.sealed_token.is_null())
    # In the transaction that changes the secret: in between nobody could open them.
    for token in sealed.order_by(ApiToken.id):
        _seal(tx, token, _open(token, client_secret=application.client_secret), client_secret=client_secret)


def _link(tx: Transaction, installation: SentryAppInstallation, provider: str) -> None:
    link = SentryAppInstallationForProvider
    link.insert(
        sentry_app_installation=installation, organization_id=installation.organization_id, provider=provider
    ).on_conflict(
        # One for each provider in an organization: a second one takes the place over.
        conflict_target=[link.provider, link.organization_id],
        update={link.sentry_app_installation: installation},
    ).execute()


def _find_sealed(installation: SentryAppInstallation) -> ApiToken | None:
    query = ApiToken.select().join(SentryAppInstallationToken)
    of_installation = SentryAppInstallationToken.sentry_app_installation == installation
    token: ApiToken | None = (
        query.where(of_installation, ~ApiToken.sealed_token.is_null()).order_by(ApiToken.id).first()
    )
    return token


def _seal(tx: Transaction, token: ApiToken, text: str, *, client_secret: str) -> None:
    token.sealed_token = seal(text, secret=client_secret, purpose=_purpose(token))
    token.save(only=[ApiToken.sealed_token])


def _open(token: ApiToken, *, client_secret: str) -> str:
    return open_sealed(token.sealed_token or "", secret=client_secret, purpose=_purpose(token))


def _purpose(token: ApiToken) -> str:
    return f"provider/{token.id}"
