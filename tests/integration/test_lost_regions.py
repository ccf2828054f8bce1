"""A region that lost its database comes back under its name; one that is given up leaves nothing but its number."""

from collections.abc import Callable, Iterator

import pytest

from control_silo.models.region import OrganizationReplica, OrganizationReservation, RegisteredRegion
from control_silo.services.region import COUNT_SLACK
from region_silo.models.organization import Organization
from region_silo.models.replica import AppReplica
from region_silo.services.ids import IdKind, next_id
from shared.category import Category
from shared.domain.peer import CONTROL
from shared.domain.region_id import region_number_of
from shared.errors import (
    Conflict,
    FieldMissing,
    OrganizationNotFound,
    PermissionDenied,
    RegionNameTaken,
    RegionNotFound,
    SiloUnreachable,
)
from shared.outbox.difference import Sort
from shared.outbox.enqueue import enqueue
from shared.outbox.message import OutboxMessage
from shared.pb.hybridcloud.operations.v1 import topology_service_pb2 as pb
from shared.pb.hybridcloud.operations.v1 import topology_service_pb2_grpc
from tests.integration.test_comparing import compare
from tests.keys import OPERATOR
from tests.silos import Silos, running_silos


@pytest.fixture
def silos(new_database_url: Callable[[], str]) -> Iterator[Silos]:
    with running_silos(new_database_url) as silos:
        yield silos


def operator(silos: Silos, *, caller: str = OPERATOR) -> topology_service_pb2_grpc.TopologyServiceStub:
    return topology_service_pb2_grpc.TopologyServiceStub(silos.channel(CONTROL, caller=caller))


def make_id(silos: Silos, region: str, kind: IdKind = IdKind.PROJECT) -> int:
    with silos.database(region).transaction() as tx:
        return next_id(tx, kind)


def lose(silos: Silos, region: str, *, new_database_url: Callable[[], str]) -> None:
    """The region goes on with a new database."""
    silos.stop(region)
    before = silos.regions.pop(region)
    before.control.close()
    before.region.close()
    silos.add_region(region, database_url=new_database_url())


def test_a_new_database_takes_no_name_until_an_operator_says_so(
    silos: Silos, new_database_url: Callable[[], str]
) -> None:
    with pytest.raises(RegionNameTaken, match="silo region replace de"):
        lose(silos, "de", new_database_url=new_database_url)


def test_a_replaced_region_has_its_organizations_and_apps_again(
    silos: Silos, new_database_url: Callable[[], str]
) -> None:
    acme = silos.create_organization("acme", region="us")
    app = silos.create_app("Kanban", owner=acme, creator=silos.create_user("maker@acme.example"))
    silos.replicate()
    operator(silos).ReplaceRegion(pb.ReplaceRegionRequest(name="us"))
    lose(silos, "us", new_database_url=new_database_url)
    silos.replicate()
    compare(silos, "us", CONTROL)
    assert not compare(silos, "us", CONTROL).found
    assert not compare(silos, CONTROL, "us").found
    with silos.database("us").session():
        assert [each.slug for each in Organization.select()] == ["acme"]
        assert not AppReplica.get_by_id(app.id).tombstone
    with silos.control.database.session():
        assert not RegisteredRegion.get_by_id("us").awaits_organizations


def test_no_id_is_made_again_on_a_new_database(silos: Silos, new_database_url: Callable[[], str]) -> None:
    made = [make_id(silos, "us") for _ in range(3)]
    silos.register("us", http_address="us.test:80")
    later = make_id(silos, "us")
    operator(silos).ReplaceRegion(pb.ReplaceRegionRequest(name="us"))
    lose(silos, "us", new_database_url=new_database_url)
    again = make_id(silos, "us")
    assert again > max(*made, later) + COUNT_SLACK
    assert region_number_of(again) == region_number_of(made[0])


def test_no_id_is_made_again_on_an_older_copy(silos: Silos) -> None:
    made = [make_id(silos, "us") for _ in range(3)]
    silos.register("us", http_address="us.test:80")
    with silos.database("us").transaction() as tx:
        tx.database.rows("UPDATE id_counter SET last = 1")
    silos.register("us", http_address="us.test:80")
    assert make_id(silos, "us") > max(made)


def test_a_region_that_starts_again_counts_on_where_it_was(silos: Silos) -> None:
    first = make_id(silos, "us")
    for _ in range(2):
        silos.register("us", http_address="us.test:80")
    assert make_id(silos, "us") == first + 1024


def test_a_removed_region_leaves_no_message_and_its_number_to_nobody(silos: Silos) -> None:
    with silos.control.database.transaction() as tx:
        enqueue(tx, Category.APP, [1], destinations=["de"])
    number = region_number_of(make_id(silos, "de")) or 0
    operator(silos).RemoveRegion(pb.RemoveRegionRequest(name="de"))
    silos.stop("de")
    with silos.control.database.session():
        assert not OutboxMessage.select().where(OutboxMessage.destination == "de").exists()
    with silos.control.database.transaction():
        RegisteredRegion.update(number=None).execute()
    silos.register("us", http_address="us.test:80")
    assert region_number_of(make_id(silos, "us")) == number + 1
    silos.start("de")


def test_a_region_with_organizations_is_removed_with_them_or_not_at_all(silos: Silos) -> None:
    silos.create_organization("acme", region="de")
    silos.replicate()
    with pytest.raises(Conflict, match="acme"):
        operator(silos).RemoveRegion(pb.RemoveRegionRequest(name="de"))
    operator(silos).RemoveRegion(pb.RemoveRegionRequest(name="de", release_organizations=True))
    assert [each.name for each in operator(silos).ListRegions(pb.ListRegionsRequest()).regions] == ["us"]
    assert silos.create_organization("acme", region="us").slug == "acme"


