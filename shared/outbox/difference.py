"""Differences: an object of which a silo does not hold what its owner says. Owns their words, which operators see."""

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import TypeAlias

Versions: TypeAlias = Mapping[int, tuple[int, bytes]]
"""Version and checksum of live objects, by id."""


class Sort(StrEnum):
    """What a difference is, in a word."""

    MISSING = "missing"
    BEHIND = "behind"
    AHEAD = "ahead"
    """The holder has a newer version than the owner, who was restored, say."""
    ALTERED = "altered"
    """The holder has another state under the same version."""
    LEFT_OVER = "left over"
    """The holder should have nothing of it."""


@dataclass(frozen=True)
class Difference:
    """An object of which the holder does not hold what it should."""

    object_id: int
    expected_version: int
    """What the owners have; 0: the holder should not have it."""
    held_version: int
    """0: the holder has nothing of it."""

    @property
    def kind(self) -> Sort:
        if not self.held_version:
            return Sort.MISSING
        if not self.expected_version:
            return Sort.LEFT_OVER
        if self.held_version == self.expected_version:
            return Sort.ALTERED
        return Sort.BEHIND if self.held_version < self.expected_version else Sort.AHEAD


def version_in(versions: Versions, object_id: int) -> int:
    """The object's version among these; 0: it is not among them."""
    # No version is 0, since an owner counts from 1.
    return versions[object_id][0] if object_id in versions else 0


def differences_between(expected: Versions, held: Versions) -> list[Difference]:
    """What differs, in the order of ids."""
    return [
        Difference(object_id, version_in(expected, object_id), version_in(held, object_id))
        for object_id in sorted(expected.keys() | held.keys())
        # With the checksum: a state that was altered under its version differs, too.
        if expected.get(object_id) != held.get(object_id)
    ]
