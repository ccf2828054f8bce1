"""Credentials of apps, of which a region holds those that its organizations own or have installed."""

from typing import Any

from region_silo.models.replica import CredentialReplica
from region_silo.replication.held import RegionKind, replica
from shared.app_service.credential import credential_part
from shared.category import Category
from shared.pb.hybridcloud.replication.v1 import replica_pb2


class CredentialKind(RegionKind):
    """Credentials; ``state`` is the part of an ``RpcSentryApp`` that its credential is."""

    category = Category.CREDENTIAL
    model = CredentialReplica

    def row(self, change: replica_pb2.Change) -> tuple[Any, ...]:
        # Two messages in a row are one that is merged of both: readers put this behind the app's own bytes.
        return replica(change, part=credential_part(change.credential))
