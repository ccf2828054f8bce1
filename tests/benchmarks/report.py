"""Rows of several rounds: their medians and spread, as a table that a person reads and as JSON that is kept."""

import json
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from statistics import median
from typing import Any

from rich.console import Console
from rich.table import Table

from tests.benchmarks.measure import Goal, Measurement

Row = Mapping[str, Any]
"""As in the JSON: ``benchmark``, ``what``, ``at``, ``unit``, ``rounds``, ``value``, ``baseline``, ``baseline_value``,
``ratio`` (medians, null where there is none), ``spread`` (least and greatest of the ratio, or else of the value),
``goal`` in words and whether it is ``met``."""


def summarize(benchmark: str, rounds: Sequence[Sequence[Measurement]]) -> list[Row]:
    """One row for each thing that was measured, in the order of the first round."""
    found: dict[tuple[str, str, float | None], list[Measurement]] = {}
    for each in (each for measured in rounds for each in measured):
        found.setdefault((each.what, each.baseline, each.at), []).append(each)
    return [{"benchmark": benchmark, **_row(measured)} for measured in found.values()]


def _row(measured: Sequence[Measurement]) -> dict[str, Any]:
    first = measured[0]
    values = [each.value for each in measured]
    ratios = [each.ratio for each in measured if each.ratio is not None]
    beside = [each.baseline_value for each in measured if each.baseline_value is not None]
    spread = ratios or values
    judged = median(ratios if ratios and first.goal and first.goal.is_ratio else values)
    return {
        "what": first.what,
        "at": first.at,
        "unit": first.unit,
        "rounds": len(measured),
        "value": median(values),
        "baseline": first.baseline,
        "baseline_value": median(beside) if beside else None,
        "ratio": median(ratios) if ratios else None,
        "spread": [min(spread), max(spread)],
        "goal": _in_words(first.goal, first.unit) if first.goal else "",
        "met": first.goal.is_met(judged) if first.goal else None,
    }


def _in_words(goal: Goal, unit: str) -> str:
    return f"{'≥' if goal.is_least else '≤'} {goal.limit:g} {'×' if goal.is_ratio else unit}"


def show(rows: Iterable[Row]) -> None:
    """Prints the table."""
    table = Table(title="Silo, measured beside its baselines in one run", show_lines=False)
    for column in ("what", "value", "baseline", "ratio", "spread", "goal", "met"):
        table.add_column(column, overflow="fold")
    for row in rows:
        what = row["what"] if row["at"] is None else f"{row['what']}: {row['at']:,.0f}"
        beside = f"{row['baseline']}: {figure(row['baseline_value'])} {row['unit']}" if row["baseline"] else ""
        ratio = "" if row["ratio"] is None else figure(row["ratio"])
        least, most = map(figure, row["spread"])
        met = "" if row["met"] is None else "yes" if row["met"] else "no"
        spread = f"{least} to {most}" if row["rounds"] > 1 else ""
        table.add_row(what, f"{figure(row['value'])} {row['unit']}", beside, ratio, spread, row["goal"], met)
    Console(width=150).print(table)


def figure(value: float) -> str:
    """Three digits that count: what is behind them differs from run to run."""
    digits = 0 if abs(value) >= 100 else 1 if abs(value) >= 10 else 2
    return f"{float(f'{value:.3g}'):,.{digits}f}"


def keep(rows: Iterable[Row], *, into: Path) -> None:
    """Writes the rows as JSON, in the place of the ones that the same benchmarks left there before."""
    fresh = list(rows)
    known = json.loads(into.read_text()) if into.exists() else []
    measured = {row["benchmark"] for row in fresh}
    kept = [row for row in known if row["benchmark"] not in measured]
    into.write_text(json.dumps([*kept, *fresh], indent=2, ensure_ascii=False) + "\n")
