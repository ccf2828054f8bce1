import pytest
from google.protobuf.message import Message

from control_silo.replication.kinds import KINDS
from control_silo.services.organization import create_organization
from control_silo.services.region import register_region
from shared.category import Category
from shared.consistency import TOKEN_NAME, WrittenVersion, collecting, encode
from shared.errors import RegionNotFound, ReplicaBehind, SlugTaken, Unavailable, ValidationFailed
from shared.pb.hybridcloud.organizations.v1 import organization_service_pb2 as pb
from shared.pb.hybridcloud.organizations.v1 import organization_service_pb2_grpc as pb_grpc
from shared.wake import EVERY_DESTINATION
from tests.silos import Silos, fresh

IDENTITY = "0" * 32


def test_an_organization_is_named_in_the_consistency_token_of_its_creation(silos: Silos) -> None:
    with collecting() as written:
        organization = silos.create_organization(fresh("shop"), region="de")
    assert [(each.category, each.object_id) for each in written] == [(Category.ORGANIZATION, organization.id)]


@pytest.mark.parametrize(
    ("method", "request_"),
    [("GetOrganization", pb.GetOrganizationRequest(id=1)), ("ListOrganizations", pb.ListOrganizationsRequest())],
)
def test_a_reader_who_has_seen_an_organization_that_has_not_arrived_is_told_so(
    silos: Silos, method: str, request_: Message
) -> None:
    ask = getattr(pb_grpc.OrganizationServiceStub(silos.channel("control")), method)
    token = encode([WrittenVersion(Category.ORGANIZATION, 2**40, 1)])
    with pytest.raises(ReplicaBehind):
        ask(request_, metadata=((TOKEN_NAME, token),))


def test_a_creation_that_met_an_absent_region_is_completed_by_the_same_call(silos: Silos) -> None:
    slug = fresh("late")
    silos.stop("de")
    with pytest.raises(Unavailable):
        silos.create_organization(slug, region="de")
    silos.start("de")
    assert silos.create_organization(slug, region="de").slug == slug


def test_a_slug_that_an_unfinished_attempt_holds_says_where_to_finish_it(silos: Silos) -> None:
    slug = fresh("held")
    silos.stop("de")
    with pytest.raises(Unavailable):
        silos.create_organization(slug, region="de")
    with pytest.raises(SlugTaken, match="in the region 'de' holds this slug"):
        silos.create_organization(slug, region="us")


def test_a_slug_is_taken_in_the_whole_world(silos: Silos) -> None:
    slug = silos.create_organization(fresh("one"), region="us").slug
    for region in ("us", "de"):
        with pytest.raises(SlugTaken):
            silos.create_organization(slug, region=region)


def test_an_unknown_region_takes_no_slug(silos: Silos) -> None:
    slug = fresh("free")
    with pytest.raises(RegionNotFound):
        create_organization(silos.control, slug=slug, name="Free", region="xx", kinds=KINDS)
    assert silos.create_organization(slug, region="us").slug == slug


@pytest.mark.parametrize(
    ("grpc_address", "http_address", "field"),
    [
        ("not an address", "fr:80", "grpc_address"),
        ("fr", "fr:80", "grpc_address"),
        ("fr:99999", "fr:80", "grpc_address"),
        ("fr:50061", "ftp://fr", "http_address"),
        ("fr:50061", "", "http_address"),
    ],
)
def test_a_region_whose_address_cannot_be_called_is_not_registered(
    silos: Silos, grpc_address: str, http_address: str, field: str
) -> None:
    with pytest.raises(ValidationFailed) as refused:
        register_region(
            silos.control, name="fr", grpc_address=grpc_address, http_address=http_address, identity=IDENTITY
        )
    assert list(refused.value.fields) == [field]


def test_registering_tells_the_worker_that_there_is_a_new_destination(silos: Silos) -> None:
    bell = silos.control.database.wake.listen(EVERY_DESTINATION)
    name = fresh("fr")
    register_region(silos.control, name=name, grpc_address="fr:50061", http_address="fr:8001", identity=IDENTITY)
    assert bell.is_set()
