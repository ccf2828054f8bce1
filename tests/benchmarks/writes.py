"""What the outbox costs a write: the same update with and without it, for one region and for eight."""

import time
from collections.abc import Callable, Iterable
from pathlib import Path

from control_silo.models.app import SentryApp
from control_silo.models.region import RegisteredRegion
from shared.outbox.enqueue import enqueue
from tests.benchmarks.drain import insert_apps
from tests.benchmarks.measure import Measurement
from tests.benchmarks.topology import Bench, topology

_ROUNDS = 40
_WRITES = 50


def measure(folder: Path) -> Iterable[Measurement]:
    for engine, postgres in (("SQLite", False), ("PostgreSQL", True)):
        (folder / engine).mkdir()
        with topology(folder / engine, postgres=postgres, serve=False) as bench:
            insert_apps(bench, 1000)
            for regions in (1, 8):
                yield _cost(bench, engine, regions)
            yield _creation(bench, engine)


def _cost(bench: Bench, engine: str, regions: int) -> Measurement:
    """The update of a published app, which every region holds, with that many regions and with none."""
    names = [f"region-{n}" for n in range(regions)]
    with_outbox, without = _interleaved(lambda turn: _write(bench, turn, names), lambda turn: _write(bench, turn, []))
    ratio = with_outbox / without
    return Measurement(
        f"write with outbox, {regions} region{'s' if regions > 1 else ''}, {engine}",
        with_outbox * 1000,
        "ms",
        "without",
        without * 1000,
        ratio,
        "≤ 1.3 ×",
        ratio <= 1.3,
    )


def _write(bench: Bench, turn: int, destinations: list[str]) -> None:
    """What changing an app's name costs, with the statements of the service, and the outbox beside them or not."""
    database, app_id = bench.control.database, turn % 1000 + 1
    with database.transaction() as tx:
        app = SentryApp.get_by_id(app_id)
        app.name = f"Name {turn}"
        app.date_updated = bench.control.clock.now()
        app.save(only=["name", "date_updated"])
        database.rows("UPDATE sentry_app SET version = version + 1 WHERE id = ? RETURNING version", (app_id,))
        enqueue(tx, "app", [app_id], destinations=destinations)


def _creation(bench: Bench, engine: str) -> Measurement:
    """Creating a whole app, with one region in the directory and with eight."""

    def creating(regions: int) -> Callable[[int], None]:
        def create(turn: int) -> None:
            bench.create_app(f"Created {regions} {turn} {time.monotonic_ns()}")

        return create

    def directory(count: int) -> None:
        now = bench.control.clock.now()
        with bench.control.database.transaction():
            RegisteredRegion.delete().execute()
            for n in range(count):
                RegisteredRegion.create(
                    name=f"r{n}", grpc_address="x:1", http_address="x:2", identity=f"{n:032x}", registered_at=now
                )

    directory(1)
    one = _seconds(creating(1))
    directory(8)
    eight = _seconds(creating(8))
    ratio = eight / one
    return Measurement(
        f"creating an app, 8 regions, {engine}",
        eight * 1000,
        "ms",
        "1 region",
        one * 1000,
        ratio,
        "≤ 1.3 ×",
        ratio <= 1.3,
    )


def _interleaved(first: Callable[[int], None], second: Callable[[int], None]) -> tuple[float, float]:
    """Median seconds per write of each, in turns."""
    a, b = [], []
    for _ in range(_ROUNDS):
        a.append(_seconds(first))
        b.append(_seconds(second))
    return sorted(a)[_ROUNDS // 2], sorted(b)[_ROUNDS // 2]


def _seconds(write: Callable[[int], None]) -> float:
    started = time.perf_counter()
    for turn in range(_WRITES):
        write(turn)
    return (time.perf_counter() - started) / _WRITES
