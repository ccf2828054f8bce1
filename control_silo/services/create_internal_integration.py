"""Creating an internal app on behalf of another program, once for each organization, name and creator (spec §3.1)."""

from dataclasses import dataclass, replace

from control_silo.models.app import SentryApp
from control_silo.models.installation import SentryAppInstallation
from control_silo.models.user import User
from control_silo.services.control import Control
from control_silo.services.create_app import SentryAppCreator
from control_silo.services.find_installation import find_live_installation
from control_silo.services.install import create_installation
from control_silo.services.interest import is_user_seen, region_of_organization
from control_silo.services.internal_token import NewToken, create_internal_token
from shared.category import Category
from shared.database.locking import hold_name
from shared.domain.app_status import SentryAppStatus
from shared.errors import OrganizationNotFound, UserNotFound
from shared.outbox.change import change


@dataclass(frozen=True)
class InternalIntegration:
    """What there is after the call."""

    installation: SentryAppInstallation
    token: NewToken | None
    """Set when this call made the app."""


@dataclass(frozen=True, kw_only=True)
class InternalIntegrationCreator(SentryAppCreator):
    """The internal app to create; ``verify_install`` must be False."""

    def run_once(self, control: Control, *, creator_id: int) -> InternalIntegration:
        """Creates and installs the app with a token, or answers with the one that exists; safe against twin requests.

        Raises:
            OrganizationNotFound: no region has the organization.
            UserNotFound: there is no such creator.
            LimitReached: the organization has as many apps or installations as it may.
        """
        now = control.clock.now()
        with control.database.transaction() as tx:
            # Two callers who ask for the same at once get the same app: nothing else makes it unique.
            hold_name(tx, f"internal-integration:{self.organization_id}:{creator_id}:{self.name}")
            # Before the app is made: one in an organization without a region would reach nobody.
            if region_of_organization(self.organization_id) is None:
                raise OrganizationNotFound
            creator = User.get_or_none(User.id == creator_id)
            if creator is None:
                raise UserNotFound
            existing = self._find_existing(creator)
            app = existing or self._tactful(creator)._create(tx, control, creator, now)
            installation = find_live_installation(app, organization_id=self.organization_id) or create_installation(
                tx, control, app, organization_id=self.organization_id, actor=creator
            )
            if existing is not None:  # a caller whose first answer was lost must see what it wrote as well
                change(tx, Category.APP, [app.id])
                change(tx, Category.INSTALLATION, [installation.id])
            # A repeated call gets no token: the first one's cannot be shown again, and each further one is one more to
            # guard.
            token = None if existing else create_internal_token(tx, app, installation, now=now)
            return InternalIntegration(installation, token)

    def _tactful(self, creator: User) -> "InternalIntegrationCreator":
        """The same, but that the app says nothing of a creator whom the region that calls does not know."""
        # The app is made all the same: whose it is remains known here.
        return self if is_user_seen(creator.id) else replace(self, columns={**self.columns, "creator_label": None})

    def _find_existing(self, creator: User) -> SentryApp | None:
        query = SentryApp.select().where(
            SentryApp.owner_id == self.organization_id,
            SentryApp.name == self.name,
            SentryApp.creator_user == creator,
            SentryApp.status == int(SentryAppStatus.INTERNAL),
            SentryApp.date_deleted.is_null(),
        )
        # The oldest, should there be several: each repetition finds the same one.
        return query.order_by(SentryApp.id).limit(1).get_or_none()
