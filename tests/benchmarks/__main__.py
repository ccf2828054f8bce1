"""``make bench``: runs every benchmark, or those named, and prints one table and one JSON file.

Example: python -m tests.benchmarks calls lag --json bench.json
"""

import argparse
import logging
import tempfile
from collections.abc import Callable, Iterable
from pathlib import Path

from shared.process import configure_logging, prefer_latency
from tests.benchmarks import calls, drain, ingest, lag, memory, rest, strangers, webhooks, writes
from tests.benchmarks.measure import Measurement, show

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
}


def main() -> None:
    """Reads the command line and runs."""
    parser = argparse.ArgumentParser(prog="python -m tests.benchmarks", description=__doc__)
    parser.add_argument("names", nargs="*", metavar="NAME", help=f"of: {', '.join(BENCHMARKS)} (default: all)")
    parser.add_argument("--json", type=Path, default=Path("bench.json"), help="where the JSON goes (bench.json)")
    arguments = parser.parse_args()
    unknown = sorted(set(arguments.names) - set(BENCHMARKS))
    if unknown:
        parser.error(f"no benchmark named {', '.join(unknown)}; there are {', '.join(BENCHMARKS)}")
    configure_logging(level=logging.ERROR)
    prefer_latency()
    measurements: list[Measurement] = []
    for name in arguments.names or BENCHMARKS:
        print(f"measuring {name} …", flush=True)
        with tempfile.TemporaryDirectory(prefix="silo-bench-") as folder:
            measurements.extend(BENCHMARKS[name](Path(folder)))
    show(measurements, into=arguments.json)


if __name__ == "__main__":
    main()
