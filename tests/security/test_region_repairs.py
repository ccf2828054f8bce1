"""Who took a region says that it holds what it likes; an operator who repairs that harms no other region by it."""

from collections.abc import Callable, Iterator

import pytest

from control_silo.models.app import SentryApp
from region_silo.models.replica import AppReplica
from shared.category import Category, number_of
from shared.domain.region_id import MAX_ID as MAX_EXACT_ID
from shared.outbox.repair import MAX_ID, MAX_VERSION
from shared.pb.hybridcloud.operations.v1 import outbox_service_pb2 as pb
from shared.pb.hybridcloud.operations.v1 import outbox_service_pb2_grpc
from tests.silos import Silos, fresh, running_silos


@pytest.fixture
def silos(new_database_url: Callable[[], str]) -> Iterator[Silos]:
    with running_silos(new_database_url) as silos:
        yield silos


def create_app(silos: Silos) -> SentryApp:
    """A published app of an organization in ``us``, which every region holds."""
    name = fresh("acme")
    owner, creator = silos.create_organization(name, region="us"), silos.create_user(f"maker@{name}.example")
    app = silos.create_app(name, owner=owner, creator=creator)
    silos.publish(app)
    silos.replicate()
    return app


def repair(silos: Silos, *, object_id: int, version: int) -> None:
    """What an operator has control do about that which de says to hold."""
    stub = outbox_service_pb2_grpc.OutboxServiceStub(silos.channel("control"))
    claimed = pb.HeldReplica(object_id=object_id, version=version)
    stub.RepairReplicas(
        pb.RepairReplicasRequest(destination="de", category=number_of(Category.APP), replicas=[claimed])
    )


def test_a_version_that_a_region_claims_is_outranked_by_one_that_all_others_take(silos: Silos) -> None:
    app = create_app(silos)
    repair(silos, object_id=app.id, version=MAX_VERSION)
    silos.replicate()
    with silos.database("us").session():
        assert AppReplica.get_by_id(app.id).version == MAX_VERSION + 1


def test_an_id_that_a_region_claims_leaves_room_for_those_that_follow(silos: Silos) -> None:
    create_app(silos)
    repair(silos, object_id=MAX_ID, version=1)
    assert MAX_ID < create_app(silos).id < MAX_EXACT_ID
