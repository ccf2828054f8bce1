"""What a region answers while its replicas are incomplete, gone or older than what arrives."""

from dataclasses import dataclass

import pytest

from control_silo.models.app import SentryApp
from control_silo.models.installation import SentryAppInstallation
from control_silo.models.region import OrganizationReplica
from control_silo.models.user import User
from control_silo.services.delete import delete_app, uninstall
from region_silo.replication.kinds import kinds_of
from shared.category import Category, number_of
from shared.domain.peer import CONTROL
from shared.errors import SiloUnreachable
from shared.outbox.apply import apply_changes
from shared.outbox.edition import read_changes
from shared.outbox.wire import request_body
from shared.pb.hybridcloud.apps.v1 import app_service_pb2 as pb
from shared.pb.hybridcloud.apps.v1 import installation_pb2
from shared.pb.hybridcloud.replication.v1 import replica_pb2
from shared.pb.hybridcloud.replication.v1.replica_service_pb2 import ApplyChangesRequest
from tests.silos import Silos, fresh

TABLES = kinds_of("us").tables_for(CONTROL)


@dataclass
class Shop:
    """An organization in ``us`` with one installed app, replicated."""

    acme: OrganizationReplica
    owner: User
    app: SentryApp
    installation: SentryAppInstallation


@pytest.fixture
def shop(silos: Silos) -> Shop:
    acme = silos.create_organization(fresh("acme"), region="us")
    owner = silos.create_user(fresh("owner@acme.example"), organization_id=acme.id)
    app = silos.create_app(fresh("Kanban"), owner=acme, creator=owner)
    installation = silos.install(app, organization=acme)
    silos.replicate()
    return Shop(acme, owner, app, installation)


def test_a_new_app_is_answered_by_control_until_its_replica_arrives(silos: Silos, shop: Shop) -> None:
    late = silos.create_app(fresh("Late"), owner=shop.acme, creator=shop.owner)
    assert silos.ask("us", pb.GetSentryAppBySlugRequest(slug=late.slug)).sentry_app.id == late.id


def test_a_replica_is_answered_as_it_is_while_control_knows_better(silos: Silos, shop: Shop) -> None:
    silos.ask("control", pb.UpdateSentryAppRequest(id=shop.app.id, attrs={"name": "Board"}))
    assert silos.ask("us", pb.GetSentryAppByIdRequest(id=shop.app.id)).sentry_app.name == shop.app.name


def test_an_uninstalled_installation_is_gone_without_asking_control(silos: Silos, shop: Shop) -> None:
    uninstall(silos.control, uuid=shop.installation.uuid, actor=shop.owner)
    silos.replicate()
    silos.stop("control")
    assert not silos.ask("us", pb.GetInstallationByIdRequest(id=shop.installation.id)).HasField("installation")
    assert not silos.ask("us", _installations(shop.acme)).installations


def test_a_deleted_app_is_left_to_control(silos: Silos, shop: Shop) -> None:
    delete_app(silos.control, app_id=shop.app.id, actor=shop.owner)
    silos.replicate()
    assert not silos.ask("us", pb.GetSentryAppByIdRequest(id=shop.app.id)).HasField("sentry_app")
    silos.stop("control")
    with pytest.raises(SiloUnreachable):
        silos.ask("us", pb.GetSentryAppByIdRequest(id=shop.app.id))


def test_a_stale_installation_does_not_come_back(silos: Silos, shop: Shop) -> None:
    with silos.control.database.snapshot():
        [stale] = read_changes(Category.INSTALLATION, [shop.installation.id], destination="us")
    uninstall(silos.control, uuid=shop.installation.uuid, actor=shop.owner)
    silos.replicate()
    changes = ApplyChangesRequest.FromString(request_body([stale])).changes
    apply_changes(silos.database("us"), changes, tables=TABLES)
    assert not silos.ask("us", pb.GetInstallationByIdRequest(id=shop.installation.id)).HasField("installation")


