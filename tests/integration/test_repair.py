"""Repair: whatever a silo holds that differs from what the owner has is found, and equal after the owner sent it."""

from typing import Any

import pytest

from control_silo.models.app import SentryApp
from control_silo.models.installation import SentryAppInstallation
from control_silo.models.region import OrganizationReplica
from control_silo.services.internal_token import create_token
from region_silo.models.organization import Organization
from region_silo.models.replica import AppReplica, InstallationReplica, TokenReplica
from shared.category import Category, number_of
from shared.cli.access import Access
from shared.cli.compare import Comparer
from shared.cli.repair import look, repair
from shared.domain.peer import CONTROL
from shared.errors import FieldMissing, InvalidInput, PermissionDenied, RegionNotFound
from shared.outbox.edition import Edition
from shared.outbox.repair import MAX_ID, MAX_REPLICAS, MAX_VERSION
from shared.pb.hybridcloud.operations.v1 import outbox_service_pb2 as pb
from shared.pb.hybridcloud.operations.v1 import outbox_service_pb2_grpc
from tests.integration.parking import park
from tests.keys import OPERATOR
from tests.silos import Silos, fresh


@pytest.fixture
def installation(silos: Silos) -> SentryAppInstallation:
    """Of an app of an organization in ``us``, installed there; the region has it."""
    name = fresh("acme")
    owner, creator = silos.create_organization(name, region="us"), silos.create_user(f"maker@{name}.example")
    installation = silos.install(silos.create_app(name, owner=owner, creator=creator), organization=owner)
    silos.replicate()
    return installation


class World:
    """What tests look at and mend."""

    def __init__(self, silos: Silos, access: Access, comparer: Comparer) -> None:
        self._silos, self._access, self._comparer = silos, access, comparer

    def kinds(self, *, is_deep: bool = False) -> list[tuple[str, Category, str]]:
        return [
            (finding.side.holder, finding.side.category, each.kind)
            for finding in look(self._comparer, is_deep=is_deep, settle_seconds=0)
            for each in finding.differences
        ]

    def mend(self, *, is_deep: bool = False) -> None:
        repair(self._access, self._comparer, look(self._comparer, is_deep=is_deep, settle_seconds=0))
        self._silos.replicate()


@pytest.fixture
def world(silos: Silos, access: Access, comparer: Comparer) -> World:
    return World(silos, access, comparer)


def test_a_replica_that_is_missing_arrives_again(
    silos: Silos, world: World, installation: SentryAppInstallation
) -> None:
    with silos.database("us").transaction():
        AppReplica.delete().where(AppReplica.id == installation.sentry_app_id).execute()
        InstallationReplica.delete().where(InstallationReplica.id == installation.id).execute()
    assert world.kinds() == [("us", Category.APP, "missing"), ("us", Category.INSTALLATION, "missing")]
    world.mend()
    assert world.kinds(is_deep=True) == []


def test_a_replica_that_is_behind_is_brought_to_the_owners_version(
    silos: Silos, world: World, installation: SentryAppInstallation
) -> None:
    with silos.control.database.transaction():
        of_app = (Edition.category == Category.APP) & (Edition.object_id == installation.sentry_app_id)
        Edition.update(version=5).where(of_app).execute()
    assert world.kinds() == [("us", Category.APP, "behind")]
    world.mend()
    assert world.kinds(is_deep=True) == []


def test_a_replica_that_is_ahead_is_outranked(silos: Silos, world: World, installation: SentryAppInstallation) -> None:
    with silos.database("us").transaction():
        ahead = AppReplica.update(version=9, checksum=b"of another world")
        ahead.where(AppReplica.id == installation.sentry_app_id).execute()
    assert world.kinds() == [("us", Category.APP, "ahead")]
    world.mend()
    assert world.kinds(is_deep=True) == []


def test_a_replica_with_another_state_at_the_same_version_is_found_by_looking_deep(
    silos: Silos, world: World, installation: SentryAppInstallation
) -> None:
    with silos.control.database.transaction():
        SentryApp.update(name="Changed behind its back").where(SentryApp.id == installation.sentry_app_id).execute()
    assert world.kinds() == []
    assert world.kinds(is_deep=True) == [("us", Category.APP, "altered")]
    world.mend(is_deep=True)
    assert world.kinds(is_deep=True) == []


