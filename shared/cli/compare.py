"""Whether every replica equals what its owner has: digests of buckets, then the versions and checksums of objects.

Owns which silo is asked for what: control, what a region should hold of the categories that it owns; each region, what
control should hold of the others.
"""

from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from typing import Any

from shared.category import Category, Owner, number_of, owned_by
from shared.cli.access import Access
from shared.domain.peer import CONTROL
from shared.outbox.difference import Difference, Versions, differences_between
from shared.outbox.digest import BUCKETS
from shared.outbox.listing import CALL_SECONDS, list_versions
from shared.pb.hybridcloud.replication.v1 import replica_service_pb2, replica_service_pb2_grpc
from shared.rpc.channel import SiloChannel

_PAGE_SIZE = 5000
_OF_TWO_OWNERS = b"of two owners"
"""In place of the checksum of an object that two silos own, say because one runs on a copy of the other's database:
whatever is held of it, it is not what both have."""


class _StatesUnknown(Exception):
    """A silo of an older release says nothing of states; all silos of a side are asked for the same."""


@dataclass(frozen=True)
class Side:
    """One category in one silo that holds replicas of it."""

    category: Category
    owners: tuple[str, ...]
    holder: str


@dataclass(frozen=True)
class Comparison:
    """All objects of a side."""

    side: Side
    expected: int
    """Objects that the owners say the holder should have."""
    held: int
    digests_equal: bool
    differences: Sequence[Difference]

    @property
    def is_equal(self) -> bool:
        return self.digests_equal and not self.differences

    def as_json(self) -> dict[str, Any]:
        return {
            "silo": self.side.holder,
            "category": self.side.category,
            "expected": self.expected,
            "held": self.held,
            "digests_equal": self.digests_equal,
            "differing": [each.object_id for each in self.differences],
        }


class Comparer:
    """Compares the silos of one platform; keeps its channels open until closed."""

    def __init__(self, access: Access, regions: Sequence[str]) -> None:
        self._regions = regions
        # Opened once: a comparison is some dozen calls to each silo.
        self._channels: dict[str, SiloChannel] = {name: access.channel(name) for name in (CONTROL, *regions)}

    def sides(self) -> Iterator[Side]:
        """Every category of every silo."""
        for region in self._regions:
            # From the contract, so that a new category is compared without being named here.
            for category in owned_by(Owner.CONTROL):
                yield Side(category, (CONTROL,), region)
        # Control holds those of all regions in one table, so that their owners are asked together.
        for category in owned_by(Owner.REGION):
            yield Side(category, tuple(self._regions), CONTROL)

    def compare(self) -> list[Comparison]:
        """Every object of every side, one by one.

        Raises:
            SiloError: a silo does not answer.
        """
        return [self._compare(side) for side in self.sides()]

    def digests_are_equal(self) -> bool:
        """The quick question, for asking again and again.

        Raises:
            SiloError: a silo does not answer.
        """
        return not any(self._differing_buckets(side) for side in self.sides())

    def differences(self, side: Side, *, is_deep: bool) -> list[Difference]:
        """What differs, in the order of ids.

        Args:
            side: what to compare.
            is_deep: look at the state of each object, which its owner makes of its rows anew and its holder of what it
                has stored; else at those alone whose buckets have other digests.

        Raises:
            SiloError: a silo does not answer.
        """
        # Digests are of what is noted of states, so that equal ones say nothing of rows.
        buckets = range(BUCKETS) if is_deep else self._differing_buckets(side)
        if not buckets:
            return []
        return differences_between(
            self._expected(side, buckets, is_deep=is_deep), self._held(side, buckets, is_deep=is_deep)
        )

    def tombstones(self, side: Side, buckets: Collection[int]) -> Mapping[int, int]:
        """By id, the versions of tombstones that the holder keeps.

        Raises:
            SiloError: the holder does not answer.
        """
        found = self._versions(side.holder, side.category, buckets, tombstones=True)
        return {object_id: version for object_id, (version, _) in found.items()}

    def close(self) -> None:
        for channel in self._channels.values():
            channel.close()

    def _compare(self, side: Side) -> Comparison:
        expected, held = self._expected(side, ()), self._held(side, ())
        return Comparison(
            side=side,
            expected=len(expected),
            held=len(held),
            digests_equal=not self._differing_buckets(side),
            # By the objects too, and not by digests alone: what is equal by chance in a sum is seen here.
            differences=differences_between(expected, held),
        )

    def _differing_buckets(self, side: Side) -> list[int]:
        """Digests are sums, so those of several owners add up to the holder's."""
        try:
            return self._differing(side, with_states=True)
        except _StatesUnknown:
            return self._differing(side, with_states=False)

    def _differing(self, side: Side, *, with_states: bool) -> list[int]:
        digests = partial(self._digests, category=side.category, with_states=with_states)
        of_owners = [digests(owner, destination=side.holder) for owner in side.owners]
        # As each silo adds up its own, whose sums would otherwise be equal and look different.
        expected = [sum(bucket) % 2**64 for bucket in zip(*of_owners, strict=True)] or [0] * BUCKETS
        held = digests(side.holder)
        return [bucket for bucket in range(BUCKETS) if expected[bucket] != held[bucket]]

    def _digests(self, silo: str, *, category: Category, with_states: bool, destination: str = "") -> Sequence[int]:
        """Raises:
        _StatesUnknown: the silo is older than digests of states.
        """
        request = replica_service_pb2.GetDigestsRequest(
            category=number_of(category), destination=destination, with_states=with_states
        )
        answer = self._stub(silo).GetDigests(request, timeout=CALL_SECONDS)
        if not with_states:
            return answer.digests
        if not answer.state_digests:
            raise _StatesUnknown
        return answer.state_digests

    def _expected(self, side: Side, buckets: Collection[int], *, is_deep: bool = False) -> dict[int, tuple[int, bytes]]:
        expected: dict[int, tuple[int, bytes]] = {}
        for owner in side.owners:
            owned = self._versions(owner, side.category, buckets, destination=side.holder, is_deep=is_deep)
            twice = {each: (owned[each][0], _OF_TWO_OWNERS) for each in owned.keys() & expected.keys()}
            # Marked and not chosen: whichever owner were believed, the other would differ for ever.
            expected |= {**owned, **twice}
        return expected

    def _held(self, side: Side, buckets: Collection[int], *, is_deep: bool = False) -> Versions:
        return self._versions(side.holder, side.category, buckets, is_deep=is_deep)

    def _versions(
        self,
        silo: str,
        category: Category,
        buckets: Collection[int],
        *,
        destination: str = "",
        tombstones: bool = False,
        is_deep: bool = False,
    ) -> Versions:
        request = replica_service_pb2.ListVersionsRequest(
            category=number_of(category),
            destination=destination,
            buckets=buckets,
            page_size=_PAGE_SIZE,
            tombstones=tombstones,
            deep=is_deep,
        )
        return list_versions(self._stub(silo), request, silo=silo)

    def _stub(self, silo: str) -> replica_service_pb2_grpc.ReplicaServiceStub:
        return replica_service_pb2_grpc.ReplicaServiceStub(self._channels[silo])
