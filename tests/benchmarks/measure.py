"""What a benchmark says, and how rates and times are taken."""

import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass


@dataclass(frozen=True)
class Goal:
    """How good a figure should be: its ratio to the baseline, or the value itself."""

    limit: float
    is_least: bool = False
    """Whether more is better."""
    is_ratio: bool = True

    def is_met(self, figure: float) -> bool:
        return figure >= self.limit if self.is_least else figure <= self.limit


def at_least(limit: float) -> Goal:
    """So many times the baseline, or more."""
    return Goal(limit, is_least=True)


def at_most(limit: float) -> Goal:
    """So many times the baseline, or less."""
    return Goal(limit)


def no_more_than(limit: float) -> Goal:
    """The value itself, in its unit."""
    return Goal(limit, is_ratio=False)


@dataclass(frozen=True)
class Measurement:
    """One figure, and what it is held against in the same run."""

    what: str
    value: float
    unit: str
    baseline: str = ""
    """What the baseline is; empty where nothing stands beside the value."""
    baseline_value: float | None = None
    goal: Goal | None = None
    at: float | None = None
    """Where on a curve this is: all measurements that differ in this alone are one curve."""

    @property
    def ratio(self) -> float | None:
        return None if self.baseline_value is None else self.value / self.baseline_value


@contextmanager
def timed() -> Iterator[Callable[[], float]]:
    """Gives a function that answers the seconds since the block began, frozen at its end."""
    started = time.perf_counter()
    ended: list[float] = []
    yield lambda: (ended[0] if ended else time.perf_counter()) - started
    ended.append(time.perf_counter())


def rate(call: Callable[[], object], *, seconds: float = 2.0, warm_up: int = 50) -> float:
    """Calls per second, one after the other."""
    for _ in range(warm_up):
        call()
    count, started = 0, time.perf_counter()
    while (elapsed := time.perf_counter() - started) < seconds:
        for _ in range(10):
            call()
        count += 10
    return count / elapsed


def interleaved(first: Callable[[], object], second: Callable[[], object], *, rounds: int = 5) -> tuple[float, float]:
    """The best rate of each, measured in turns, so that a noisy moment does not fall on one alone."""
    pairs = [(rate(first, seconds=1.0), rate(second, seconds=1.0)) for _ in range(rounds)]
    return max(a for a, _ in pairs), max(b for _, b in pairs)


def quantile(values: Sequence[float], q: float) -> float:
    """The q-th quantile; values need not be sorted, must not be empty."""
    ordered = sorted(values)
    return ordered[min(len(ordered) - 1, int(q * len(ordered)))]
