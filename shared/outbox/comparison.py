"""Comparing what a destination holds with what it should hold, and mending what differs, while messages flow.

One round looks at every category that this silo owns: digests first, then the objects of those buckets alone that
differ. A difference counts only when nothing of its object is under way: the object has no message, and the same
edition, before the destination is asked and after. What differs is mended as an operator's repair mends it.

Owns what a round does, and when it gives way: between steps of a bounded size, as long as anything is due. Refuses to
know when rounds are made, and any category.
"""

import time
from collections import Counter
from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass, field
from typing import TypeAlias

import peewee

from shared.category import Category, number_of
from shared.database.database import Database
from shared.errors import DeadlineExceeded, Internal, InvalidInput
from shared.outbox.claim import due_clause
from shared.outbox.difference import Sort, Versions, differences_between, version_in
from shared.outbox.digest import BUCKETS, digest_buckets
from shared.outbox.edition import Part, count_editions, list_due, versions_of
from shared.outbox.greatest_id import pass_over_mentioned_ids, pass_over_seen_ids
from shared.outbox.kind import Kinds, OwnedKind
from shared.outbox.listing import CALL_SECONDS, TooManyListed, list_versions
from shared.outbox.repair import MAX_ID, repair
from shared.pb.hybridcloud.replication.v1 import replica_service_pb2, replica_service_pb2_grpc

ROUND_SECONDS = 300.0
"""How long a round may take, all its waiting included; the next one finds what is left."""
AT_ONCE = 20_000
"""About how many objects are held in memory, and how many are looked at before live traffic is given way."""
ANEW_AT_ONCE = 5000
"""About how many replicas of a kind a destination looks at anew in one round: one by one, in a call that others wait
beside. Where there are more, it is another part of them each time."""
MAX_LISTED = 5 * AT_ONCE
"""How many objects of some buckets a destination may list at once."""
# One transaction locks as many editions, for which writers of these objects wait.
MENDED_AT_ONCE = 500
MAX_ADOPTED = 50_000
"""Objects that this silo knows nothing of and still buries, in one round: a destination that is taken could else have
it keep any number of tombstones."""
MAX_VERSIONS_AHEAD = 2**24
"""How far a version may be above the owner's to be outranked: more changes than anybody makes between a backup and its
use. A silo that is taken could else use up the versions of what others hold, too."""
_PAGE_SIZE = 5000
PAUSE_SECONDS = 0.02
"""Between steps, and between looks whether live traffic is through."""
SHARE = 0.25
"""How much of the time looking takes at most: after each step it rests for three times what the step took."""

Pause: TypeAlias = Callable[[float], bool]
"""Waits so many seconds; True when the round has to end."""


@dataclass
class Round:
    """What a round has come to so far."""

    objects: int = 0
    """That the destination should hold."""
    found: Counter[Sort] = field(default_factory=Counter)
    mended: int = 0
    adopted: int = 0
    """Those among them that this silo knew nothing of."""
    unmended: list[tuple[Category, int]] = field(default_factory=list)
    """Category and id of what this silo cannot mend."""


class Interrupted(Exception):
    """The process stops."""


@dataclass
class _Pace:
    """How long the present step takes."""

    resumed_at: float = 0.0

    def rest(self) -> float:
        return (time.monotonic() - self.resumed_at) * (1 / SHARE - 1)


