"""Replication over gRPC: ``ReplicaService``, the same for every silo.

Owns who may call what. What a silo owns and holds replicas of is in its kinds, which ``bootstrap`` gives to it.
"""

from collections.abc import Callable, Collection

import grpc

from shared.category import Category, category_of, is_category
from shared.database.database import Database
from shared.domain.peer import is_service
from shared.errors import CallerNotOwner, CategoryUnknown, FieldMissing, InvalidInput
from shared.outbox.apply import apply_changes
from shared.outbox.digest import BUCKETS, digest_buckets
from shared.outbox.edition import Listed, Part, greatest_id, list_due
from shared.outbox.editions import list_anew
from shared.outbox.kind import HeldKind, Kinds, OwnedKind
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
        category = asked_category(request.category)
        with self._database.session():
            if request.destination:
                kind = self._owned(category, request.destination)
                # Who gives out ids itself is told of none, and need not tell what is outside of somebody's interest.
                greatest = greatest_id(category) if kind.numbered is None else 0
                listed: Listed = () if request.ids_only else list_due(category, request.destination)
            else:
                held = self._kinds.held_kind(category)
                greatest = held.greatest_id(self._database)
                listed = () if request.ids_only else _held(held, self._database, anew=request.anew_buckets)
            # Only who gives ids out may know of them, and asks a silo that holds what it owns.
            wants_mentioned = request.with_mentioned and not request.destination
            mentioned = self._kinds.mentioned_ids(self._database) if wants_mentioned else {}
        response = replica_service_pb2.GetDigestsResponse(greatest_id=greatest, mentioned_ids=mentioned)
        if not request.ids_only:
            digests = response.state_digests if request.with_states else response.digests
            digests.extend(digest_buckets(listed, with_states=request.with_states))
        return response

    def ListVersions(  # noqa: N802
        self, request: replica_service_pb2.ListVersionsRequest, context: grpc.ServicerContext
    ) -> replica_service_pb2.ListVersionsResponse:
        page = page_of(request.page_size, request.page_token, default_size=DEFAULT_PAGE_SIZE, max_size=MAX_PAGE_SIZE)
        _check_listing(request)
        with self._database.snapshot():
            # One more than a page, which tells whether there is another.
            found = self._list(request, Part(page.after_id, tuple(request.buckets), page.size + 1))
        response = replica_service_pb2.ListVersionsResponse(
            next_page_token=page.next_token([each[0] for each in found])
        )
        for object_id, version, checksum in found[: page.size]:
            response.versions.add(object_id=object_id, version=version, checksum=checksum)
        return response

    def _list(self, request: replica_service_pb2.ListVersionsRequest, part: Part) -> Listed:
        category = asked_category(request.category)
        if not request.destination:
            held = self._kinds.held_kind(category)
            if request.deep and not request.tombstones:
                return held.list_anew(self._database, part=part)
            return held.list_held(self._database, part=part, tombstones=request.tombstones)
        kind = self._owned(category, request.destination)
        if request.deep:
            return list_anew(kind, request.destination, part=part)
        return list_due(category, request.destination, part=part)

    def _owned(self, category: Category, destination: str) -> OwnedKind:
        """The kind, for whoever may ask what that silo should hold."""
        caller = current_caller()
        if not is_service(caller) and caller != destination:
            raise CallerNotOwner
        return self._kinds.owned_kind(category)


def _held(kind: HeldKind, database: Database, *, anew: Collection[int]) -> Listed:
    """All live replicas, those of some buckets with the checksums of what is stored now. Needs a session.

    Raises:
        InvalidInput: there is no such bucket.
    """
    _check_buckets("anew_buckets", anew)
    if not anew:
        return kind.list_held(database)
    noted = [each for each in kind.list_held(database) if each[0] % BUCKETS not in set(anew)]
    return [*noted, *kind.list_anew(database, part=Part(buckets=tuple(anew)))]


def _check_buckets(field: str, buckets: Collection[int]) -> None:
    if not set(buckets) <= _ALL_BUCKETS:
        raise InvalidInput.at(field, f"each is a number from 0 to {BUCKETS - 1}.")


def _check_listing(request: replica_service_pb2.ListVersionsRequest) -> None:
    _check_buckets("buckets", request.buckets)
    if request.tombstones and request.destination:
        raise InvalidInput.at("tombstones", "an owner keeps none for a destination.")


def asked_category(number: "replica_pb2.Category") -> Category:
    """The category that a request names.

    Raises:
        FieldMissing: it names none.
        CategoryUnknown: it names one that only a later release knows.
    """
    if not is_category(number):
        raise CategoryUnknown
    try:
        return category_of(number)
    except KeyError as exc:
        raise FieldMissing.at("category", "one of the known categories is required.") from exc
