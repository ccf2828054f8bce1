"""Digests: how two silos find out in one small answer where their copies differ. Owns buckets and hashing only."""

import hashlib
from collections.abc import Iterable

from shared.pb.hybridcloud.replication.v1 import replica_pb2

BUCKETS = 1024
"""The bucket of an object is its id modulo this."""


def digest_buckets(versions: Iterable[tuple[int, int]]) -> list[int]:
    """One 64-bit digest per bucket of ``(id, version)`` pairs, in any order; an empty bucket has 0.

    The digest is a sum, so equal sets have equal digests however they are listed.
    """
    digests = [0] * BUCKETS
    for object_id, version in versions:
        # A sum and no chain: rows may come in any order, from any index.
        digests[object_id % BUCKETS] += _hash(object_id, version)
    return [digest % 2**64 for digest in digests]


def state_checksum(change: replica_pb2.Change) -> bytes:
    """SHA-256 of the state that a change carries; empty for a tombstone."""
    kind = change.WhichOneof("state")
    if kind is None:
        return b""
    # Deterministic, since the same map may be written in any order otherwise.
    return hashlib.sha256(getattr(change, kind).SerializeToString(deterministic=True)).digest()


def _hash(object_id: int, version: int) -> int:
    # Both in eight bytes, so that no two pairs are written alike.
    pair = object_id.to_bytes(8, "big", signed=True) + version.to_bytes(8, "big", signed=True)
    return int.from_bytes(hashlib.blake2b(pair, digest_size=8).digest(), "big")
