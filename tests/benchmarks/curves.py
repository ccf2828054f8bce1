"""How the figures go on: a drain over objects, regions and workers, and a read over replicas, on both engines."""

from collections.abc import Iterable, Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

from tests.benchmarks.calls import latency_of_read
from tests.benchmarks.drain import dirty, drain_all, drain_logically, insert_apps
from tests.benchmarks.measure import Measurement, timed
from tests.benchmarks.topology import Bench, database_url, topology

_OBJECTS = (1_000, 10_000, 100_000, 1_000_000)
_REGIONS = (1, 2, 4, 8, 16)
_OBJECTS_A_REGION = 5_000
_ENGINES = (("SQLite", False), ("PostgreSQL", True))


def measure(folder: Path) -> Iterable[Measurement]:
    for engine, postgres in _ENGINES:
        within = folder / engine
        within.mkdir()
        yield from _over_objects(within / "objects", engine, postgres=postgres)
        for count in _REGIONS:
            yield _over_regions(within / f"regions-{count}", engine, count, postgres=postgres)
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


def _seconds_of_all(bench: Bench, names: Sequence[str]) -> float:
    with timed() as elapsed, ThreadPoolExecutor(len(names)) as lanes:
        for lane in [lanes.submit(drain_all, bench, region=name) for name in names]:
            lane.result()
        return elapsed()
