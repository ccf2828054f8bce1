"""What is done with every category is done with each of them: compared, repaired, waited for, measured."""

import pytest

import control_silo.api.application as control_api
import control_silo.bootstrap
import region_silo.api.application as region_api
import region_silo.bootstrap
from control_silo.services.internal_token import create_token
from shared.category import Category, Owner, number_of, owned_by, owner_of
from shared.cli.compare import Comparer
from shared.consistency import WrittenVersion
from shared.domain.peer import CONTROL
from shared.errors import InvalidInput
from shared.pb.hybridcloud.operations.v1 import outbox_service_pb2, outbox_service_pb2_grpc
from shared.pb.hybridcloud.replication.v1 import replica_service_pb2, replica_service_pb2_grpc
from tests.silos import Silos, fresh

NOBODYS = 987_654
EVERY = pytest.mark.parametrize("category", Category)
pytestmark = pytest.mark.usefixtures("silos")


def sides(category: Category) -> tuple[str, str]:
    """A silo that owns objects of the category, and one that holds replicas of them."""
    return (CONTROL, "us") if owner_of(category) is Owner.CONTROL else ("us", CONTROL)


def replicas(silos: Silos, silo: str) -> replica_service_pb2_grpc.ReplicaServiceStub:
    return replica_service_pb2_grpc.ReplicaServiceStub(silos.channel(silo))


@EVERY
def test_the_command_line_compares_every_category_wherever_it_is_held(comparer: Comparer, category: Category) -> None:
    holders = {side.holder for side in comparer.sides() if side.category is category}
    assert holders == ({"us", "de"} if owner_of(category) is Owner.CONTROL else {CONTROL})


@EVERY
def test_both_sides_of_a_category_can_be_listed(silos: Silos, category: Category) -> None:
    owner, holder = sides(category)
    ours = replica_service_pb2.ListVersionsRequest(category=number_of(category), destination=holder)
    theirs = replica_service_pb2.ListVersionsRequest(category=number_of(category))
    assert replicas(silos, owner).ListVersions(ours).versions == replicas(silos, holder).ListVersions(theirs).versions


@EVERY
def test_a_silo_that_is_asked_for_what_it_does_not_hold_says_so(silos: Silos, category: Category) -> None:
    owner, holder = sides(category)
    with pytest.raises(InvalidInput, match=category.value):
        replicas(silos, owner).GetDigests(replica_service_pb2.GetDigestsRequest(category=number_of(category)))
    asked = replica_service_pb2.GetDigestsRequest(category=number_of(category), destination=owner)
    with pytest.raises(InvalidInput, match=category.value):
        replicas(silos, holder).GetDigests(asked)


@EVERY
def test_the_owner_of_a_category_repairs_it(silos: Silos, category: Category) -> None:
    owner, holder = sides(category)
    stub = outbox_service_pb2_grpc.OutboxServiceStub(silos.channel(owner))
    held = outbox_service_pb2.HeldReplica(object_id=NOBODYS, version=3)
    request = outbox_service_pb2.RepairReplicasRequest(
        category=number_of(category), destination=holder, replicas=[held]
    )
    unknown = list(stub.RepairReplicas(request).unknown_ids)
    # What control does not have nobody has; of organizations a region knows its own alone.
    assert unknown == ([] if owner == CONTROL else [NOBODYS])


@EVERY
def test_a_reader_waits_for_what_is_held_and_never_for_what_is_owned(silos: Silos, category: Category) -> None:
    unseen = [WrittenVersion(category, NOBODYS + 1, 99)]
    freshness = {CONTROL: silos.control.freshness, "us": silos.regions["us"].region.freshness}
    owner, holder = sides(category)
    assert (freshness[owner].is_fresh(unseen), freshness[holder].is_fresh(unseen)) == (True, False)


@pytest.mark.parametrize("category", owned_by(Owner.CONTROL))
def test_control_measures_what_waits_of_every_category_that_it_owns(silos: Silos, category: Category) -> None:
    measured = {(age.destination, age.category) for age in control_api.list_ages(silos.control)}
    assert {("us", category.value), ("de", category.value)} <= measured


@pytest.mark.parametrize("category", owned_by(Owner.REGION))
def test_a_region_measures_what_waits_of_every_category_that_it_owns(silos: Silos, category: Category) -> None:
    measured = {(age.destination, age.category) for age in region_api.list_ages(silos.regions["us"].region)}
    assert (CONTROL, category.value) in measured


@EVERY
def test_an_object_that_is_older_than_its_kind_gets_its_edition_at_the_upgrade(
    silos: Silos, category: Category
) -> None:
    make_one_of_each(silos)
    owner, _ = sides(category)
    database, migrate = silos.database(owner), MIGRATE[owner]
    with database.transaction():
        made = database.rows("DELETE FROM edition WHERE category = ? RETURNING object_id, checksum", (category.value,))
    assert made, f"make_one_of_each makes no {category.value}"
    migrate(database)
    with database.session():
        again = database.rows("SELECT object_id, checksum FROM edition WHERE category = ?", (category.value,))
    live = {object_id for object_id, checksum in made if checksum}
    assert live == {object_id for object_id, checksum in again if checksum}


MIGRATE = {CONTROL: control_silo.bootstrap.migrate, "us": region_silo.bootstrap.migrate}


def make_one_of_each(silos: Silos) -> None:
    """An object of each category: an app of an organization, installed there, with its token and its credential."""
    acme = silos.create_organization(fresh("acme"), region="us")
    creator = silos.create_user(f"{fresh('ann')}@acme.example", organization_id=acme.id)
    app = silos.create_app(fresh("Kanban"), owner=acme, creator=creator, is_internal=True)
    create_token(silos.control, app_id=app.id, actor=creator)
