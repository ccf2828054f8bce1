"""Commit to visible: 100 writes a second on control, watched from a process that looks into the region's database."""

import contextlib
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterable, Iterator
from pathlib import Path

from control_silo.bootstrap import make_worker
from control_silo.services.update_app import SentryAppUpdater
from shared.category import Category
from shared.outbox.edition import versions_of
from tests.benchmarks.logical import logical_pair
from tests.benchmarks.measure import Measurement, no_more_than, quantile
from tests.benchmarks.topology import topology

WRITES_PER_SECOND = 100
_APPS = 200
_SECONDS = 10


def measure(folder: Path) -> Iterable[Measurement]:
    baseline = _logical(folder / "logical")
    for engine, postgres in (("SQLite", False), ("PostgreSQL", True)):
        lags = _ours(folder / engine.lower(), postgres=postgres)
        for name, q, goal in (("p50", 0.50, 5), ("p99", 0.99, 20)):
            ours, theirs = quantile(lags, q) * 1000, quantile(baseline, q) * 1000
            what = f"commit → visible {name}, {WRITES_PER_SECOND} writes/s, {engine}"
            yield Measurement(what, ours, "ms", "logical replication", theirs, no_more_than(goal))


def _ours(folder: Path, *, postgres: bool) -> list[float]:
    folder.mkdir()
    with topology(folder, postgres=postgres) as bench:
        apps = [bench.create_app(f"Lag {n}") for n in range(_APPS)]
        worker = make_worker(bench.control)
        worker.start()

        def write(turn: int) -> tuple[int, int]:
            updater = SentryAppUpdater(columns={"name": f"Name {turn}"})
            app = updater.run(bench.control, app_id=apps[turn % _APPS], is_elevated=False)
            with bench.control.database.session():
                return app.id, versions_of(Category.APP, [app.id])[app.id]

        try:
            return _lags(bench.region_urls["us"], "app_replica", write, settled=lambda: None)
        finally:
            worker.stop()


def _logical(folder: Path) -> list[float]:
    folder.mkdir()
    with logical_pair(folder) as pair:
        for n in range(_APPS):
            pair.publisher.execute(f"INSERT INTO app_row SELECT {n}, 0, false, '', '', 'a', 1, 1, 1, 'p'".encode())

        def write(turn: int) -> tuple[int, int]:
            query = f"UPDATE app_row SET version = version + 1 WHERE id = {turn % _APPS} RETURNING version"
            row = pair.publisher.execute(query.encode()).fetchone()
            assert row is not None
            return turn % _APPS, int(row[0])

        return _lags(pair.subscriber_url, "app_row", write, settled=lambda: None)


def _lags(url: str, table: str, write: Callable[[int], tuple[int, int]], *, settled: Callable[[], None]) -> list[float]:
    """Seconds from the return of each write to the moment its version, or a newer one, was seen."""
    committed: dict[tuple[int, int], float] = {}
    with _observing(url, table) as seen:
        started = time.perf_counter()
        for turn in range(WRITES_PER_SECOND * _SECONDS):
            pause = started + turn / WRITES_PER_SECOND - time.perf_counter()
            if pause > 0:
                time.sleep(pause)
            key = write(turn)
            committed[key] = time.time()
        settled()
        time.sleep(2)
    newest: dict[int, list[tuple[int, float]]] = {}
    for object_id, version, at in seen:
        newest.setdefault(object_id, []).append((version, at))
    lags = []
    for (object_id, version), at in committed.items():
        arrivals = [when for arrived, when in newest.get(object_id, []) if arrived >= version]
        if not arrivals:
            raise RuntimeError(f"version {version} of {object_id} never arrived")
        lags.append(max(0.0, min(arrivals) - at))
    return lags


@contextlib.contextmanager
def _observing(url: str, table: str) -> Iterator[list[tuple[int, int, float]]]:
    seen: list[tuple[int, int, float]] = []
    command = [sys.executable, "-m", "tests.benchmarks.observer", url, table]
    process = subprocess.Popen(command, stdout=subprocess.PIPE, text=True)
    assert process.stdout is not None
    process.stdout.readline()

    def collect() -> None:
        assert process.stdout is not None
        for line in process.stdout:
            object_id, version, at = line.split()
            seen.append((int(object_id), int(version), float(at)))

    reader = threading.Thread(target=collect)
    reader.start()
    try:
        yield seen
    finally:
        process.terminate()
        process.wait()
        reader.join()
        process.stdout.close()
