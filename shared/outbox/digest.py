"""Digests: how two silos find out in one small answer where their copies differ. Owns buckets and hashing only."""

import hashlib
from collections.abc import Iterable

from shared.pb.hybridcloud.replication.v1 import replica_pb2

BUCKETS = 1024
"""The bucket of an object is its id modulo this."""


def digest_buckets(listed: Iterable[tuple[int, int, bytes]], *, with_states: bool = False) -> list[int]:
    """One 64-bit digest per bucket of ``(id, version, checksum)``, in any order; an empty bucket has 0.

    The digest is a sum, so equal sets have equal digests however they are listed, and those of parts add up.

    Args:
        listed: each object once.
        with_states: whether the checksums count; else ids and versions alone.
    """
    digests = [0] * BUCKETS
    for object_id, version, checksum in listed:
        # A sum and no chain: rows may come in any order, from any index.
        digests[object_id % BUCKETS] += _hash(object_id, version, checksum if with_states else b"")
    return [digest % 2**64 for digest in digests]


def state_checksum(change: replica_pb2.Change) -> bytes:
    """SHA-256 of the state that a change carries; empty for a tombstone."""
    kind = change.WhichOneof("state")
    if kind is None:
        return b""
    # Deterministic, since the same map may be written in any order otherwise.
    return hashlib.sha256(getattr(change, kind).SerializeToString(deterministic=True)).digest()


def _hash(object_id: int, version: int, checksum: bytes) -> int:
    # Both numbers in eight bytes, so that no two objects are written alike.
    pair = object_id.to_bytes(8, "big", signed=True) + version.to_bytes(8, "big", signed=True)
    return int.from_bytes(hashlib.blake2b(pair + checksum, digest_size=8).digest(), "big")
