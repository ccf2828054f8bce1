"""``make bench``: runs every benchmark, or those named, three times, and prints one table of medians and one JSON file.

Example: python -m tests.benchmarks calls lag --rounds 1 --json bench.json
"""

import argparse
import logging
import tempfile
from collections.abc import Callable, Iterable
from pathlib import Path

from shared.process import configure_logging, prefer_latency
from tests.benchmarks import calls, curves, drain, ingest, lag, memory, rest, strangers, webhooks, writes
from tests.benchmarks.measure import Measurement
from tests.benchmarks.report import Row, keep, show, summarize

BENCHMARKS: dict[str, Callable[[Path], Iterable[Measurement]]] = {
    "calls": calls.measure,
    "lag": lag.measure,
    "drain": drain.measure,
    "writes": writes.measure,
    "ingest": ingest.measure,
    "memory": memory.measure,
    "rest": rest.measure,
    "strangers": strangers.measure,
    "webhooks": webhooks.measure,
    "curves": curves.measure,
}


def main() -> None:
    """Reads the command line and runs."""
    parser = argparse.ArgumentParser(prog="python -m tests.benchmarks", description=__doc__)
    parser.add_argument("names", nargs="*", metavar="NAME", help=f"of: {', '.join(BENCHMARKS)} (default: all)")
    parser.add_argument("--rounds", type=int, default=3, help="how often each is run; the median counts (3)")
    parser.add_argument(
        "--json",
        type=Path,
        default=Path("bench.json"),
        help="where the JSON goes, beside what others left (bench.json)",
    )
    arguments = parser.parse_args()
    unknown = sorted(set(arguments.names) - set(BENCHMARKS))
    if unknown:
        parser.error(f"no benchmark named {', '.join(unknown)}; there are {', '.join(BENCHMARKS)}")
    configure_logging(level=logging.ERROR)
    prefer_latency()
    rows: list[Row] = []
    for name in arguments.names or BENCHMARKS:
        rows += summarize(name, [_measured(name, turn, arguments.rounds) for turn in range(arguments.rounds)])
    show(rows)
    keep(rows, into=arguments.json)
    print(f"Also written to {arguments.json}.")


def _measured(name: str, turn: int, rounds: int) -> list[Measurement]:
    print(f"measuring {name}, round {turn + 1} of {rounds} …", flush=True)
    with tempfile.TemporaryDirectory(prefix="silo-bench-") as folder:
        return list(BENCHMARKS[name](Path(folder)))


if __name__ == "__main__":
    main()
