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
_OUTCOMES = {
    _REJECTED,
    replica_service_pb2.ChangeResult.OUTCOME_APPLIED,
    replica_service_pb2.ChangeResult.OUTCOME_STALE,
}


class Load(Protocol):
    """Reads current states, in one statement. Runs in a session, outside any call."""

    def __call__(self, category: Category, object_ids: Sequence[int], *, destination: str) -> Iterable[SentChange]:
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
        answers: dict[tuple[str, int], Rejection | None] = {}
        # Like the generated stub's, but for serializing: what is sent is bytes already.
        apply = self.channel().unary_unary(_APPLY_CHANGES, None, _Response.FromString)
        for keys, body in _batches(self._changes(claims), answers):
            results = list(apply(body, timeout=DELIVERY_SECONDS).results)
            self._check(keys, results)
            answers.update(zip(keys, map(_rejection, results), strict=True))
        # An object with neither state nor tombstone was never committed: there is nothing to deliver.
        return [answers.get((claim.category, claim.object_id)) for claim in claims]

    def is_serving(self) -> bool:
        try:
            stub = health_pb2_grpc.HealthStub(self.channel())
            answer = stub.Check(health_pb2.HealthCheckRequest(), timeout=HEALTH_SECONDS)
        except SiloError:
            return False
        return bool(answer.status == health_pb2.HealthCheckResponse.SERVING)

    def _check(self, keys: Sequence[tuple[str, int]], results: Sequence[replica_service_pb2.ChangeResult]) -> None:
        """Raises:
        Internal: the silo answers what cannot be. Nobody knows which object it has, so that nothing is settled by it.
        """
        if len(results) != len(keys):
            raise Internal(f"{self.name} answers {len(results)} results to {len(keys)} changes.")
        for (category, object_id), result in zip(keys, results, strict=True):
            if result.outcome not in _OUTCOMES:
                raise Internal(f"{self.name} answers the outcome {result.outcome} for {category} {object_id}.")

    def _changes(self, claims: Sequence[Claim]) -> Iterator[SentChange]:
        """Some at a time, so that a thousand large states are never here at once; between them no session is open."""
        ids: dict[str, list[int]] = {}
        for claim in claims:
            ids.setdefault(claim.category, []).append(claim.object_id)
        for category, object_ids in ids.items():
            start, at_once = 0, FIRST_READ
            while start < len(object_ids):
                some = object_ids[start : start + at_once]
                # Ended before the call: a destination that hangs holds nothing here.
                with self.database.session():
                    changes = list(self.load(Category(category), some, destination=self.name))
                yield from changes
                start += len(some)
                largest = max((change.ByteSize() for change in changes), default=0)
                at_once = max(1, MAX_READ_BYTES // (largest + 1))


def _batches(
    changes: Iterable[SentChange], answers: dict[tuple[str, int], Rejection | None]
) -> Iterator[tuple[list[tuple[str, int]], bytes]]:
    """Cuts changes into calls: which objects, and the request. Answers at once for those that no call could carry."""
    keys: list[tuple[str, int]] = []
    bodies: list[bytes] = []
    size = 0
    for change in changes:
        key, body = (category_of(change.category), change.object_id), change.SerializeToString()
        if len(body) > MAX_CHANGE_BYTES:
            text = f"The state has {len(body)} bytes; {MAX_CHANGE_BYTES} is the limit."
            answers[key] = Rejection("BODY_TOO_LARGE", text, permanent=True)
            continue
        if keys and size + len(body) > MAX_BATCH_BYTES:
            yield keys, request_body(bodies)
            keys, bodies, size = [], [], 0
        keys.append(key)
        bodies.append(body)
        size += len(body)
    if keys:
        yield keys, request_body(bodies)


def _rejection(result: replica_service_pb2.ChangeResult) -> Rejection | None:
    if result.outcome != _REJECTED:
        return None
    # It is kept with the message and shown to operators; who took a silo could else fill the disk of another.
    reason, message = result.reason[:MAX_REASON_LENGTH], result.message[:MAX_MESSAGE_LENGTH]
    return Rejection(reason, message, permanent=result.permanent)
