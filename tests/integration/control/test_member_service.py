"""``MemberService``: a region asks who belongs to its own organizations."""

import grpc
import pytest

from shared.domain.scopes import Role
from shared.errors import FieldMissing, PermissionDenied
from shared.pb.hybridcloud.users.v1 import member_service_pb2 as pb
from shared.pb.hybridcloud.users.v1 import member_service_pb2_grpc
from tests.silos import Silos, fresh


def _find(silos: Silos, request: pb.FindMemberRequest, *, caller: str = "us") -> pb.FindMemberResponse:
    channel: grpc.Channel = silos.channel("control", caller=caller)
    answer: pb.FindMemberResponse = member_service_pb2_grpc.MemberServiceStub(channel).FindMember(request)
    return answer


@pytest.fixture
def organization_id(silos: Silos) -> int:
    """Of an organization in ``us``."""
    return silos.create_organization(fresh("acme"), region="us").id


def test_a_member_is_found_by_id_and_by_address_in_any_case(silos: Silos, organization_id: int) -> None:
    email = f"{fresh('ann')}@acme.example"
    user = silos.create_user(email, organization_id=organization_id, role=Role.MEMBER)
    by_id = _find(silos, pb.FindMemberRequest(organization_id=organization_id, user_id=user.id))
    by_email = _find(silos, pb.FindMemberRequest(organization_id=organization_id, email=email.upper()))
    assert (by_id.member.id, by_email.member.email) == (user.id, email)


def test_somebody_else_is_absent(silos: Silos, organization_id: int) -> None:
    stranger = silos.create_user(f"{fresh('eve')}@acme.example")
    assert not _find(silos, pb.FindMemberRequest(organization_id=organization_id, user_id=stranger.id)).HasField(
        "member"
    )


def test_a_region_may_ask_about_its_own_organizations_alone(silos: Silos, organization_id: int) -> None:
    for caller in ("de", "service:test"):
        with pytest.raises(PermissionDenied):
            _find(silos, pb.FindMemberRequest(organization_id=organization_id, user_id=1), caller=caller)


def test_somebody_has_to_be_named(silos: Silos, organization_id: int) -> None:
    with pytest.raises(FieldMissing):
        _find(silos, pb.FindMemberRequest(organization_id=organization_id))
