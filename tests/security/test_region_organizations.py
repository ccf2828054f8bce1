"""Who holds all that a region has names its organizations as control did; nothing else suffers by what it sends."""

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import peewee
import pytest

from control_silo.models.region import OrganizationReplica
from control_silo.replication.kinds import KINDS
from control_silo.replication.organization import MAX_VERSIONS_AHEAD
from control_silo.services.organization import create_organization
from shared.category import Category, number_of
from shared.errors import SiloUnreachable
from shared.pb.hybridcloud.organizations.v1 import organization_pb2
from shared.pb.hybridcloud.replication.v1 import replica_pb2, replica_service_pb2_grpc
from shared.pb.hybridcloud.replication.v1 import replica_service_pb2 as replicas
from tests.silos import Silos, fresh, running_silos

PATIENCE = 30.0
Outcome = replicas.ChangeResult


@pytest.fixture
def silos(new_database_url: Any) -> Iterator[Silos]:
    with running_silos(new_database_url) as silos:
        yield silos


@pytest.fixture
def globex(silos: Silos) -> OrganizationReplica:
    """An organization of the region that somebody took; ``acme`` is another's."""
    silos.create_organization("acme", region="us")
    return silos.create_organization("globex", region="de")


def state_of(organization: OrganizationReplica, *, version: int = 2, **changes: Any) -> replica_pb2.Change:
    state = {"id": organization.id, "slug": organization.slug, "name": "Globex", "region_name": "de", **changes}
    change = replica_pb2.Change(category=number_of(Category.ORGANIZATION), object_id=organization.id, version=version)
    change.organization.organization.CopyFrom(organization_pb2.RpcOrganization(**state))
    return change


def send(silos: Silos, *changes: replica_pb2.Change) -> list[Any]:
    stub = replica_service_pb2_grpc.ReplicaServiceStub(silos.channel("control", caller="de"))
    return list(stub.ApplyChanges(replicas.ApplyChangesRequest(changes=changes)).results)


@pytest.mark.parametrize(
    ("changes", "reason"),
    [
        ({"slug": "acme"}, "SLUG_NOT_RESERVED"),
        ({"slug": "other"}, "SLUG_NOT_RESERVED"),
        ({"name": "x" * 65}, "INVALID_INPUT"),
        ({"name": " "}, "INVALID_INPUT"),
        ({"name": "x\x00y"}, "INVALID_INPUT"),
        ({"status": "x" * 100_000}, "INVALID_INPUT"),
        ({"region_name": "us"}, "INVALID_INPUT"),
        ({"version": 2**63 - 1}, "VERSION_IMPLAUSIBLE"),
        ({"version": 2**52}, "VERSION_IMPLAUSIBLE"),
        ({"version": MAX_VERSIONS_AHEAD + 2}, "VERSION_IMPLAUSIBLE"),
    ],
    ids=lambda value: str(value)[:30],
)
def test_what_no_organization_of_a_region_can_be_is_rejected_alone(
    silos: Silos, globex: OrganizationReplica, changes: dict[str, Any], reason: str
) -> None:
    initech = silos.create_organization("initech", region="de")
    bad, good = send(silos, state_of(globex, **changes), state_of(initech, name="Renamed"))
    assert (bad.outcome, bad.reason, bad.permanent) == (Outcome.OUTCOME_REJECTED, reason, True)
    assert good.outcome == Outcome.OUTCOME_APPLIED
    with silos.control.database.session():
        assert OrganizationReplica.get_by_id(globex.id).slug == "globex"


def test_what_is_refused_keeps_nobody_from_writing(silos: Silos, globex: OrganizationReplica) -> None:
    refused = [state_of(globex, version=99, slug="other"), *(tombstone(10**6 + number) for number in range(999))]
    with ThreadPoolExecutor(1) as writer, silos.control.database.transaction():
        results = writer.submit(send, silos, *refused).result(PATIENCE)
    assert {result.outcome for result in results} == {Outcome.OUTCOME_REJECTED}


def tombstone(object_id: int) -> replica_pb2.Change:
    return replica_pb2.Change(category=number_of(Category.ORGANIZATION), object_id=object_id, version=1)


def test_an_organization_that_control_gave_to_another_region_is_rejected(silos: Silos, globex: Any) -> None:
    with silos.control.database.session():
        acme = OrganizationReplica.get(OrganizationReplica.slug == "acme")
    [result] = send(silos, state_of(acme, version=99))
    assert (result.outcome, result.reason) == (Outcome.OUTCOME_REJECTED, "CALLER_NOT_OWNER")


def test_a_region_that_makes_something_else_than_it_was_told_made_nothing(
    silos: Silos, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("region_silo.rpc.organization_servicer.organization_message", _named_acme)
    with pytest.raises(SiloUnreachable):
        create_organization(silos.control, slug=fresh("new"), name="New", region="de", kinds=KINDS)


def _named_acme(organization: Any, region_name: str) -> organization_pb2.RpcOrganization:
    return organization_pb2.RpcOrganization(id=organization.id, slug="acme", name="New", region_name=region_name)


@pytest.mark.usefixtures("globex")
def test_the_database_takes_a_live_slug_once(silos: Silos) -> None:
    row = {"id": 99, "version": 1, "slug": "acme", "name": "Acme", "region_name": "de", "status": "active"}
    with silos.control.database.transaction():
        OrganizationReplica.create(**row, tombstone=True)
    with pytest.raises(peewee.IntegrityError), silos.control.database.transaction():
        OrganizationReplica.create(**(row | {"id": 100}))
