"""What a benchmark says, and how it is shown. Owns the table and the JSON; measures nothing itself."""

import json
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from pathlib import Path

from rich.console import Console
from rich.table import Table


@dataclass(frozen=True)
class Measurement:
    """One row: a value, and what it is held against in the same run."""

    what: str
    value: float
    unit: str
    baseline: str = ""
    """What the baseline is; empty when the goal is a plain number."""
    baseline_value: float | None = None
    ratio: float | None = None
    """How it is computed is said by the goal: a speed-up, or a cost."""
    goal: str = ""
    """As in the design, in words."""
    met: bool | None = None


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


def show(measurements: Sequence[Measurement], *, into: Path) -> None:
    """Prints the table and writes the same as JSON."""
    table = Table(title="Silo, measured beside its baselines in one run", show_lines=False)
    for column in ("what", "value", "baseline", "ratio", "goal", "met"):
        table.add_column(column, overflow="fold")
    for row in measurements:
        beside = f"{row.baseline}: {row.baseline_value:,.4g} {row.unit}" if row.baseline_value is not None else ""
        met = "" if row.met is None else "yes" if row.met else "no"
        ratio = "" if row.ratio is None else f"{row.ratio:.2f}"
        table.add_row(row.what, f"{row.value:,.4g} {row.unit}", beside, ratio, row.goal, met)
    Console(width=150).print(table)
    into.write_text(json.dumps([asdict(row) for row in measurements], indent=2) + "\n")
    print(f"Also written to {into}.")
