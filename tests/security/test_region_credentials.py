"""A region holds the credentials of the apps that its organizations own or have installed, and of no others."""

from collections.abc import Iterator
from typing import Any

import pytest

from control_silo.models.app import SentryApp
from control_silo.models.application import ApiApplication
from control_silo.models.installation import SentryAppInstallation
from control_silo.models.region import OrganizationReplica
from control_silo.models.user import User
from control_silo.services.delete import delete_app, uninstall
from control_silo.services.update_app import SentryAppUpdater, rotate_secret
from region_silo.models.replica import CredentialReplica
from shared.pb.hybridcloud.apps.v1 import app_pb2
from shared.pb.hybridcloud.apps.v1 import app_service_pb2 as pb
from tests.silos import Silos, running_silos


class Shop:
    """A published app of ``acme`` in ``us``, which nobody has installed, and ``globex`` in ``de``."""

    def __init__(self, silos: Silos) -> None:
        self.silos = silos
        self.acme: OrganizationReplica = silos.create_organization("acme", region="us")
        self.globex: OrganizationReplica = silos.create_organization("globex", region="de")
        self.owner: User = silos.create_user("owner@acme.example", organization_id=self.acme.id)
        fields: dict[str, Any] = {"webhook_headers": ["X-Key: hush"]}
        self.app: SentryApp = silos.create_app("Kanban", owner=self.acme, creator=self.owner, **fields)
        silos.publish(self.app)
        silos.replicate()

    def install(self) -> SentryAppInstallation:
        installation = self.silos.install(self.app, organization=self.globex)
        self.silos.replicate()
        return installation

    def read(self, silo: str) -> app_pb2.RpcSentryApp:
        found: app_pb2.RpcSentryApp = self.silos.ask(silo, pb.GetSentryAppByIdRequest(id=self.app.id)).sentry_app
        return found

    def held(self, silo: str) -> bool:
        """Whether the region has the credential."""
        with self.silos.database(silo).session():
            return (
                CredentialReplica.get_or_none((CredentialReplica.id == self.app.id) & ~CredentialReplica.tombstone)
                is not None
            )

    @property
    def secret(self) -> str:
        with self.silos.control.database.session():
            return str(ApiApplication.get_by_id(self.app.application_id).client_secret)


@pytest.fixture
def shop(new_database_url: Any) -> Iterator[Shop]:
    with running_silos(new_database_url) as silos:
        yield Shop(silos)


def test_the_region_of_the_owner_reads_an_app_with_its_credential(shop: Shop) -> None:
    found = shop.read("us")
    assert (found.application.client_secret, list(found.webhook_headers)) == (shop.secret, ["X-Key: hush"])
    assert (found.metadata["tier"], found.creator_label) == ("gold", "owner@acme.example")


def test_a_region_where_nobody_has_it_knows_a_published_app_without_its_credential(shop: Shop) -> None:
    found = shop.read("de")
    assert (found.slug, found.application.client_id != "") == ("kanban", True)
    assert (found.application.client_secret, list(found.webhook_headers), found.creator_label) == ("", [], "")
    assert not found.HasField("metadata")
    assert not shop.held("de")


def test_a_credential_comes_with_the_first_installation_and_goes_with_the_last(shop: Shop) -> None:
    for _ in range(2):
        installation = shop.install()
        assert shop.read("de").application.client_secret == shop.secret
        uninstall(shop.silos.control, uuid=installation.uuid, actor=shop.owner)
        shop.silos.replicate()
        assert not shop.held("de")


def test_a_rotated_secret_reaches_every_region_that_holds_the_credential(shop: Shop) -> None:
    shop.install()
    secret = rotate_secret(shop.silos.control, app_id=shop.app.id, actor=shop.owner)
    shop.silos.replicate()
    assert {shop.read(silo).application.client_secret for silo in ("us", "de")} == {secret}


def test_changed_headers_reach_every_region_that_holds_the_credential(shop: Shop) -> None:
    shop.install()
    changes = SentryAppUpdater(columns={"webhook_headers": ["X-Key: new"]})
    changes.run(shop.silos.control, app_id=shop.app.id, is_elevated=False)
    shop.silos.replicate()
    assert [list(shop.read(silo).webhook_headers) for silo in ("us", "de")] == [["X-Key: new"]] * 2


def test_the_password_of_a_webhook_url_is_for_those_who_call_it(shop: Shop) -> None:
    changes = SentryAppUpdater(columns={"webhook_url": "https://me:hush@kanban.example/hook"})
    changes.run(shop.silos.control, app_id=shop.app.id, is_elevated=False)
    shop.silos.replicate()
    urls = [shop.read(silo).webhook_url for silo in ("us", "de")]
    assert urls == ["https://me:hush@kanban.example/hook", "https://kanban.example/hook"]


def test_a_deleted_app_leaves_no_credential(shop: Shop) -> None:
    shop.install()
    SentryAppUpdater(status="unpublished").run(shop.silos.control, app_id=shop.app.id, is_elevated=True)
    delete_app(shop.silos.control, app_id=shop.app.id, actor=shop.owner)
    shop.silos.replicate()
    assert not any(map(shop.held, ("us", "de")))


def test_an_app_is_read_from_control_until_its_credential_arrives(shop: Shop) -> None:
    with shop.silos.database("us").transaction():
        CredentialReplica.delete().execute()
    assert shop.read("us").application.client_secret == shop.secret
