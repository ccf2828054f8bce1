"""What was committed and what was shown: the replication contract, checked sentence by sentence.

Owns the judgement. Refuses to know how either came about.
"""

from collections import defaultdict
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import TypeAlias

State: TypeAlias = str | None
"""What an object says; None: it is deleted."""


class ContractBroken(BaseException):
    """A sentence of the contract does not hold. No error that a worker whose call is under way may handle."""


@dataclass
class Ledger:
    """Remembers every committed state, and the newest version that each holder has shown."""

    committed: defaultdict[int, dict[int, State]] = field(default_factory=lambda: defaultdict(dict))
    """By object and version."""
    _shown: dict[tuple[str, int], int] = field(default_factory=dict)

    def commit(self, object_id: int, version: int, state: State) -> None:
        """Notes a state that the owner committed.

        Raises:
            ContractBroken: the version was used before.
        """
        # Two states under one version: of two holders each could show another one, and both be right.
        if version in self.committed[object_id]:
            raise ContractBroken(f"{object_id} was committed at version {version} twice.")
        self.committed[object_id][version] = state

    def newest(self) -> Mapping[int, tuple[int, State]]:
        """Version and state of every object ever committed, as they are now."""
        return {object_id: max(states.items()) for object_id, states in self.committed.items() if states}

    def show(self, holder: str, object_id: int, version: int, state: State) -> None:
        """Notes what a holder shows of an object.

        Raises:
            ContractBroken: sentence 1: it was never committed; 2: it is older than what was shown before;
                3: it is not what was committed at this version.
        """
        states = self.committed.get(object_id, {})
        if version not in states:
            raise ContractBroken(f"{holder} shows {object_id} at version {version}, which was never committed.")
        if states[version] != state:
            raise ContractBroken(
                f"{holder} shows {object_id} at version {version} as {state!r}; {states[version]!r} was committed."
            )
        # Each holder by itself: nothing is promised about one of them being ahead of another.
        before = self._shown.get((holder, object_id), 0)
        if version < before:
            raise ContractBroken(f"{holder} shows {object_id} at version {version} after it showed {before}.")
        self._shown[holder, object_id] = version

    def forget(self, holder: str, object_id: int) -> None:
        """Raises:
        ContractBroken: sentence 2: what was shown, or its tombstone, is not there any more.
        """
        # A tombstone is shown too; a holder that forgets it would take a late state for a new object.
        if (holder, object_id) in self._shown:
            raise ContractBroken(f"{holder} holds nothing of {object_id} any more, not even a tombstone.")
