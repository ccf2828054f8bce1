"""Replication over gRPC: ``ReplicaService``, the same for every silo.

Owns who may call what. What a silo owns and holds replicas of is in its kinds, which ``bootstrap`` gives to it.
"""

from collections.abc import Callable, Mapping

import grpc

from shared.category import Category, category_of
from shared.database.database import Database
from shared.domain.peer import is_service
from shared.errors import CallerNotOwner, FieldMissing, InvalidInput
from shared.outbox.apply import apply_changes
from shared.outbox.digest import BUCKETS, digest_buckets, state_checksum
from shared.outbox.kind import Kinds, Versions
from shared.pb.hybridcloud.replication.v1 import replica_pb2, replica_service_pb2, replica_service_pb2_grpc
from shared.rpc.paging import page_of
from shared.rpc.served import current_caller

DEFAULT_PAGE_SIZE = 1000
MAX_PAGE_SIZE = 5000
_ALL_BUCKETS = frozenset(range(BUCKETS))


class ReplicaServicer(replica_service_pb2_grpc.ReplicaServiceServicer):
    def __init__(self, database: Database, kinds: Kinds, *, committed: Callable[[], None] = lambda: None) -> None:
        """Args:
        database: of this silo.
        kinds: what it owns and holds replicas of.
        committed: called after each commit of applied changes.
        """
        self._database = database
        self._kinds = kinds
        self._committed = committed

    def ApplyChanges(  # noqa: N802
        self, request: replica_service_pb2.ApplyChangesRequest, context: grpc.ServicerContext
    ) -> replica_service_pb2.ApplyChangesResponse:
        tables = self._kinds.tables_for(current_caller())
        results = apply_changes(self._database, request.changes, tables=tables, committed=self._committed)
        return replica_service_pb2.ApplyChangesResponse(results=results)

    def GetDigests(  # noqa: N802
        self, request: replica_service_pb2.GetDigestsRequest, context: grpc.ServicerContext
    ) -> replica_service_pb2.GetDigestsResponse:
        with self._database.session():
            versions = self._versions(asked_category(request.category), request.destination)
        return replica_service_pb2.GetDigestsResponse(digests=digest_buckets(versions))

    def ListVersions(  # noqa: N802
        self, request: replica_service_pb2.ListVersionsRequest, context: grpc.ServicerContext
    ) -> replica_service_pb2.ListVersionsResponse:
        category = asked_category(request.category)
        page = page_of(request.page_size, request.page_token, default_size=DEFAULT_PAGE_SIZE, max_size=MAX_PAGE_SIZE)
        buckets = set(request.buckets) or _ALL_BUCKETS
        if not buckets <= _ALL_BUCKETS:
            raise InvalidInput.at("buckets", f"each is a number from 0 to {BUCKETS - 1}.")
        if request.tombstones and request.destination:
            raise InvalidInput.at("tombstones", "an owner keeps none for a destination.")
        with self._database.snapshot():
            listed = (
                self._kinds.held_kind(category).versions(self._database, tombstones=True)
                if request.tombstones
                else self._versions(category, request.destination)
            )
            wanted = [
                (object_id, version)
                for object_id, version in listed
                if object_id > page.after_id and object_id % BUCKETS in buckets
            ]
            shown = wanted[: page.size]
            live = [] if request.tombstones else [object_id for object_id, _ in shown]
            checksums = self._checksums(category, live, request.destination)
        next_page_token = page.next_token([object_id for object_id, _ in wanted])
        response = replica_service_pb2.ListVersionsResponse(next_page_token=next_page_token)
        for object_id, version in shown:
            response.versions.add(object_id=object_id, version=version, checksum=checksums.get(object_id, b""))
        return response

    def _versions(self, category: Category, destination: str) -> Versions:
        if not destination:
            return self._kinds.held_kind(category).versions(self._database, tombstones=False)
        caller = current_caller()
        if not is_service(caller) and caller != destination:
            raise CallerNotOwner
        return self._kinds.owned_kind(category).list_versions(destination=destination)

    def _checksums(self, category: Category, ids: list[int], destination: str) -> Mapping[int, bytes]:
        if not ids:
            return {}
        if not destination:
            return self._kinds.held_kind(category).checksums(self._database, ids)
        changes = self._kinds.load(category, ids, destination=destination)
        return {change.object_id: state_checksum(change) for change in changes}


def asked_category(number: "replica_pb2.Category") -> Category:
    """The category that a request names.

    Raises:
        FieldMissing: it names none that is known.
    """
    try:
        return category_of(number)
    except KeyError as exc:
        raise FieldMissing.at("category", "one of the known categories is required.") from exc