@dataclass(frozen=True)
class Comparison:
    """One round with one destination."""

    database: Database
    kinds: Kinds
    destination: str
    stub: replica_service_pb2_grpc.ReplicaServiceStub
    pause: Pause
    ends_at: float
    """On the monotonic clock of this machine."""
    anew_from: int = 0
    """The first bucket of which the destination looks at what it has stored."""
    result: Round = field(default_factory=Round)
    _pace: _Pace = field(default_factory=_Pace)

    def run(self) -> Round:
        """Compares every category, and mends what differs.

        Raises:
            Interrupted: the pause said so.
            DeadlineExceeded: the round took too long; what it found until then is mended.
            SiloError: the destination or this silo's database does not answer.
        """
        self._pace.resumed_at = time.monotonic()
        # Of what others own as well: their ids may be given out here, as those of organizations are.
        for held in self.kinds.held:
            pass_over_seen_ids(self.database, held, self.stub)
        pass_over_mentioned_ids(self.database, self.kinds, self.stub)
        for kind in self.kinds.owned:
            try:
                self._compare(kind)
            except InvalidInput:  # it is older than the category, and holds none; what it lacks waits for its upgrade
                continue
        return self.result

    def _compare(self, kind: OwnedKind) -> None:
        category = kind.category
        # First of all: what is made from here on has an id that nobody has seen.
        pass_over_seen_ids(self.database, kind, self.stub)
        anew = frozenset((self.anew_from + number) % BUCKETS for number in range(self._anew_count(category)))
        request = replica_service_pb2.GetDigestsRequest(
            category=number_of(category), with_states=True, anew_buckets=sorted(anew)
        )
        answer = self.stub.GetDigests(request, timeout=CALL_SECONDS)
        # A silo of the release before knows of versions alone, and is compared by them.
        held, with_states = answer.state_digests or answer.digests, bool(answer.state_digests)
        if len(held) != BUCKETS:
            raise Internal(f"{self.destination} answers {len(held)} digests; there are {BUCKETS} buckets.")
        expected, objects = self._digests(category, with_states=with_states)
        self.result.objects += objects
        # Mostly none: two equal silos compare a million objects by one call a category.
        differing = [bucket for bucket in range(BUCKETS) if expected[bucket] != held[bucket]]
        # Ids are spread evenly, so that each bucket has about its share of the objects.
        buckets_at_once = max(1, BUCKETS * AT_ONCE // max(objects, AT_ONCE))
        for buckets in peewee.chunked(differing, buckets_at_once):
            self._give_way(rest=self._pace.rest())
            self._compare_buckets(kind, tuple(buckets))

    def _anew_count(self, category: Category) -> int:
        """How many buckets the destination looks at as they are stored, and not as they were noted."""
        with self.database.session():
            objects = count_editions(category)
        return max(1, min(BUCKETS, BUCKETS * ANEW_AT_ONCE // max(1, objects)))

    def _digests(self, category: Category, *, with_states: bool) -> tuple[Sequence[int], int]:
        """What the destination should hold, by bucket, and how many objects that is."""
        digests, objects, after_id = [0] * BUCKETS, 0, 0
        while True:
            self._give_way(rest=self._pace.rest())
            with self.database.session():
                some = list_due(category, self.destination, part=Part(after_id, limit=AT_ONCE))
            # Digests are sums, so those of parts add up to that of the whole.
            part = digest_buckets(some, with_states=with_states)
            digests = [(one + other) % 2**64 for one, other in zip(digests, part, strict=True)]
            objects += len(some)
            if len(some) < AT_ONCE:
                return digests, objects
            after_id = some[-1][0]

    def _compare_buckets(self, kind: OwnedKind, buckets: tuple[int, ...]) -> None:
        """Those together, or by halves where the destination holds more in them than fits."""
        try:
            self._compare_together(kind, buckets)
        except TooManyListed:
            if len(buckets) == 1:
                raise Internal(f"{self.destination} lists more than {MAX_LISTED} objects in one bucket.") from None
            middle = len(buckets) // 2
            self._compare_buckets(kind, buckets[:middle])
            self._compare_buckets(kind, buckets[middle:])

    def _compare_together(self, kind: OwnedKind, buckets: tuple[int, ...]) -> None:
        category = kind.category
        before, waited = self._look(category, buckets)
        # Asked between two looks of our own, with no transaction open: the answer may take seconds.
        held = self._held(category, buckets)
        candidates = [each for each in differences_between(before, held) if each.object_id not in waited]
        missing = {each.object_id % BUCKETS for each in candidates if not each.held_version}
        # An object that seems to be missing may have a tombstone that is too new.
        tombstones = self._held(category, sorted(missing), tombstones=True) if missing else {}
        after, waits = self._look(category, buckets)
        # Without a message, and unchanged between the looks, an object has had nothing on its way all the while.
        found = [
            each
            for each in candidates
            if each.object_id not in waits and before.get(each.object_id) == after.get(each.object_id)
        ]
        self.result.found.update(each.kind for each in found)
        versions = {each.object_id: each.held_version or version_in(tombstones, each.object_id) for each in found}
        for some in peewee.chunked(sorted(versions), MENDED_AT_ONCE):
            self._mend(category, {object_id: versions[object_id] for object_id in some})

    def _look(self, category: Category, buckets: tuple[int, ...]) -> tuple[Versions, Collection[int]]:
        """What the destination should hold, and the objects that a message tells of, at one moment."""
        statement = "SELECT object_id FROM outbox WHERE destination = ? AND category = ?"
        with self.database.snapshot():
            due = list_due(category, self.destination, part=Part(buckets=buckets))
            # Parked ones too: of those an operator is told already.
            waiting = self.database.rows(statement, (self.destination, category.value))
        return {object_id: (version, checksum) for object_id, version, checksum in due}, {each for (each,) in waiting}

    def _held(self, category: Category, buckets: Sequence[int], *, tombstones: bool = False) -> Versions:
        request = replica_service_pb2.ListVersionsRequest(
            category=number_of(category),
            buckets=buckets,
            page_size=_PAGE_SIZE,
            tombstones=tombstones,
            # They are few who differ, and each as it is stored may be why.
            deep=not tombstones,
        )
        return list_versions(self.stub, request, silo=self.destination, limit=MAX_LISTED, pause=self._give_way)

    def _mend(self, category: Category, held: Mapping[int, int]) -> None:
        """Makes some objects due, each under a version that outranks the one held."""
        self._give_way()
        with self.database.transaction() as tx:
            known = versions_of(category, held)
            foreign = sorted(held.keys() - known.keys())
            # The lowest ids are buried and the others left: in the order of ids a round goes on where the one before
            # ended.
            refused = set(foreign[max(0, MAX_ADOPTED - self.result.adopted) :])
            self.result.adopted += len(foreign) - len(refused)
            mendable = {
                object_id: version
                for object_id, version in held.items()
                if object_id not in refused
                and 0 < object_id <= MAX_ID
                and version <= known.get(object_id, 0) + MAX_VERSIONS_AHEAD
            }
            unknown = (
                set(repair(tx, self.kinds, category, mendable, destination=self.destination)) if mendable else set()
            )
        self.result.mended += len(mendable) - len(unknown)
        self.result.unmended += [(category, each) for each in sorted(unknown | (held.keys() - mendable.keys()))]

    def _give_way(self, *, rest: float = 0.0) -> None:
        """Returns once nothing is due to the destination.

        Args:
            rest: for how many seconds the round rests first, whatever is due. What differs is mended without.

        Raises:
            Interrupted: the process stops.
            DeadlineExceeded: the round took too long.
        """
        while True:
            if time.monotonic() >= self.ends_at:
                raise DeadlineExceeded("The comparison took too long.")
            # Looked at after each pause, since a backlog may grow while one rests.
            if self.pause(max(PAUSE_SECONDS, rest)):
                raise Interrupted
            rest = 0.0
            self._pace.resumed_at = time.monotonic()
            with self.database.session():
                # A session for one look: nothing is held while live traffic goes first.
                if not self.database.rows(_IS_DUE.format(due=due_clause(self.database)), (self.destination,)):
                    return


_IS_DUE = "SELECT 1 FROM outbox WHERE destination = ? AND {due} LIMIT 1"
