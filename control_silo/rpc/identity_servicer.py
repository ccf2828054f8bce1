"""``IdentityService`` and ``MemberService`` on control: who is behind a credential, and who belongs to an organization.

Answers regions alone, each about its own organizations alone.
"""

import grpc

from control_silo.services.authentication import authenticate_session_hash, authenticate_token_hash
from control_silo.services.control import Control
from control_silo.services.principal import Principal, principal_message, user_message
from control_silo.services.user import find_member
from shared.errors import CredentialsInvalid, FieldMissing
from shared.pb.hybridcloud.users.v1 import (
    identity_service_pb2,
    identity_service_pb2_grpc,
    member_service_pb2,
    member_service_pb2_grpc,
)
from shared.rpc.served import current_caller


class IdentityServicer(identity_service_pb2_grpc.IdentityServiceServicer):
    """Answers regions alone, each about its own organizations alone."""

    def __init__(self, control: Control) -> None:
        self._control = control

    def Authenticate(
        self, request: identity_service_pb2.AuthenticateRequest, context: grpc.ServicerContext
    ) -> identity_service_pb2.AuthenticateResponse:
        # From the signature and never from the request: a region learns of its own organizations alone.
        region = current_caller()
        with self._control.database.session():
            try:
                principal = self._identify(request)
            # An answer and no error: the region's question was in order, it is its client whom we refuse.
            except CredentialsInvalid as refused:
                return identity_service_pb2.AuthenticateResponse(refusal=refused.message)
            return identity_service_pb2.AuthenticateResponse(principal=principal_message(principal, region=region))

    def _identify(self, request: identity_service_pb2.AuthenticateRequest) -> Principal:
        # Hashes: a region passes no token on, and learns none.
        if request.token_hash:
            return authenticate_token_hash(self._control, request.token_hash)
        if request.session_hash:
            return authenticate_session_hash(self._control, request.session_hash)
        raise FieldMissing.at("session_hash", "this field or token_hash is required.")


class MemberServicer(member_service_pb2_grpc.MemberServiceServicer):
    """Answers regions alone, each about its own organizations alone."""

    def __init__(self, control: Control) -> None:
        self._control = control

    def FindMember(
        self, request: member_service_pb2.FindMemberRequest, context: grpc.ServicerContext
    ) -> member_service_pb2.FindMemberResponse:
        if not (request.user_id or request.email):
            raise FieldMissing.at("email", "this field or user_id is required.")
        found = find_member(
            self._control,
            region=current_caller(),
            organization_id=request.organization_id,
            user_id=request.user_id or None,
            email=request.email or None,
        )
        return member_service_pb2.FindMemberResponse(member=user_message(found) if found else None)
