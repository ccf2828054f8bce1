"""Finding what differs between silos, and having it sent again. Owns the waiting; ``compare`` owns the comparing."""

import threading
import time
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from itertools import islice

from shared.category import number_of
from shared.cli.access import Access
from shared.cli.compare import Comparer, Side
from shared.errors import SiloError
from shared.outbox.difference import Difference
from shared.outbox.digest import BUCKETS
from shared.outbox.repair import MAX_ID, MAX_REPLICAS, MAX_VERSION
from shared.pb.hybridcloud.operations.v1 import outbox_service_pb2, outbox_service_pb2_grpc

SETTLE_SECONDS = 2.0
"""How long a replica may stay as it is before it counts as different: replication takes milliseconds."""
REPAIR_SECONDS = 60.0
"""How long a repair may take until everything is equal."""
TIMEOUT_SECONDS = 30.0
_LOOK_SECONDS = 0.1


@dataclass(frozen=True)
class Finding:
    """What was found on one side."""

    side: Side
    differences: Sequence[Difference] = ()
    error: SiloError | None = None
    """Why the side could not be compared."""

    @property
    def is_equal(self) -> bool:
        return not self.differences and self.error is None


def look(comparer: Comparer, *, is_deep: bool, settle_seconds: float = SETTLE_SECONDS) -> list[Finding]:
    """Compares every side. A replica that moves meanwhile is on its way, and does not count as different."""
    # Once at once: most often all is equal, and nobody waits.
    findings = [_compare(comparer, side, is_deep=is_deep) for side in comparer.sides()]
    end = time.monotonic() + settle_seconds
    while any(finding.differences for finding in findings) and time.monotonic() < end:
        threading.Event().wait(_LOOK_SECONDS)
        findings = [_still(comparer, finding, is_deep=is_deep) for finding in findings]
    return findings


def repair(access: Access, comparer: Comparer, findings: Iterable[Finding]) -> None:
    """Has the owners send what differs, under versions that outrank what is held.

    Raises:
        SiloError: an owner does not answer, or said no.
    """
    for finding in findings:
        if not finding.differences:
            continue
        # Read once for all owners: between two readings the holder may have moved.
        replicas = list(_replicas(comparer, finding))
        for owner in finding.side.owners:
            with access.channel(owner) as channel:
                stub = outbox_service_pb2_grpc.OutboxServiceStub(channel)
                for batch in _batches(replicas):
                    request = outbox_service_pb2.RepairReplicasRequest(
                        destination=finding.side.holder, category=number_of(finding.side.category), replicas=batch
                    )
                    stub.RepairReplicas(request, timeout=TIMEOUT_SECONDS)


def await_equal(
    comparer: Comparer, findings: Sequence[Finding], *, is_deep: bool, seconds: float = REPAIR_SECONDS
) -> list[Finding]:
    """The findings once nothing differs any more of what did; or as they are when the time is over."""
    end = time.monotonic() + seconds
    while True:
        findings = [_again(comparer, finding, is_deep=is_deep) for finding in findings]
        if not any(finding.differences for finding in findings) or time.monotonic() >= end:
            return list(findings)
        threading.Event().wait(_LOOK_SECONDS)


def _compare(comparer: Comparer, side: Side, *, is_deep: bool) -> Finding:
    try:
        return Finding(side, comparer.differences(side, is_deep=is_deep))
    except SiloError as exc:
        return Finding(side, error=exc)


def _still(comparer: Comparer, before: Finding, *, is_deep: bool) -> Finding:
    """What differs as it did: the same version is held of it, and it is not the right one."""
    if not before.differences:
        return before
    # A version that moves is being delivered; one that stays wrong is not.
    held = {each.object_id: each.held_version for each in before.differences}
    now = _compare(comparer, before.side, is_deep=is_deep)
    kept = [each for each in now.differences if held.get(each.object_id) == each.held_version]
    return replace(now, differences=kept)


def _again(comparer: Comparer, before: Finding, *, is_deep: bool) -> Finding:
    """What differs of that which did."""
    if not before.differences:
        return before
    ids = {each.object_id for each in before.differences}
    now = _compare(comparer, before.side, is_deep=is_deep)
    if now.error:  # a silo that does not answer just now says nothing of what differs
        return replace(before, error=now.error)
    return replace(now, differences=[each for each in now.differences if each.object_id in ids])


def _replicas(comparer: Comparer, finding: Finding) -> Iterator[outbox_service_pb2.HeldReplica]:
    """What is held, tombstones included: an object that seems to be missing may have one that is too new."""
    missing = {each.object_id % BUCKETS for each in finding.differences if not each.held_version}
    tombstones = comparer.tombstones(finding.side, missing) if missing else {}
    for each in finding.differences:
        version = each.held_version or tombstones.get(each.object_id, 0)
        if each.object_id <= MAX_ID and version <= MAX_VERSION:  # else it stays different, alone
            yield outbox_service_pb2.HeldReplica(object_id=each.object_id, version=version)


def _batches(
    replicas: Iterable[outbox_service_pb2.HeldReplica],
) -> Iterator[list[outbox_service_pb2.HeldReplica]]:
    rest = iter(replicas)
    # A repair holds locks on editions, and so is done in parts.
    while batch := list(islice(rest, MAX_REPLICAS)):
        yield batch