def test_an_app_that_got_a_newer_version_gets_it_in_every_region(silos: Silos, world: World) -> None:
    name = fresh("shop")
    owner, creator = silos.create_organization(name, region="us"), silos.create_user(f"maker@{name}.example")
    app = silos.create_app(name, owner=owner, creator=creator)
    silos.publish(app)
    silos.replicate()
    with silos.database("de").transaction():
        AppReplica.update(version=99).where(AppReplica.id == app.id).execute()
    world.mend()
    assert world.kinds(is_deep=True) == []
    with silos.database("us").session():
        assert AppReplica.get_by_id(app.id).version == 100


@pytest.mark.parametrize("model", [AppReplica, InstallationReplica, TokenReplica])
def test_what_control_never_had_or_has_lost_is_deleted_in_the_region(
    silos: Silos, world: World, model: type[AppReplica | InstallationReplica | TokenReplica]
) -> None:
    lost = {field.name: "" for field in model._meta.sorted_fields if field.field_type == "TEXT"}
    numbers = {field.name: 1 for field in model._meta.sorted_fields if "INT" in field.field_type}
    with silos.database("de").transaction():
        model.insert(
            {**lost, **numbers, "id": 987_654, "version": 5, "tombstone": False, "checksum": b"", "state": b""}
        ).execute()
    assert [kind for *_, kind in world.kinds()] == ["left over"]
    world.mend()
    assert world.kinds(is_deep=True) == []
    with silos.database("de").transaction():
        assert (model.get_by_id(987_654).tombstone, model.get_by_id(987_654).version) == (True, 6)
        model.delete().where(model.id == 987_654).execute()


@pytest.mark.parametrize(
    ("model", "category"),
    [
        (AppReplica, Category.APP),
        (InstallationReplica, Category.INSTALLATION),
        (TokenReplica, Category.TOKEN),
    ],
)
def test_what_another_region_should_hold_is_deleted(
    silos: Silos,
    world: World,
    model: type[AppReplica | InstallationReplica | TokenReplica],
    category: Category,
) -> None:
    name = fresh("robots")
    owner, creator = silos.create_organization(name, region="us"), silos.create_user(f"maker@{name}.example")
    app = silos.create_app(name, owner=owner, creator=creator, is_internal=True)
    create_token(silos.control, app_id=app.id, actor=creator)
    silos.replicate()
    with silos.database("us").session():
        held: dict[str, Any] = model.select().order_by(model.id.desc()).dicts().get()  # type: ignore[assignment]
    with silos.database("de").transaction():
        model.insert({**held, "version": 9}).execute()
    assert world.kinds() == [("de", category, "left over")]
    world.mend()
    assert world.kinds(is_deep=True) == []


def test_a_tombstone_that_is_too_new_is_outranked(
    silos: Silos, world: World, installation: SentryAppInstallation
) -> None:
    with silos.database("us").transaction():
        buried = InstallationReplica.update(tombstone=True, version=40)
        buried.where(InstallationReplica.id == installation.id).execute()
    assert world.kinds() == [("us", Category.INSTALLATION, "missing")]
    world.mend()
    assert world.kinds(is_deep=True) == []


def test_an_organization_is_sent_again_by_its_region(silos: Silos, world: World) -> None:
    missing, ahead = (silos.create_organization(fresh("globex"), region="de").id for _ in range(2))
    silos.replicate()
    with silos.control.database.transaction():
        OrganizationReplica.delete().where(OrganizationReplica.id == missing).execute()
        OrganizationReplica.update(version=9).where(OrganizationReplica.id == ahead).execute()
    assert {kind for *_, kind in world.kinds()} == {"missing", "ahead"}
    world.mend()
    assert world.kinds() == []


def test_an_organization_that_no_region_has_is_left_alone(silos: Silos, world: World) -> None:
    organization = silos.create_organization(fresh("globex"), region="de")
    silos.replicate()
    with silos.database("de").transaction():
        Organization.delete().where(Organization.id == organization.id).execute()
        Edition.delete().where(Edition.object_id == organization.id).execute()
    world.mend()
    assert world.kinds() == [("control", Category.ORGANIZATION, "left over")]
    with silos.control.database.transaction():
        OrganizationReplica.delete().where(OrganizationReplica.id == organization.id).execute()


