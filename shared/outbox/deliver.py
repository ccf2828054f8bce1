"""Delivering: reads the editions of claimed objects and sends them in as few calls as the limits allow.

The sending half of the engine. Owns batching by size and the reading of answers; refuses to know any category.
"""

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from itertools import chain
from typing import Protocol, TypeAlias

import grpc
import structlog
from grpc_health.v1 import health_pb2, health_pb2_grpc

from shared.category import Category
from shared.database.database import Database
from shared.errors import Internal, SiloError
from shared.outbox.edition import read_changes
from shared.outbox.message import Claim, Rejection
from shared.outbox.wire import SentChange, request_body
from shared.pb.hybridcloud.replication.v1 import replica_service_pb2

log = structlog.get_logger(__name__)

MAX_BATCH_BYTES = 2 * 1024 * 1024
"""Serialized changes that one call carries at most, unless a single change is larger."""
MAX_CHANGE_BYTES = 12 * 1024 * 1024
"""A larger object is rejected here: no silo would take the call."""
MAX_REASON_LENGTH = 64
MAX_MESSAGE_LENGTH = 1_000
"""Characters of a rejection that are believed."""
DELIVERY_SECONDS = 10.0
"""Deadline of one call; well within the lease."""
HEALTH_SECONDS = 2.0

FIRST_READ = 64
"""States that are read at once before anything is known of their size."""
MAX_READ_BYTES = 8 * 1024 * 1024
"""States that are read at once afterwards, when the others are as large as the largest so far."""

_APPLY_CHANGES = "/hybridcloud.replication.v1.ReplicaService/ApplyChanges"
_Response = replica_service_pb2.ApplyChangesResponse
_REJECTED = replica_service_pb2.ChangeResult.OUTCOME_REJECTED
_TAKEN = (replica_service_pb2.ChangeResult.OUTCOME_APPLIED, replica_service_pb2.ChangeResult.OUTCOME_STALE)
_OVERHEAD_BYTES = 48
"""What a change takes beside its state, at most."""

_Rejections: TypeAlias = dict[tuple[str, int], Rejection]
"""By category and id of the object."""


class Load(Protocol):
    """Reads current states, in one statement. Runs in a session, outside any call."""

    def __call__(self, category: Category, object_ids: Sequence[int], *, destination: str) -> Sequence[SentChange]:
        """A change for each object, its tombstone when it is gone or of no interest to the destination any more."""
        ...


@dataclass(frozen=True)
class ReplicaDestination:
    """A silo reached over gRPC. Implements ``Destination``."""

    database: Database
    name: str
    channel: Callable[[], grpc.Channel]
    """Gives the channel to use now; raises ``RegionNotFound`` while the address is not known."""
    load: Load = read_changes

    def deliver(self, claims: Sequence[Claim]) -> list[Rejection | None]:
        rejections: _Rejections = {}
        # Like the generated stub's, but for serializing: what is sent is bytes already.
        apply = self.channel().unary_unary(_APPLY_CHANGES, None, _Response.FromString)
        for changes in _calls(self._read(claims), rejections):
            results = apply(request_body(changes), timeout=DELIVERY_SECONDS).results
            rejections |= self._rejections(changes, results)
        if not rejections:
            return [None] * len(claims)
        # An object with neither state nor tombstone was never committed: there is nothing to deliver.
        return [rejections.get((claim.category, claim.object_id)) for claim in claims]

    def is_serving(self) -> bool:
        try:
            stub = health_pb2_grpc.HealthStub(self.channel())
            answer = stub.Check(health_pb2.HealthCheckRequest(), timeout=HEALTH_SECONDS)
        except SiloError:
            return False
        return bool(answer.status == health_pb2.HealthCheckResponse.SERVING)

    def _rejections(
        self, changes: Sequence[SentChange], results: Sequence[replica_service_pb2.ChangeResult]
    ) -> _Rejections:
        """Raises:
        Internal: the silo answers what cannot be. Nobody knows which object it has, so that nothing is settled by it.
        """
        if len(results) != len(changes):
            raise Internal(f"{self.name} answers {len(results)} results to {len(changes)} changes.")
        rejections: _Rejections = {}
        for change, result in zip(changes, results, strict=True):
            outcome = result.outcome
            if outcome in _TAKEN:
                continue
            if outcome != _REJECTED:
                text = f"{self.name} answers the outcome {outcome} for {change.category} {change.object_id}."
                raise Internal(text)
            rejections[change.category, change.object_id] = _rejection(result)
        return rejections

    def _read(self, claims: Sequence[Claim]) -> Iterator[Sequence[SentChange]]:
        """Some at a time, so that a thousand large states are never here at once; between them no session is open."""
        ids: dict[str, list[int]] = {}
        for claim in claims:
            ids.setdefault(claim.category, []).append(claim.object_id)
        for category, object_ids in ids.items():
            # The first few tell how large the others may be: of small ones all can be read in one statement more.
            start, at_once = 0, FIRST_READ
            while start < len(object_ids):
                some = object_ids[start : start + at_once]
                # Ended before the call: a destination that hangs holds nothing here.
                with self.database.session():
                    changes = self.load(Category(category), some, destination=self.name)
                yield changes
                start += len(some)
                largest = max(map(_size, changes), default=0)
                at_once = max(1, MAX_READ_BYTES // (largest + 1))


def _calls(read: Iterable[Sequence[SentChange]], rejections: _Rejections) -> Iterator[Sequence[SentChange]]:
    """Cuts changes into calls. Rejects at once those that no call could carry."""
    call: list[SentChange] = []
    left = MAX_BATCH_BYTES
    for change in chain.from_iterable(read):
        size = _size(change)
        if size > MAX_CHANGE_BYTES:
            text = f"The state has {size} bytes; {MAX_CHANGE_BYTES} is the limit."
            rejections[change.category, change.object_id] = Rejection("BODY_TOO_LARGE", text, permanent=True)
            continue
        if size > left and call:
            yield call
            call, left = [], MAX_BATCH_BYTES
        call.append(change)
        left -= size
    if call:
        yield call


def _size(change: SentChange) -> int:
    return _OVERHEAD_BYTES + (0 if change.state is None else len(change.state))


def _rejection(result: replica_service_pb2.ChangeResult) -> Rejection:
    # It is kept with the message and shown to operators; who took a silo could else fill the disk of another.
    reason, message = result.reason[:MAX_REASON_LENGTH], result.message[:MAX_MESSAGE_LENGTH]
    return Rejection(reason, message, permanent=result.permanent)
