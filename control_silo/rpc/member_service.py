"""``MemberService`` on control: regions ask whom they may name."""

import grpc

from control_silo.services.control import Control
from control_silo.services.members import find_member
from control_silo.services.principal_message import user_message
from shared.config import CONTROL
from shared.errors import FieldMissing, PermissionDenied
from shared.outbox.replica_servicer import SERVICE_PREFIX
from shared.pb.hybridcloud.users.v1 import member_service_pb2, member_service_pb2_grpc
from shared.rpc.served import current_caller


class MemberServicer(member_service_pb2_grpc.MemberServiceServicer):
    """Answers regions alone, each about its own organizations alone."""

    def __init__(self, control: Control) -> None:
        self._control = control

    def FindMember(
        self, request: member_service_pb2.FindMemberRequest, context: grpc.ServicerContext
    ) -> member_service_pb2.FindMemberResponse:
        region = current_caller()
        if not region or region == CONTROL or region.startswith(SERVICE_PREFIX):
            raise PermissionDenied("Only a region may ask who belongs to an organization.")
        if not (request.user_id or request.email):
            raise FieldMissing.at("email", "this field or user_id is required.")
        found = find_member(
            self._control,
            region=region,
            organization_id=request.organization_id,
            user_id=request.user_id or None,
            email=request.email or None,
        )
        return member_service_pb2.FindMemberResponse(member=user_message(found) if found else None)
