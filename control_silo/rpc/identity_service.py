"""``IdentityService`` on control: regions ask who is behind the credentials they were shown."""

import grpc

from control_silo.services.control import Control
from control_silo.services.identity import Principal, identify_session_hash, identify_token_hash
from control_silo.services.principal_message import principal_message
from shared.config import CONTROL
from shared.errors import CredentialsInvalid, FieldMissing, PermissionDenied
from shared.outbox.replica_servicer import SERVICE_PREFIX
from shared.pb.hybridcloud.users.v1 import identity_service_pb2, identity_service_pb2_grpc
from shared.rpc.served import current_caller


class IdentityServicer(identity_service_pb2_grpc.IdentityServiceServicer):
    """Answers regions alone, each about its own organizations alone."""

    def __init__(self, control: Control) -> None:
        self._control = control

    def Authenticate(
        self, request: identity_service_pb2.AuthenticateRequest, context: grpc.ServicerContext
    ) -> identity_service_pb2.AuthenticateResponse:
        region = _calling_region()
        with self._control.database.session():
            try:
                principal = self._identify(request)
            except CredentialsInvalid as refused:
                return identity_service_pb2.AuthenticateResponse(refusal=refused.message)
            return identity_service_pb2.AuthenticateResponse(principal=principal_message(principal, region=region))

    def _identify(self, request: identity_service_pb2.AuthenticateRequest) -> Principal:
        if request.token_hash:
            return identify_token_hash(self._control, request.token_hash)
        if request.session_hash:
            return identify_session_hash(self._control, request.session_hash)
        raise FieldMissing.at("session_hash", "this field or token_hash is required.")


def _calling_region() -> str:
    caller = current_caller()
    if not caller or caller == CONTROL or caller.startswith(SERVICE_PREFIX):
        raise PermissionDenied("Only a region may ask who is behind a credential.")
    return caller
