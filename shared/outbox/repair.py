"""Repair: what an owner does about replicas that differ from what it has.

Applying never goes back, so a replica that is wrong at its version, or ahead, is outranked: the object gets a version
newer than the one held. Owns the meaning of a request; how the objects of a category are outranked is their kind's.
"""

from collections.abc import Iterable

from shared.errors import FieldMissing, InvalidInput
from shared.pb.hybridcloud.operations.v1 import outbox_service_pb2

MAX_REPLICAS = 1000
"""Replicas that one call may name."""
MAX_VERSION = 2**62
"""The greatest version that can be outranked: a newer one has to fit into 64 bits, with room for all that follow."""

MAX_ID = 2**53
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
