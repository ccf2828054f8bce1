"""Shortening a story that breaks the contract: leaves out whatever it breaks without.

Simple on purpose: the end is cut off, then ever smaller pieces are left out while the same sentence stays broken. What
is left is short enough to read; it need not be the shortest.
"""

from collections.abc import Callable, Collection, Sequence
from dataclasses import dataclass, replace

from simulator.story import Plan, Told

MAX_TRIES = 150
"""Stories told at most to shorten one."""


def shorten(told: Told, *, again: Callable[[Plan], Told]) -> Told:
    """A shorter story that breaks the same sentence, or the same one.

    Args:
        told: a broken one.
        again: tells another.
    """
    shrinker = _Shrinker(told, again)
    shrinker.leave_out(range(told.broken_at + 1, told.plan.steps))
    size = max(1, len(kept(shrinker.best)) // 2)
    while size and shrinker.tries < MAX_TRIES:
        shrinker.leave_out_pieces(size)
        size //= 2
    return shrinker.best


def kept(told: Told) -> Sequence[int]:
    """The steps that the story consists of."""
    return [step for step in range(told.plan.steps) if step not in told.plan.left_out]


@dataclass
class _Shrinker:
    best: Told
    again: Callable[[Plan], Told]
    tries: int = 0

    def leave_out_pieces(self, size: int) -> None:
        start = 0
        while start < len(steps := kept(self.best)) and self.tries < MAX_TRIES:
            # Where a piece was left out, the next one stands in its place.
            if not self.leave_out(steps[start : start + size]):
                start += size

    def leave_out(self, steps: Collection[int]) -> bool:
        """Tells the story without these steps as well; whether it still breaks."""
        self.tries += 1
        plan = replace(self.best.plan, left_out=self.best.plan.left_out.union(steps))
        tried = self.again(plan)
        if not tried.broken or tried.broken[:1] != (self.best.broken or "")[:1]:
            return False
        self.best = tried
        return True
