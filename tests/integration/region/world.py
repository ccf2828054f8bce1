"""Two organizations, their apps, installations and tokens: every method of ``AppService`` has something to answer."""

from datetime import timedelta

from control_silo.models.app import SentryApp
from control_silo.models.application import ApiToken
from control_silo.models.installation import SentryAppInstallation
from control_silo.models.region import OrganizationReplica
from control_silo.models.user import User
from control_silo.services.delete import uninstall
from control_silo.services.internal_token import create_internal_token
from shared.category import Category
from shared.outbox.change import change
from tests.silos import Silos


class World:
    """``acme`` lives in ``us``, ``globex`` in ``de``; everything is replicated."""

    def __init__(self, silos: Silos) -> None:
        self.silos = silos
        self.acme: OrganizationReplica = silos.create_organization("acme", region="us")
        self.globex: OrganizationReplica = silos.create_organization("globex", region="de")
        self.owner: User = silos.create_user("owner@acme.example", organization_id=self.acme.id)
        self._create_apps()
        self._install_apps()
        self.public_token = self._create_public_token(self.kanban_in_acme)
        self.internal_token = self._create_internal_token()
        silos.replicate()

    def _create_apps(self) -> None:
        create = self.silos.create_app
        self.kanban: SentryApp = create("Kanban", owner=self.acme, creator=self.owner)
        self.silos.publish(self.kanban)
        self.pager: SentryApp = create("Pager", owner=self.acme, creator=self.owner, is_alertable=True, schema={})
        self.slow: SentryApp = create("Slow", owner=self.acme, creator=self.owner, verify_install=True)
        self.robot: SentryApp = create("Robot", owner=self.acme, creator=self.owner, is_internal=True, schema={})
        self.private: SentryApp = create("Private", owner=self.globex, creator=self.owner)

    def _install_apps(self) -> None:
        install = self.silos.install
        self.kanban_in_acme: SentryAppInstallation = install(self.kanban, organization=self.acme)
        self.kanban_in_globex: SentryAppInstallation = install(self.kanban, organization=self.globex)
        self.pager_in_acme: SentryAppInstallation = install(self.pager, organization=self.acme)
        self.pending: SentryAppInstallation = install(self.slow, organization=self.acme)
        self.gone: SentryAppInstallation = install(self.pager, organization=self.acme)
        uninstall(self.silos.control, uuid=self.gone.uuid, actor=self.owner)
        with self.silos.control.database.session():
            self.robot_in_acme: SentryAppInstallation = SentryAppInstallation.get(
                SentryAppInstallation.sentry_app == self.robot
            )

    def _create_public_token(self, installation: SentryAppInstallation) -> ApiToken:
        now = self.silos.clock.now()
        with self.silos.control.database.transaction() as tx:
            app = SentryApp.get_by_id(installation.sentry_app_id)
            token: ApiToken = ApiToken.create(
                user=app.proxy_user,
                application=app.application,
                token_hash="aa" * 32,
                token_last_characters="aaaa",
                scope_list=app.scope_list,
                expires_at=now + timedelta(hours=8),
                created_at=now,
            )
            installation.api_token = token
            installation.save(only=["api_token"])
            change(tx, Category.TOKEN, [token.id])
            return token

    def _create_internal_token(self) -> ApiToken:
        now = self.silos.clock.now()
        with self.silos.control.database.transaction() as tx:
            return create_internal_token(tx, self.robot, self.robot_in_acme, now=now).row
