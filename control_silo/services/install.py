"""Installing: ``SentryAppInstallationCreator`` and what an app may do to its installation (spec §2.4, §2.5)."""

import secrets
from dataclasses import dataclass
from datetime import timedelta

from control_silo.models.app import SentryApp
from control_silo.models.application import ApiGrant
from control_silo.models.installation import SentryAppInstallation
from control_silo.models.user import User
from control_silo.services.audit import AuditEvent, record
from control_silo.services.control import Control
from control_silo.services.find_app import get_held_app_by_slug, get_held_app_of_installation
from control_silo.services.find_installation import find_live_installation, get_installation
from control_silo.services.interest import region_of_organization
from control_silo.services.limits import require_room_for_installation
from control_silo.services.webhook import tell_of_installation
from shared.category import Category
from shared.database.transaction import Transaction
from shared.domain.app_status import SentryAppInstallationStatus
from shared.domain.event import AppEvent
from shared.errors import OrganizationNotFound
from shared.outbox.change import change

GRANT_LIFETIME_SECONDS = 600
"""How long an app may exchange the code of an installation."""


@dataclass(frozen=True, kw_only=True)
class SentryAppInstallationCreator:
    """An app to install in an organization."""

    organization_id: int
    slug: str

    def run(self, control: Control, *, actor: User | None) -> SentryAppInstallation:
        """Installs the app, once more if it is installed already.

        Raises:
            AppNotFound: no app has the slug.
            OrganizationNotFound: no region has the organization.
            LimitReached: it has as many installations as it may.
        """
        with control.database.transaction() as tx:
            app = get_held_app_by_slug(tx, self.slug)
            return self._create(tx, control, app, actor)

    def run_once(self, control: Control, *, actor: User | None) -> SentryAppInstallation:
        """Like ``run``, but answers with the installation that exists, if one does; safe against a twin request."""
        with control.database.transaction() as tx:
            app = get_held_app_by_slug(tx, self.slug)
            # Under the lock of the app, so that of two equal requests the second one sees the first.
            existing = find_live_installation(app, organization_id=self.organization_id)
            return existing or self._create(tx, control, app, actor)

    def _create(self, tx: Transaction, control: Control, app: SentryApp, actor: User | None) -> SentryAppInstallation:
        # An organization that no region owns could never get the replica: nothing would ever be delivered for it.
        if region_of_organization(self.organization_id) is None:
            raise OrganizationNotFound
        installation = create_installation(tx, control, app, organization_id=self.organization_id, actor=actor)
        # The instant that its row says: the app is told of one and the same moment.
        now = installation.date_added
        # In the same transaction: an app never hears of an installation that was rolled back.
        tell_of_installation(tx, AppEvent.INSTALLATION_CREATED, installation, actor=actor, now=now)
        return installation


def create_installation(
    tx: Transaction, control: Control, app: SentryApp, *, organization_id: int, actor: User | None
) -> SentryAppInstallation:
    """Writes a grant and an installation, in the caller's transaction; the app is not told.

    Raises:
        LimitReached: the organization has as many installations as it may.
    """
    # Before anything is written: the count is exact only under the lock that this takes.
    require_room_for_installation(tx, control, organization_id=organization_id)
    now = control.clock.now()
    installed = SentryAppInstallationStatus.INSTALLED
    # The grant's code goes to the app with `installation.created`; in exchange for it the app gets its first token.
    grant = ApiGrant.create(
        user=app.proxy_user,
        application=app.application,
        code=secrets.token_hex(32),
        scope_list=app.scope_list,
        expires_at=now + timedelta(seconds=GRANT_LIFETIME_SECONDS),
    )
    installation = SentryAppInstallation.create(
        sentry_app=app,
        organization_id=organization_id,
        api_grant=grant,
        status=int(SentryAppInstallationStatus.PENDING if app.verify_install else installed),
        date_added=now,
        date_updated=now,
    )
    record(tx, AuditEvent.SENTRY_APP_INSTALL, app, target=installation, actor=actor, now=now)
    change(tx, Category.INSTALLATION, [installation.id])
    # The organization's region may be one that did not hold the app until now.
    change(tx, Category.APP, [app.id])
    # And with the app what it is known by there.
    change(tx, Category.CREDENTIAL, [app.id])
    return installation


@dataclass(frozen=True, kw_only=True)
class SentryAppInstallationUpdater:
    """What an app says of its installation."""

    uuid: str
    status: str | None

    def run(self, control: Control) -> SentryAppInstallation:
        """Confirms the installation; any status but ``installed`` changes nothing.

        Raises:
            InstallationNotFound: it is gone.
        """
        with control.database.transaction() as tx:
            # First, although only the installation changes: at its second change PostgreSQL asks for the app's row.
            get_held_app_of_installation(tx, self.uuid)
            installation = get_installation(tx, self.uuid)
            # Quiet when it is confirmed already: a repeated confirmation makes no version that regions would have to
            # fetch.
            if self.status == "installed" and installation.state is not SentryAppInstallationStatus.INSTALLED:
                installation.status = int(SentryAppInstallationStatus.INSTALLED)
                installation.date_updated = control.clock.now()
                installation.save(only=["status", "date_updated"])
                change(tx, Category.INSTALLATION, [installation.id])
            return installation
