"""Making editions of the rows that they speak of, and enqueueing what is new.

Editions are locked before states are made, in one order. So versions follow the order of commits, two transactions that
change parts of one object each see what the other has done, and none waits for another in a circle.
"""

from collections import defaultdict
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field

import peewee

from shared.category import Category
from shared.database.transaction import Transaction
from shared.outbox.edition import (
    UNMADE,
    Key,
    KnownEdition,
    Listed,
    Part,
    checksum_of,
    list_interest,
    lock_with_interest,
)
from shared.outbox.kind import Kinds, OwnedKind
from shared.outbox.new_edition import NewEdition, write_editions

AT_ONCE = 500
"""Objects whose states are made with one set of statements, so that a change of very many needs no more memory."""

_NOTHING = KnownEdition(version=0, schema=UNMADE, checksum=b"", holders=frozenset())


def make_editions(
    tx: Transaction,
    kinds: Kinds,
    keys: Iterable[Key],
    *,
    outranked: Mapping[int, int] | None = None,
    carries_over: bool = False,
) -> Mapping[Key, int]:
    """Makes the editions of these objects, and enqueues those that others have to hear of.

    Args:
        tx: the transaction to do it in.
        kinds: of this silo.
        keys: category and id of each object.
        outranked: by object id, a version that the edition has to be newer than.
        carries_over: whether what is ``UNMADE`` is made under the version that it has, which its holders have already.

    Returns:
        The version of each object, also of those that stayed as they were; an object that never was has none.
    """
    versions: dict[Key, int] = {}
    ordered = sorted(set(keys))
    for start in range(0, len(ordered), AT_ONCE):
        some = ordered[start : start + AT_ONCE]
        making = _Making(tx, kinds, some, outranked or {}, carries_over=carries_over)
        editions = list(making.editions())
        versions |= making.unchanged | {each.key: each.version for each in editions}
        write_editions(tx, editions)
    return versions


@dataclass
class _Making:
    """Some objects, whose editions are held."""

    tx: Transaction
    kinds: Kinds
    keys: Sequence[Key]
    outranked: Mapping[int, int]
    carries_over: bool = field(kw_only=True)
    unchanged: dict[Key, int] = field(default_factory=dict, init=False)
    """Versions of the objects that stay as they were."""

    def editions(self) -> Iterator[NewEdition]:
        """Those that are to be written."""
        by_category: defaultdict[Category, list[int]] = defaultdict(list)
        for category, object_id in self.keys:
            by_category[category].append(object_id)
        known, due = lock_with_interest(self.tx, by_category)
        # Read after the locks are had: whoever had them before has committed, so what it did is seen.
        for category, ids in by_category.items():
            kind = self.kinds.owned_kind(category)
            states = states_of(kind, ids)
            for object_id in ids:
                key = (category, object_id)
                yield from self._next(key, known.get(key), kind.schema, states.get(object_id), due.get(key, ()))

    def _next(
        self, key: Key, before: KnownEdition | None, schema: int, state: bytes | None, due: Collection[str | None]
    ) -> Iterator[NewEdition]:
        """The edition that follows, unless it is the one that there is."""
        if before is None and state is None and key[1] not in self.outranked:
            return  # nobody ever heard of the object, and there is nothing to hear
        known, checksum = before or _NOTHING, checksum_of(state)
        holders = _holders(known, due) if state is not None else frozenset()
        # Where nothing changed nothing is sent. But a silo that comes to hold the object, or no longer should, takes
        # only a newer version: it may have the tombstone of this one, or the state.
        is_made = known.schema != UNMADE
        stays = (known.checksum, known.holders) == (checksum, holders) if is_made else self.carries_over
        version = max(known.version + (0 if stays and before else 1), self.outranked.get(key[1], 0) + 1)
        if version == known.version and schema == known.schema:
            self.unchanged[key] = version
            return
        told = holders | known.holders if version != known.version else frozenset()
        yield NewEdition(*key, version, schema, state, checksum, holders, told)


def states_of(kind: OwnedKind, ids: Collection[int]) -> Mapping[int, bytes]:
    """By id, the states of those objects that are live, as editions have them."""
    # Deterministic, so that equal states have equal bytes, and equal bytes one checksum on every silo.
    return {object_id: state.SerializeToString(deterministic=True) for object_id, state in kind.states(ids)}


def list_anew(kind: OwnedKind, destination: str, *, part: Part) -> Listed:
    """Like ``list_due``, but with the checksums of states that are made of the rows now. Needs a snapshot.

    An object whose edition is missing, or is a tombstone by mistake, is listed too.
    """
    listed = list_interest(kind.category, destination, part=part)
    states: dict[int, bytes] = {}
    for some in peewee.chunked([object_id for object_id, _ in listed], AT_ONCE):
        states |= states_of(kind, some)
    return [(object_id, max(version, 1), checksum_of(states.get(object_id))) for object_id, version in listed]


def _holders(known: KnownEdition, due: Collection[str | None]) -> frozenset[str]:
    """The silos that should hold a live object; where its owner cannot tell, those that hold it may keep it."""
    named = frozenset(each for each in due if each is not None)
    return named | known.holders if None in due else named
