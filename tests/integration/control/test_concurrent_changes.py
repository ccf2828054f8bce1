"""What two requests at once do to versions and to interest, on PostgreSQL."""

import contextlib
from collections.abc import Iterator
from functools import partial

import pytest

from control_silo.models.app import SentryApp
from control_silo.models.installation import SentryAppInstallation
from control_silo.models.region import OrganizationReplica, RegisteredRegion
from control_silo.models.user import User
from control_silo.services.delete import delete_app, uninstall
from control_silo.services.feature import get_switches, set_switch
from control_silo.services.find_app import get_held_app
from control_silo.services.find_installation import get_installation
from control_silo.services.install import SentryAppInstallationUpdater
from control_silo.services.region import register_region
from control_silo.services.update_app import SentryAppUpdater
from region_silo.models.replica import AppReplica
from shared.category import Category
from shared.domain.app_status import SentryAppInstallationStatus
from shared.domain.features import EVENT_HOOKS_FEATURE
from shared.outbox.change import change
from shared.outbox.message import OutboxMessage
from tests.conftest import PostgresServer
from tests.integration.contention import Contention, contention
from tests.silos import Silos, running_silos

pytestmark = pytest.mark.postgres


class World:
    """An app of an organization in ``de``, and two organizations in ``us`` that may install it."""

    def __init__(self, silos: Silos, contention: Contention) -> None:
        self.silos, self.contention = silos, contention
        self.owner = silos.create_organization("owner", region="de")
        self.acme = silos.create_organization("acme", region="us")
        self.globex = silos.create_organization("globex", region="us")
        self.user: User = silos.create_user("dev@acme.example", organization_id=self.owner.id)
        self.app: SentryApp = silos.create_app("Kanban", owner=self.owner, creator=self.user)

    def install(self, organization: OrganizationReplica) -> SentryAppInstallation:
        return self.silos.install(self.app, organization=organization)

    def uninstall(self, installation: SentryAppInstallation) -> None:
        uninstall(self.silos.control, uuid=installation.uuid, actor=self.user)


@pytest.fixture
def world(postgres_server: PostgresServer) -> Iterator[World]:
    with contextlib.ExitStack() as stack:
        silos = stack.enter_context(running_silos(lambda: stack.enter_context(postgres_server.database())))
        yield World(silos, stack.enter_context(contention(silos.control.database)))


def test_an_app_deleted_while_its_installation_is_confirmed_gives_no_version_twice(world: World) -> None:
    control, installation = world.silos.control, world.install(world.acme)
    with control.database.transaction() as tx:
        confirmed = get_installation(tx, installation.uuid)
        confirmed.status = int(SentryAppInstallationStatus.PENDING)
        confirmed.save(only=["status"])
        change(tx, Category.INSTALLATION, [confirmed.id])
        deleted = world.contention.start(lambda: delete_app(control, app_id=world.app.id, actor=world.user))
        world.contention.wait_for_waiting(1)
    deleted.result()
    assert world.silos.version(Category.INSTALLATION, installation.id) == 3


def test_an_installation_confirmed_while_its_app_is_held_ends_in_no_deadlock(world: World) -> None:
    control, installation = world.silos.control, world.install(world.acme)
    confirm = SentryAppInstallationUpdater(uuid=installation.uuid, status="installed")
    with control.database.transaction() as tx:
        get_held_app(tx, world.app.id)
        confirmed = world.contention.start_and_let_wait(lambda: confirm.run(control))
        get_installation(tx, installation.uuid)
    assert confirmed.result().state is SentryAppInstallationStatus.INSTALLED


def test_the_last_two_uninstalled_at_once_take_the_app_out_of_their_region(world: World) -> None:
    installations = [world.install(world.acme), world.install(world.globex)]
    world.silos.replicate()
    with world.contention.table_held("audit_log_entry"):
        gone = [world.contention.start(partial(world.uninstall, each)) for each in installations]
        world.contention.wait_for_waiting(2)
    for each in gone:
        each.result()
    world.silos.replicate()
    with world.silos.database("us").session():
        assert AppReplica.get_by_id(world.app.id).tombstone


def test_an_app_installed_while_its_last_installation_goes_stays_in_the_region(world: World) -> None:
    last = world.install(world.acme)
    world.silos.replicate()
    with world.contention.table_held("audit_log_entry"):
        installed = world.contention.start(lambda: world.install(world.globex))
        world.contention.wait_for_waiting(1)
        gone = world.contention.start(lambda: world.uninstall(last))
        world.contention.wait_for_waiting(2)
    installed.result()
    gone.result()
    world.silos.replicate()
    with world.silos.database("us").session():
        assert not AppReplica.get_by_id(world.app.id).tombstone


def test_a_change_of_an_app_and_an_uninstall_at_once_end_in_no_deadlock(world: World) -> None:
    installation = world.install(world.acme)
    change = SentryAppUpdater(columns={"webhook_url": "https://kanban.example/moved"})
    with world.contention.table_held("outbox"):
        gone = world.contention.start(lambda: world.uninstall(installation))
        world.contention.wait_for_waiting(1)
        changed = world.contention.start(
            lambda: change.run(world.silos.control, app_id=world.app.id, is_elevated=False)
        )
        world.contention.wait_for_waiting(2)
    gone.result()
    changed.result()
    with world.silos.control.database.session():
        assert SentryApp.get_by_id(world.app.id).webhook_url == "https://kanban.example/moved"
        assert SentryAppInstallation.get_by_id(installation.id).date_deleted is not None


def test_a_feature_switched_while_an_app_changes_ends_in_no_deadlock(world: World) -> None:
    control, installation = world.silos.control, world.install(world.acme)
    change = SentryAppUpdater(events=["error"], columns={"webhook_url": "https://kanban.example/moved"})
    switch = partial(set_switch, control, organization_id=world.acme.id, feature=EVENT_HOOKS_FEATURE, is_enabled=False)
    with world.contention.table_held("outbox"):
        changed = world.contention.start(lambda: change.run(control, app_id=world.app.id, is_elevated=False))
        world.contention.wait_for_waiting(1)
        switched = world.contention.start(switch)
        world.contention.wait_for_waiting(2)
    changed.result()
    switched.result()
    assert world.silos.version(Category.INSTALLATION, installation.id) == 3
    with control.database.session():
        assert not get_switches(world.acme.id)[EVENT_HOOKS_FEATURE]


def test_an_app_published_while_a_region_registers_reaches_that_region(world: World) -> None:
    control = world.silos.control
    with world.contention.table_held("outbox"):
        published = world.contention.start(lambda: world.silos.publish(world.app))
        world.contention.wait_for_waiting(1)
        registered = world.contention.start(
            lambda: register_region(
                control, name="fr", grpc_address="fr:50061", http_address="fr:8001", identity="f" * 32
            )
        )
        world.contention.wait_for_waiting(2)
    published.result()
    registered.result()
    with control.database.session():
        assert RegisteredRegion.select().where(RegisteredRegion.name == "fr").exists()
        told = OutboxMessage.select().where(OutboxMessage.destination == "fr", OutboxMessage.category == "app")
        assert [message.object_id for message in told] == [world.app.id]