def test_an_empty_list_of_an_organization_that_lives_here_needs_no_control(silos: Silos) -> None:
    empty = silos.create_organization(fresh("empty"), region="us")
    silos.stop("control")
    assert not silos.ask("us", _installations(empty)).installations
    assert not silos.ask("us", pb.GetSentryAppsForOrganizationRequest(organization_id=empty.id)).sentry_apps


def test_one_condition_that_the_replicas_can_judge_is_enough(silos: Silos, shop: Shop) -> None:
    elsewhere = silos.create_organization(fresh("beta"), region="de")
    silos.replicate()
    silos.stop("control")
    known = shop.installation
    for conditions, found in (
        ({"uuids": [known.uuid], "installation_ids": [known.id, known.id + 1000]}, [known.id]),
        ({"uuids": [known.uuid], "organization_id": elsewhere.id}, []),
        ({"installation_ids": [known.id], "organization_id": elsewhere.id}, []),
    ):
        wanted = installation_pb2.SentryAppInstallationFilter(**conditions)
        answer = silos.ask("us", pb.GetManyRequest(filter=wanted))
        assert [each.id for each in answer.installations] == found


def test_an_installation_whose_app_has_not_arrived_is_answered_by_control(silos: Silos, shop: Shop) -> None:
    _lose_app(silos, shop)
    for request in (pb.GetInstallationByIdRequest(id=shop.installation.id), _installations(shop.acme)):
        assert silos.ask("us", request) == silos.ask("control", request)


def test_an_installation_whose_app_has_not_arrived_comes_without_it_while_control_is_away(
    silos: Silos, shop: Shop
) -> None:
    _lose_app(silos, shop)
    silos.stop("control")
    found = silos.ask("us", pb.GetInstallationByIdRequest(id=shop.installation.id)).installation
    assert found.uuid == shop.installation.uuid
    assert not found.HasField("sentry_app")


def test_contexts_of_an_app_that_has_not_arrived_are_unavailable_while_control_is_away(
    silos: Silos, shop: Shop
) -> None:
    _lose_app(silos, shop)
    silos.stop("control")
    conditions = installation_pb2.SentryAppInstallationFilter(organization_id=shop.acme.id)
    with pytest.raises(SiloUnreachable):
        silos.ask("us", pb.GetComponentContextsRequest(filter=conditions, component_type="issue-link"))


def test_a_token_whose_installation_has_not_arrived_is_left_to_control(silos: Silos, shop: Shop) -> None:
    token_id = shop.app.id + 1000
    token = replica_pb2.Change(category=number_of(Category.TOKEN), object_id=token_id, version=1)
    token.token.token_hash = "ab" * 32
    token.token.installation_id = 404
    apply_changes(silos.database("us"), [token], tables=TABLES)
    silos.stop("control")
    conditions = installation_pb2.SentryAppInstallationFilter(organization_id=shop.acme.id, api_token_id=token_id)
    for request in (pb.GetInstallationOrgIdByTokenIdRequest(token_id=token_id), pb.GetManyRequest(filter=conditions)):
        with pytest.raises(SiloUnreachable):
            silos.ask("us", request)


def test_the_newest_of_several_installations_is_answered(silos: Silos, shop: Shop) -> None:
    newest = silos.install(shop.app, organization=shop.acme)
    silos.replicate()
    silos.stop("control")
    request = pb.GetInstallationBySentryAppIdRequest(sentry_app_id=shop.app.id, organization_id=shop.acme.id)
    assert silos.ask("us", request).installation.id == newest.id


def _installations(organization: OrganizationReplica) -> pb.GetInstallationsForOrganizationRequest:
    return pb.GetInstallationsForOrganizationRequest(organization_id=organization.id)


def _lose_app(silos: Silos, shop: Shop) -> None:
    """Leaves the region as if the app's change were still on its way."""
    with silos.database("us").transaction():
        silos.database("us").rows("DELETE FROM app_replica WHERE id = ?", (shop.app.id,))
