"""Delivering: reads the editions of claimed objects and sends them in as few calls as the limits allow.

The sending half of the engine. Owns batching by size and the reading of answers; refuses to know any category.
"""

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import Protocol

import grpc
import structlog
from grpc_health.v1 import health_pb2, health_pb2_grpc

from shared.category import Category, category_of
from shared.database.database import Database
from shared.errors import Internal, SiloError
from shared.outbox.edition import read_changes
from shared.outbox.message import Claim, Rejection
from shared.pb.hybridcloud.replication.v1 import replica_pb2, replica_service_pb2, replica_service_pb2_grpc

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

_REJECTED = replica_service_pb2.ChangeResult.OUTCOME_REJECTED
_OUTCOMES = {
    _REJECTED,
    replica_service_pb2.ChangeResult.OUTCOME_APPLIED,
    replica_service_pb2.ChangeResult.OUTCOME_STALE,
}


class Load(Protocol):
    """Reads current states. Runs in a snapshot, outside any call."""

    def __call__(
        self, category: Category, object_ids: Sequence[int], *, destination: str
    ) -> Iterable[replica_pb2.Change]:
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
        states = self._read(claims)
        answers: dict[tuple[str, int], Rejection | None] = {}
        stub = replica_service_pb2_grpc.ReplicaServiceStub(self.channel())
        for batch in _batches(states, answers):
            request = replica_service_pb2.ApplyChangesRequest(changes=batch)
            response = stub.ApplyChanges(request, timeout=DELIVERY_SECONDS)
            self._check(batch, response.results)
            for change, result in zip(batch, response.results, strict=True):
                answers[_key(change)] = _rejection(result)
        # An object with neither state nor tombstone was never committed: there is nothing to deliver.
        return [answers.get((claim.category, claim.object_id)) for claim in claims]

    def is_serving(self) -> bool:
        try:
            stub = health_pb2_grpc.HealthStub(self.channel())
            answer = stub.Check(health_pb2.HealthCheckRequest(), timeout=HEALTH_SECONDS)
        except SiloError:
            return False
        return bool(answer.status == health_pb2.HealthCheckResponse.SERVING)

    def _check(self, batch: Sequence[replica_pb2.Change], results: Sequence[replica_service_pb2.ChangeResult]) -> None:
        """Raises:
        Internal: the silo answers what cannot be. Nobody knows which object it has, so that nothing is settled by it.
        """
        if len(results) != len(batch):
            raise Internal(f"{self.name} answers {len(results)} results to {len(batch)} changes.")
        for change, result in zip(batch, results, strict=True):
            if result.outcome not in _OUTCOMES:
                category, object_id = _key(change)
                raise Internal(f"{self.name} answers the outcome {result.outcome} for {category} {object_id}.")

    def _read(self, claims: Sequence[Claim]) -> list[replica_pb2.Change]:
        ids: dict[str, list[int]] = {}
        for claim in claims:
            ids.setdefault(claim.category, []).append(claim.object_id)
        # One snapshot for the batch, ended before the call: no object is read half before and half after a commit.
        with self.database.snapshot():
            return [
                change
                for category, object_ids in ids.items()
                for change in self.load(Category(category), object_ids, destination=self.name)
            ]


def _batches(
    changes: Iterable[replica_pb2.Change], answers: dict[tuple[str, int], Rejection | None]
) -> Iterator[list[replica_pb2.Change]]:
    """Cuts changes into calls; answers at once for those that no call could carry."""
    batch: list[replica_pb2.Change] = []
    size = 0
    for change in changes:
        bytes_ = change.ByteSize()
        if bytes_ > MAX_CHANGE_BYTES:
            answers[_key(change)] = Rejection(
                "BODY_TOO_LARGE", f"The state has {bytes_} bytes; {MAX_CHANGE_BYTES} is the limit.", permanent=True
            )
            continue
        if batch and size + bytes_ > MAX_BATCH_BYTES:
            yield batch
            batch, size = [], 0
        batch.append(change)
        size += bytes_
    if batch:
        yield batch


def _key(change: replica_pb2.Change) -> tuple[str, int]:
    return category_of(change.category), change.object_id


def _rejection(result: replica_service_pb2.ChangeResult) -> Rejection | None:
    if result.outcome != _REJECTED:
        return None
    # It is kept with the message and shown to operators; who took a silo could else fill the disk of another.
    reason, message = result.reason[:MAX_REASON_LENGTH], result.message[:MAX_MESSAGE_LENGTH]
    return Rejection(reason, message, permanent=result.permanent)
