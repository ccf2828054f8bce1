"""Exchanging a grant for a token: ``GrantExchanger``, ``Refresher`` and ``ManualTokenRefresher`` (spec §2.8).

An installation has one token at a time: each exchange ends the one before. Two exchanges at once meet at the lock of
the app, so that the second sees what the first has done.
"""

import contextlib
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from control_silo.models.app import SentryApp
from control_silo.models.application import ApiApplication, ApiGrant, ApiToken
from control_silo.models.installation import SentryAppInstallation
from control_silo.services.client import INVALID_PAIR, Jwt
from control_silo.services.control import Control
from control_silo.services.exchange_memory import find_answer, remember_answer
from control_silo.services.find_app import get_held_app_of_client
from control_silo.services.find_installation import get_installation
from control_silo.services.issue_token import IssuedToken, issue_token
from control_silo.services.secret import hash_token
from shared.database.transaction import Transaction
from shared.errors import CredentialsInvalid, GrantInvalid, RequestRefused

REFRESH_GRACE_SECONDS = 600
"""How long a refresh token is answered the same again after its first use."""


@dataclass(frozen=True)
class _Issuer:
    """Issues tokens for an app and its installation, both of which are held."""

    tx: Transaction
    app: SentryApp
    installation: SentryAppInstallation
    now: datetime

    def issue(self) -> IssuedToken:
        return issue_token(self.tx, self.app, self.installation, now=self.now)

    def issue_for_grant(self, grant: ApiGrant) -> IssuedToken:
        """Issues a token and ends the grant, which is good for one."""
        # In the transaction that issues: of two equal codes at once the second finds none.
        grant.delete_instance()
        return self.issue()

    def find_answer(self, credential: str) -> IssuedToken | None:
        return find_answer(self.tx, self.installation, credential, now=self.now)

    def issue_for(self, credential: str, *, repeats_until: datetime) -> IssuedToken:
        """Issues a token, which the credential is answered again with until then."""
        issued = self.issue()
        remember_answer(self.tx, self.installation, credential, issued, repeats_until=repeats_until, now=self.now)
        return issued


@dataclass(frozen=True, kw_only=True)
class GrantExchanger:
    """The code of an installation, which is good for one token."""

    application: ApiApplication
    installation_uuid: str
    code: str = field(repr=False)

    def run(self, control: Control) -> IssuedToken:
        """Exchanges the code.

        Raises:
            GrantInvalid: nobody was given the code, or someone else, or too long ago; or the client is inactive.
            RequestRefused: the client is not that of the installation's app.
            CredentialsInvalid: the client proved itself by a secret that was rotated since.
            AppNotFound, InstallationNotFound: it is gone.
        """
        with _held(control, self.application, self.installation_uuid) as issuer:
            # The order of these checks is the original's, since clients match on the text of the first that fails.
            grant = ApiGrant.get_or_none(ApiGrant.code == self.code)
            if grant is None:
                raise GrantInvalid("Could not find grant for given code")
            is_own = issuer.installation.api_grant_id == grant.id and grant.application_id == self.application.id
            if not is_own or grant.user_id != self.application.owner_id:
                raise GrantInvalid("Forbidden grant")
            # Compared last: a stranger learns of no grant that it is over.
            if grant.expires_at < issuer.now:
                raise GrantInvalid("Grant has already expired")
            return issuer.issue_for_grant(grant)


@dataclass(frozen=True, kw_only=True)
class Refresher:
    """A refresh token, which is good for one new pair: the same one again for ``REFRESH_GRACE_SECONDS``."""

    application: ApiApplication
    installation_uuid: str
    refresh_token: str = field(repr=False)

    def run(self, control: Control) -> IssuedToken:
        """Ends the token that came with the refresh token, and answers with the new pair.

        Raises:
            GrantInvalid: there is no such refresh token, or it is another's; or the client is inactive.
            GrantSpent: it was used too long ago.
            RequestRefused: the client is not that of the installation's app.
            CredentialsInvalid: the client proved itself by a secret that was rotated since.
            AppNotFound, InstallationNotFound: it is gone.
        """
        with _held(control, self.application, self.installation_uuid) as issuer:
            # First of all: a repeated request must not be judged by what the first one has changed.
            answer = issuer.find_answer(self.refresh_token)
            if answer:
                return answer
            token = ApiToken.get_or_none(ApiToken.refresh_token_hash == hash_token(self.refresh_token))
            if token is None:
                raise GrantInvalid("Given refresh token does not exist")
            if token.application_id != self.application.id:
                raise GrantInvalid("Token does not belong to the application")
            # Compared with the one token of the installation: a refresh token of an earlier pair is worth nothing.
            if token.id != issuer.installation.api_token_id:
                raise GrantInvalid("Token does not belong to the installation")
            until = issuer.now + timedelta(seconds=REFRESH_GRACE_SECONDS)
            return issuer.issue_for(self.refresh_token, repeats_until=until)


@dataclass(frozen=True, kw_only=True)
class ManualTokenRefresher:
    """A JWT that the client signed: for an app that lost its tokens, or never had any."""

    application: ApiApplication
    installation_uuid: str
    jwt: Jwt

    def run(self, control: Control) -> IssuedToken:
        """Issues a pair in place of the one that there is; the same JWT again is answered with the same pair.

        So a JWT that someone overheard ends no token that was issued since, and a lost answer is given again.

        Raises:
            GrantInvalid: the client is inactive.
            RequestRefused: the client is not that of the installation's app.
            CredentialsInvalid: the client proved itself by a secret that was rotated since.
            AppNotFound, InstallationNotFound: it is gone.
        """
        with _held(control, self.application, self.installation_uuid) as issuer:
            answer = issuer.find_answer(self.jwt.text)
            # After its end the JWT itself is refused, so that there is nothing to repeat.
            return answer or issuer.issue_for(self.jwt.text, repeats_until=self.jwt.ends_at)


@contextlib.contextmanager
def _held(control: Control, application: ApiApplication, installation_uuid: str) -> Iterator[_Issuer]:
    """A transaction in which the app of the client, and the installation, stay as they were checked to be."""
    with control.database.transaction() as tx:
        # The app's lock first, as everybody who issues or ends tokens of it takes it.
        app = get_held_app_of_client(tx, application)
        if app.application is None or app.application.client_secret != application.client_secret:
            raise CredentialsInvalid(INVALID_PAIR)  # rotated since it proved itself
        installation = get_installation(tx, installation_uuid)
        _check_client(app, installation, application)
        yield _Issuer(tx, app, installation, control.clock.now())


def _check_client(app: SentryApp, installation: SentryAppInstallation, application: ApiApplication) -> None:
    owner = application.owner
    # The order of these checks is the original's as well (spec 2.8).
    if owner is None or not owner.is_sentry_app:
        raise RequestRefused("User is not a Sentry App(custom integration)")
    if app.proxy_user_id != owner.id:
        raise RequestRefused("Integration does not belong to given user")
    if not application.is_active:
        raise GrantInvalid("Application is not active")
    if installation.sentry_app_id != app.id:
        raise RequestRefused(f"Given installation is not for integration: {app.slug}")