def forget(silos: Silos, organization_id: int) -> None:
    """The region loses the organization, as by a copy of its database that is older than it."""
    with silos.database("us").transaction() as tx:
        Organization.delete().where(Organization.id == organization_id).execute()
        tx.database.rows("DELETE FROM edition WHERE object_id = ?", (organization_id,))


def test_an_organization_that_its_region_lost_is_restored(silos: Silos) -> None:
    acme = silos.create_organization("acme", region="us")
    with silos.control.database.transaction():
        OrganizationReplica.update(version=7).where(OrganizationReplica.id == acme.id).execute()
    silos.replicate()
    forget(silos, acme.id)
    assert operator(silos).RestoreOrganization(pb.RestoreOrganizationRequest(slug="acme")).region == "us"
    compare(silos, "us", CONTROL)
    assert silos.version(Category.ORGANIZATION, acme.id, owner="us") == 8
    assert not compare(silos, "us", CONTROL).unmended


def forget_in_control(silos: Silos, organization_id: int) -> None:
    """Control loses the organization, as by a copy of its database that is older than it."""
    with silos.control.database.transaction():
        OrganizationReplica.delete().where(OrganizationReplica.id == organization_id).execute()
        OrganizationReservation.delete().where(OrganizationReservation.id == organization_id).execute()


def test_an_organization_that_control_lost_is_taken_over_from_its_region(silos: Silos) -> None:
    acme = silos.create_organization("acme", region="us")
    silos.replicate()
    forget_in_control(silos, acme.id)
    assert compare(silos, "us", CONTROL).found == {Sort.MISSING: 1}  # which control refuses
    with silos.database("us").session():
        assert [each.state for each in OutboxMessage.select()] == ["parked"]
    assert operator(silos).RestoreOrganization(pb.RestoreOrganizationRequest(slug="acme")).region == "us"
    silos.replicate()
    assert not compare(silos, "us", CONTROL).found
    with silos.database("us").session():
        assert not OutboxMessage.select().exists()
    assert silos.create_organization("next", region="us").id > acme.id


def test_an_organization_that_control_lost_and_whose_slug_is_anothers_is_refused(silos: Silos) -> None:
    acme = silos.create_organization("acme", region="us")
    silos.replicate()
    forget_in_control(silos, acme.id)
    pb_slug = pb.RestoreOrganizationRequest(slug="acme")
    with silos.control.database.transaction():
        OrganizationReservation.create(slug="acme", region_name="de", created_at=silos.clock.now())
    with pytest.raises(Conflict, match=rf"the slug of acme \({acme.id}, in us\).*in de\)\. One of the two has to go"):
        operator(silos).RestoreOrganization(pb_slug)
    with silos.control.database.transaction():
        OrganizationReservation.update(slug="other", id=acme.id).execute()
    with pytest.raises(Conflict, match="the id of acme"):
        operator(silos).RestoreOrganization(pb_slug)


def test_a_region_that_is_away_may_have_what_is_looked_for(silos: Silos) -> None:
    silos.stop("de")
    with pytest.raises(SiloUnreachable):
        operator(silos).RestoreOrganization(pb.RestoreOrganizationRequest(slug="xx"))
    silos.start("de")


def test_an_organization_that_its_region_lost_is_released(silos: Silos) -> None:
    acme, shop = silos.create_organization("acme", region="us"), silos.create_organization("shop", region="de")
    app = silos.create_app("Kanban", owner=shop, creator=silos.create_user("maker@shop.example"))
    silos.publish(app)
    silos.install(app, organization=acme)
    silos.replicate()
    with pytest.raises(Conflict, match="us has acme"):
        operator(silos).ReleaseOrganization(pb.ReleaseOrganizationRequest(slug="acme"))
    forget(silos, acme.id)
    operator(silos).ReleaseOrganization(pb.ReleaseOrganizationRequest(slug="acme"))
    silos.replicate()
    assert not compare(silos, "us", CONTROL).unmended
    assert silos.create_organization("acme", region="de").id > acme.id


def test_an_organization_that_owns_apps_is_not_released(silos: Silos) -> None:
    acme = silos.create_organization("acme", region="us")
    app = silos.create_app("Kanban", owner=acme, creator=silos.create_user("maker@acme.example"))
    silos.replicate()
    forget(silos, acme.id)
    with pytest.raises(Conflict, match=app.slug):
        operator(silos).ReleaseOrganization(pb.ReleaseOrganizationRequest(slug="acme"))


def test_what_there_is_not_is_said(silos: Silos) -> None:
    stub = operator(silos)
    with pytest.raises(RegionNotFound):
        stub.ReplaceRegion(pb.ReplaceRegionRequest(name="xx"))
    with pytest.raises(OrganizationNotFound):
        stub.RestoreOrganization(pb.RestoreOrganizationRequest(slug="xx"))
    with pytest.raises(OrganizationNotFound):
        stub.ReleaseOrganization(pb.ReleaseOrganizationRequest(slug="xx"))
    with pytest.raises(FieldMissing):
        stub.RemoveRegion(pb.RemoveRegionRequest())


def test_no_region_replaces_or_removes_another(silos: Silos) -> None:
    stub = operator(silos, caller="us")
    with pytest.raises(PermissionDenied):
        stub.ReplaceRegion(pb.ReplaceRegionRequest(name="de"))
    with pytest.raises(PermissionDenied):
        stub.RemoveRegion(pb.RemoveRegionRequest(name="de"))
