"""Repair: what an owner does about replicas that differ from what it has.

Applying never goes back, so a replica that is wrong at its version, or ahead, is outranked: the object gets an edition
newer than the one held, made of its rows anew. Refuses to know any category.
"""

from collections.abc import Collection, Iterable, Mapping

from shared.category import Category, Owner, owner_of
from shared.database.locking import pass_over_ids
from shared.database.transaction import Transaction
from shared.domain.region_id import MAX_ID as MAX_EXACT_ID
from shared.errors import FieldMissing, InvalidInput
from shared.outbox.apply import MAX_VERSION as MAX_APPLIED_VERSION
from shared.outbox.edition import destinations_due
from shared.outbox.editions import make_editions, states_of
from shared.outbox.enqueue import enqueue
from shared.outbox.kind import Kinds
from shared.pb.hybridcloud.operations.v1 import outbox_service_pb2

MAX_REPLICAS = 1000
"""Replicas that one call may name."""
MAX_VERSION = MAX_APPLIED_VERSION // 2
"""The greatest version that can be outranked. Whoever took a silo may say that it holds any, and the object's edition
then is newer still: all its other holders have to take that, and as many more as will ever follow."""

MAX_ID = MAX_EXACT_ID // 2
"""The greatest id that can be repaired: what its owner makes afterwards has greater ones, which JSON has to hold."""


def held_versions(replicas: Iterable[outbox_service_pb2.HeldReplica]) -> dict[int, int]:
    """By object id, the version that is held.

    Raises:
        FieldMissing: there is none, or one names no object.
        InvalidInput: too many, one twice, or an id or a version that is too great.
    """
    named = list(replicas)
    held = {replica.object_id: replica.version for replica in named}
    if not named:
        raise FieldMissing.at("replicas", "at least one is required.")
    if len(named) > MAX_REPLICAS:
        raise InvalidInput.at("replicas", f"{len(named)} is more than the {MAX_REPLICAS} that one call may name.")
    if len(held) < len(named):
        raise InvalidInput.at("replicas", "an object is named twice.")
    if min(held) <= 0:
        raise FieldMissing.at("replicas.object_id", "a positive id is required.")
    if max(held) > MAX_ID:
        raise InvalidInput.at("replicas.object_id", f"each is a number from 1 to {MAX_ID}.")
    if not 0 <= min(held.values()) <= max(held.values()) <= MAX_VERSION:
        raise InvalidInput.at("replicas.version", f"each is a number from 0 to {MAX_VERSION}.")
    return held


def repair(
    tx: Transaction, kinds: Kinds, category: Category, held: Mapping[int, int], *, destination: str
) -> Collection[int]:
    """Gives each object an edition newer than what is held of it, unless it has one, and makes it due.

    Args:
        tx: the transaction to do it in.
        kinds: of this silo.
        category: what kind of objects.
        held: by object id, the version that the destination holds; 0 for nothing.
        destination: the silo that holds the replicas.

    Returns:
        Ids of objects that are left alone, since another silo may be the one that knows of them.

    Raises:
        RegionNotFound: this silo sends nothing to such a destination.
    """
    kinds.check_told(destination)
    kind = kinds.owned_kind(category)
    if kind.numbered is not None:
        # A new object with the id of one that this silo has lost, say by a restored backup, would meet the tombstone of
        # that one, and whatever the holder still knows by the id. First of all: it may wait for who writes the table.
        pass_over_ids(tx, kind.numbered, newest=max(held))
    due = destinations_due(tx.database, {category: sorted(held)})
    known = set(held)
    if owner_of(category) is Owner.REGION:
        # Several silos own some of these objects each. Whatever has no rows here may be another's, and nothing is
        # deleted by a repair because it is missing here.
        known &= states_of(kind, list(held)).keys()
    # Control owns all objects of a category, so what has no rows there is deleted wherever it is held; but for what
    # concerns an organization that it does not know: the silo that asks may be the one that should hold it.
    unnamed = {
        each for each in held if None in due.get((category, each), ()) and destination not in due[category, each]
    }
    wanted = sorted(known - unnamed)
    make_editions(tx, kinds, [(category, each) for each in wanted], outranked=held)
    # Also what has a newer edition already: its message may have been parked, or lost with what was held.
    enqueue(tx, category, wanted, destinations=[destination])
    return held.keys() - set(wanted)