def test_nothing_is_buried_because_control_has_lost_an_organization(silos: Silos, world: World) -> None:
    name = fresh("robots")
    owner, creator = silos.create_organization(name, region="us"), silos.create_user(f"maker@{name}.example")
    app = silos.create_app(name, owner=owner, creator=creator, is_internal=True)
    create_token(silos.control, app_id=app.id, actor=creator)
    silos.replicate()
    with silos.control.database.transaction():
        OrganizationReplica.delete().where(OrganizationReplica.id == owner.id).execute()
    assert {kind for *_, kind in world.kinds()} == {"left over", "missing"}
    world.mend()
    assert world.kinds(is_deep=True) == []
    with silos.database("us").session():
        held = AppReplica.get_by_id(app.id)
        installation = InstallationReplica.get(InstallationReplica.sentry_app_id == app.id)
    assert (held.tombstone, installation.tombstone) == (False, False)


def test_a_message_that_was_parked_is_due_again(
    silos: Silos, world: World, installation: SentryAppInstallation
) -> None:
    silos.publish(installation.sentry_app)
    park(silos, "us")
    world.mend()
    assert world.kinds(is_deep=True) == []


def ask(silos: Silos, silo: str, request: pb.RepairReplicasRequest, caller: str = OPERATOR) -> list[int]:
    stub = outbox_service_pb2_grpc.OutboxServiceStub(silos.channel(silo, caller=caller))
    return list(stub.RepairReplicas(request).unknown_ids)


APP, ORGANIZATION = number_of(Category.APP), number_of(Category.ORGANIZATION)
HELD = [pb.HeldReplica(object_id=1, version=1)]


@pytest.mark.parametrize(
    ("silo", "request_", "error"),
    [
        ("control", pb.RepairReplicasRequest(category=APP, replicas=HELD), FieldMissing),
        ("control", pb.RepairReplicasRequest(destination="us", replicas=HELD), FieldMissing),
        ("control", pb.RepairReplicasRequest(destination="us", category=APP), FieldMissing),
        ("control", pb.RepairReplicasRequest(destination="xx", category=APP, replicas=HELD), RegionNotFound),
        ("control", pb.RepairReplicasRequest(destination="us", category=ORGANIZATION, replicas=HELD), InvalidInput),
        ("us", pb.RepairReplicasRequest(destination="control", category=APP, replicas=HELD), InvalidInput),
        ("us", pb.RepairReplicasRequest(destination="de", category=ORGANIZATION, replicas=HELD), RegionNotFound),
        ("control", pb.RepairReplicasRequest(destination="us", category=APP, replicas=HELD * 2), InvalidInput),
    ],
)
def test_a_request_that_makes_no_sense_is_refused(
    silos: Silos, silo: str, request_: pb.RepairReplicasRequest, error: type[Exception]
) -> None:
    with pytest.raises(error):
        ask(silos, silo, request_)


@pytest.mark.parametrize(
    ("replicas", "error"),
    [
        ([pb.HeldReplica(object_id=number) for number in range(1, MAX_REPLICAS + 2)], InvalidInput),
        ([pb.HeldReplica(object_id=0)], FieldMissing),
        ([pb.HeldReplica(object_id=MAX_ID + 1)], InvalidInput),
        ([pb.HeldReplica(object_id=1, version=-1)], InvalidInput),
        ([pb.HeldReplica(object_id=1, version=MAX_VERSION + 1)], InvalidInput),
    ],
)
def test_replicas_have_bounds(silos: Silos, replicas: list[pb.HeldReplica], error: type[Exception]) -> None:
    with pytest.raises(error):
        ask(silos, "control", pb.RepairReplicasRequest(destination="us", category=APP, replicas=replicas))


def test_no_silo_repairs_what_another_holds(silos: Silos) -> None:
    request = pb.RepairReplicasRequest(destination="us", category=APP, replicas=HELD)
    with pytest.raises(PermissionDenied):
        ask(silos, "control", request, caller="de")


def test_a_region_names_what_it_does_not_have(silos: Silos) -> None:
    request = pb.RepairReplicasRequest(
        destination=CONTROL, category=ORGANIZATION, replicas=[pb.HeldReplica(object_id=987_654, version=1)]
    )
    assert ask(silos, "us", request) == [987_654]
