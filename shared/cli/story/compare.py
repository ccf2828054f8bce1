"""Whether every replica equals what its owner has: digests first, then each object's version and checksum.

Owns which silo is asked for what. Control owns apps, installations and tokens, and is asked what a region should hold;
the regions own organizations, and control holds those of all of them.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any

from shared.cli.access import Access
from shared.config import CONTROL
from shared.pb.hybridcloud.replication.v1 import replica_pb2, replica_service_pb2, replica_service_pb2_grpc
from shared.rpc.channel import SiloChannel

_PAGE_SIZE = 5000
_OF_CONTROL = (replica_pb2.CATEGORY_APP, replica_pb2.CATEGORY_INSTALLATION, replica_pb2.CATEGORY_TOKEN)

Versions = dict[int, tuple[int, bytes]]
"""Version and checksum of live objects, by id."""


@dataclass(frozen=True)
class Comparison:
    """One category in one silo that holds replicas of it."""

    holder: str
    category: str
    """In lower case, such as ``app``."""
    expected: int
    """Objects that the owners say the holder should have."""
    held: int
    digests_equal: bool
    differing: Sequence[int]
    """Ids of objects that are missing, left over, or at another version or state."""

    @property
    def is_equal(self) -> bool:
        return self.digests_equal and not self.differing

    def as_json(self) -> dict[str, Any]:
        return {
            "silo": self.holder,
            "category": self.category,
            "expected": self.expected,
            "held": self.held,
            "digests_equal": self.digests_equal,
            "differing": list(self.differing),
        }


class Comparer:
    """Compares the silos of one platform; keeps its channels open until closed."""

    def __init__(self, access: Access, regions: Sequence[str]) -> None:
        self._regions = regions
        self._channels: dict[str, SiloChannel] = {name: access.channel(name) for name in (CONTROL, *regions)}

    def compare(self) -> list[Comparison]:
        """Every category of every silo.

        Raises:
            SiloError: a silo does not answer.
        """
        return [self._compare(*sides) for sides in self._sides()]

    def digests_are_equal(self) -> bool:
        """The quick question, for asking again and again.

        Raises:
            SiloError: a silo does not answer.
        """
        return all(self._digests_equal(*sides) for sides in self._sides())

    def close(self) -> None:
        for channel in self._channels.values():
            channel.close()

    def _sides(self) -> Iterable[tuple["replica_pb2.Category", Sequence[str], str]]:
        """Category, owners, holder."""
        for region in self._regions:
            for category in _OF_CONTROL:
                yield category, (CONTROL,), region
        yield replica_pb2.CATEGORY_ORGANIZATION, self._regions, CONTROL

    def _compare(self, category: "replica_pb2.Category", owners: Sequence[str], holder: str) -> Comparison:
        expected: Versions = {}
        for owner in owners:
            expected |= self._versions(owner, category, destination=holder)
        held = self._versions(holder, category, destination="")
        return Comparison(
            holder=holder,
            category=replica_pb2.Category.Name(category).removeprefix("CATEGORY_").lower(),
            expected=len(expected),
            held=len(held),
            digests_equal=self._digests_equal(category, owners, holder),
            differing=sorted(key for key in expected.keys() | held.keys() if expected.get(key) != held.get(key)),
        )

    def _digests_equal(self, category: "replica_pb2.Category", owners: Sequence[str], holder: str) -> bool:
        """Digests are sums, so those of several owners add up to the holder's."""
        of_owners = [self._digests(owner, category, destination=holder) for owner in owners]
        expected = [sum(bucket) % 2**64 for bucket in zip(*of_owners, strict=True)]
        return expected == self._digests(holder, category, destination="")

    def _digests(self, silo: str, category: "replica_pb2.Category", *, destination: str) -> list[int]:
        request = replica_service_pb2.GetDigestsRequest(category=category, destination=destination)
        return list(self._stub(silo).GetDigests(request).digests)

    def _versions(self, silo: str, category: "replica_pb2.Category", *, destination: str) -> Versions:
        request = replica_service_pb2.ListVersionsRequest(
            category=category, destination=destination, page_size=_PAGE_SIZE
        )
        found: Versions = {}
        while True:
            page = self._stub(silo).ListVersions(request)
            found |= {each.object_id: (each.version, each.checksum) for each in page.versions}
            if not page.next_page_token:
                return found
            request.page_token = page.next_page_token

    def _stub(self, silo: str) -> replica_service_pb2_grpc.ReplicaServiceStub:
        return replica_service_pb2_grpc.ReplicaServiceStub(self._channels[silo])
