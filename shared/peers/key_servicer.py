"""``KeyService``: an operator's view of the keys of one silo, the same for every silo."""

import grpc

from shared.errors import FieldMissing
from shared.pb.hybridcloud.operations.v1 import key_pb2, key_service_pb2, key_service_pb2_grpc
from shared.peers.keys import KnownKey, PeerKeys


class KeyServicer(key_service_pb2_grpc.KeyServiceServicer):
    """Serves ``KeyService``. That operators alone may call it is the table of rights."""

    def __init__(self, keys: PeerKeys) -> None:
        self._keys = keys

    def ListKeys(  # noqa: N802
        self, request: key_service_pb2.ListKeysRequest, context: grpc.ServicerContext
    ) -> key_service_pb2.ListKeysResponse:
        return key_service_pb2.ListKeysResponse(
            keys=[_message(key) for key in self._keys.list()], keeps_keys=self._keys.can_keep
        )

    def AddKey(  # noqa: N802
        self, request: key_service_pb2.AddKeyRequest, context: grpc.ServicerContext
    ) -> key_service_pb2.AddKeyResponse:
        if not request.peer:
            raise FieldMissing.at("peer", "this field is required.")
        key, is_in_force = self._keys.add(request.peer)
        return key_service_pb2.AddKeyResponse(key_id=key.id, secret=key.secret.decode(), in_force=is_in_force)

    def RevokeKey(  # noqa: N802
        self, request: key_service_pb2.RevokeKeyRequest, context: grpc.ServicerContext
    ) -> key_service_pb2.RevokeKeyResponse:
        # Both, although the id alone would name the key: see `PeerKeys.revoke`.
        for field in ("peer", "key_id"):
            if not getattr(request, field):
                raise FieldMissing.at(field, "this field is required.")
        self._keys.revoke(request.peer, request.key_id)
        return key_service_pb2.RevokeKeyResponse()


def _message(key: KnownKey) -> key_pb2.PeerKey:
    message = key_pb2.PeerKey(peer=key.peer, key_id=key.id, kept=key.is_kept, shared=key.is_shared)
    if key.added_at is not None:
        message.added_at.FromDatetime(key.added_at)
    if key.revoked_at is not None:
        message.revoked_at.FromDatetime(key.revoked_at)
    return message
