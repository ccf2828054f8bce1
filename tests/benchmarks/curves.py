"""How the figures go on: a drain over objects, regions and workers, and a read over replicas, on both engines."""

import subprocess
import time
from collections.abc import Callable, Iterable, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack
from functools import partial
from pathlib import Path

import psutil

from shared.outbox.operate import pause, resume
from tests.benchmarks.calls import latency_of_read
from tests.benchmarks.drain import dirty, drain_all, drain_logically, insert_apps
from tests.benchmarks.measure import Measurement, timed
from tests.benchmarks.topology import Bench, database_url, topology

_OBJECTS = (1_000, 10_000, 100_000, 1_000_000)
_REGIONS = (1, 2, 4, 8, 16)
_OBJECTS_A_REGION = 5_000
_WORKERS = (1, 2, 3, 4)
_OBJECTS_OF_WORKERS = 50_000
_THREADS = 8
"""So many a worker has at least once it works."""
_LOOK_SECONDS, _PATIENCE_SECONDS = 0.02, 120.0
_ENGINES = (("SQLite", False), ("PostgreSQL", True))


def measure(folder: Path) -> Iterable[Measurement]:
    for engine, postgres in _ENGINES:
        within = folder / engine
        within.mkdir()
        yield from _over_objects(within / "objects", engine, postgres=postgres)
        for count in _REGIONS:
            yield _over_regions(within / f"regions-{count}", engine, count, postgres=postgres)
        yield from _over_workers(within / "workers", engine, postgres=postgres)
        for count in _OBJECTS:
            with database_url(within / f"replicas-{count}", postgres=postgres) as url:
                yield Measurement(f"read of one replica, {engine}", latency_of_read(url, apps=count), "ms", at=count)
    for count in _OBJECTS:
        rate = drain_logically(folder / f"logical-{count}", count)
        yield Measurement("drain, PostgreSQL's logical replication", rate, "objects/s", at=count)


def _over_objects(folder: Path, engine: str, *, postgres: bool) -> Iterable[Measurement]:
    folder.mkdir()
    with topology(folder, postgres=postgres) as bench:
        insert_apps(bench, max(_OBJECTS))
        for count in _OBJECTS:
            dirty(bench, list(range(1, count + 1)))
            yield Measurement(f"drain, {engine}", count / drain_all(bench), "objects/s", at=count)


def _over_regions(folder: Path, engine: str, count: int, *, postgres: bool) -> Measurement:
    """All regions at once, as a worker's lanes do; the rate is that of all together."""
    folder.mkdir()
    names = [f"r{number}" for number in range(count)]
    with topology(folder, postgres=postgres, regions=names) as bench:
        insert_apps(bench, _OBJECTS_A_REGION)
        dirty(bench, list(range(1, _OBJECTS_A_REGION + 1)))
        rate = count * _OBJECTS_A_REGION / _seconds_of_all(bench, names)
    return Measurement(f"drain to every region, {engine}", rate, "objects/s", at=count)


def _over_workers(folder: Path, engine: str, *, postgres: bool) -> Iterable[Measurement]:
    """Processes that share one destination, each with as many calls under way as a lane has."""
    folder.mkdir()
    with topology(folder, postgres=postgres) as bench:
        insert_apps(bench, _OBJECTS_OF_WORKERS)
        for count in _WORKERS:
            with bench.control.database.transaction() as tx:
                pause(tx, "us")
            dirty(bench, list(range(1, _OBJECTS_OF_WORKERS + 1)))
            with ExitStack() as stack:
                workers = [stack.enter_context(bench.worker()) for _ in range(count)]
                _wait(partial(_are_at_work, workers))
                with bench.control.database.transaction() as tx:
                    resume(tx, "us")
                # From the first delivery on: before it they wait for the end of the pause.
                _wait(lambda: _due(bench) < _OBJECTS_OF_WORKERS)
                left = _due(bench)
                with timed() as elapsed:
                    _wait(lambda: not _due(bench))
                    rate = left / elapsed()
            yield Measurement(f"drain by several workers, {engine}", rate, "objects/s", at=count)


def _are_at_work(workers: Sequence[subprocess.Popen[bytes]]) -> bool:
    return all(psutil.Process(each.pid).num_threads() >= _THREADS for each in workers)


def _due(bench: Bench) -> int:
    with bench.control.database.session():
        [(due,)] = bench.control.database.rows("SELECT count(*) FROM outbox WHERE destination = 'us'")
    return int(due)


def _wait(condition: Callable[[], bool]) -> None:
    for _ in range(int(_PATIENCE_SECONDS / _LOOK_SECONDS)):
        if condition():
            return
        time.sleep(_LOOK_SECONDS)
    raise RuntimeError("The workers did not come to an end.")


def _seconds_of_all(bench: Bench, names: Sequence[str]) -> float:
    with timed() as elapsed, ThreadPoolExecutor(len(names)) as lanes:
        for lane in [lanes.submit(drain_all, bench, region=name) for name in names]:
            lane.result()
        return elapsed()
