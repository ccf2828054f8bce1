"""Credentials of apps, of which a region holds those that its organizations own or have installed."""

from collections.abc import Iterable, Sequence
from typing import Any

from region_silo.models.replica import CredentialReplica
from region_silo.replication.held import STATE, RegionKind, is_read, replica
from shared.app_service.credential import credential_of, credential_part
from shared.category import Category
from shared.database.database import Database
from shared.pb.hybridcloud.apps.v1 import app_pb2
from shared.pb.hybridcloud.replication.v1 import replica_pb2


class CredentialKind(RegionKind):
    """Credentials; ``state`` is the part of an ``RpcSentryApp`` that its credential is."""

    category = Category.CREDENTIAL
    model = CredentialReplica

    def row(self, change: replica_pb2.Change) -> tuple[Any, ...]:
        # Two messages in a row are one that is merged of both: readers put this behind the app's own bytes.
        return replica(change, part=credential_part(change.credential))

    def restored(self, database: Database, rows: Sequence[Sequence[Any]]) -> Iterable[replica_pb2.Change | None]:
        for row in rows:
            change, part = replica_pb2.Change(object_id=row[0], version=row[1]), app_pb2.RpcSentryApp()
            if is_read(part, row[STATE]):
                change.credential.CopyFrom(credential_of(part))
                yield change
            else:
                yield None
