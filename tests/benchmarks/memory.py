"""A worker's memory between a backlog of 1,000 and of 1,000,000: a child process drains, and says its peak."""

import os
import subprocess
import sys
from collections.abc import Iterable
from pathlib import Path

from pydantic import SecretStr

from control_silo.bootstrap import open_control
from control_silo.config import ControlConfig
from control_silo.models.region import RegisteredRegion
from control_silo.services.region import list_regions
from shared.clock import SystemClock
from shared.outbox.deliver import ReplicaDestination
from shared.rpc.keyring import Keyring
from tests.benchmarks.drain import dirty, insert_apps
from tests.benchmarks.measure import Measurement, at_most
from tests.benchmarks.topology import topology

_SMALL, _LARGE = 1_000, 1_000_000


def measure(folder: Path) -> Iterable[Measurement]:
    for engine, postgres in (("SQLite", False), ("PostgreSQL", True)):
        (folder / engine).mkdir()
        yield _measure(folder / engine, engine, postgres=postgres)


def _measure(folder: Path, engine: str, *, postgres: bool) -> Measurement:
    with topology(folder, postgres=postgres) as bench:
        insert_apps(bench, _LARGE)
        peaks = []
        for count in (_SMALL, _LARGE):
            dirty(bench, list(range(1, count + 1)))
            environment = {
                **os.environ,
                "BENCH_URL": bench.config.database_url.get_secret_value(),
                "BENCH_KEYS": _keys(bench.config),
            }
            command = [sys.executable, "-m", "tests.benchmarks.memory"]
            output = subprocess.run(command, env=environment, check=True, capture_output=True, text=True).stdout
            delivered, peak = map(int, output.split())
            if delivered != count:
                raise RuntimeError(f"{delivered} of {count} were delivered")
            peaks.append(peak / 1024)
    small, large = peaks
    what = f"worker's peak memory, backlog of {_LARGE:,}, {engine}"
    return Measurement(what, large, "MiB", f"backlog of {_SMALL:,}", small, at_most(1.2))


def _keys(config: ControlConfig) -> str:
    return ",".join(key.entry for key in config.keys)


def _drain_and_report() -> None:
    """The child: drains everything, prints how much and the peak resident KiB."""
    import random  # noqa: PLC0415

    from shared.outbox.drain import Drain  # noqa: PLC0415
    from shared.outbox.lease import Leases  # noqa: PLC0415

    config = ControlConfig(
        database_url=SecretStr(os.environ["BENCH_URL"]),
        keys=Keyring.parse(os.environ["BENCH_KEYS"]),
        seal_key=SecretStr("5e" * 32),
    )
    control = open_control(config, clock=SystemClock())
    region: RegisteredRegion = list_regions(control)[0]
    destination = ReplicaDestination(control.database, region.name, lambda: control.regions.channel(region.name))
    drain = Drain(control.database, region.name, destination, SystemClock(), random.Random(1), Leases(control.database))
    delivered = 0
    while (result := drain.run_once()).claimed:
        delivered += result.delivered
    print(delivered, _peak_kib())


def _peak_kib() -> int:
    """Of this process alone: what ``getrusage`` says begins with what its parent had when it started it."""
    status = Path("/proc/self/status").read_text()
    (peak,) = (line.split()[1] for line in status.splitlines() if line.startswith("VmHWM:"))
    return int(peak)


if __name__ == "__main__":
    _drain_and_report()
