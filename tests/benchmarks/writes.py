"""What the outbox and the edition cost a write: the same with them and without, for one region and for eight.

An update of one row is the least that a service does, so that what is added shows most; creating an app is a write of
ordinary size, by its service.
"""

import contextlib
import time
from collections.abc import Callable, Iterable, Iterator
from pathlib import Path
from statistics import median

from control_silo.models.region import RegisteredRegion
from control_silo.services.find_app import get_held_app
from shared.category import Category
from shared.outbox.change import change, tell_new_destination
from shared.outbox.edition import Edition
from tests.benchmarks.drain import insert_apps
from tests.benchmarks.measure import Measurement, at_most
from tests.benchmarks.topology import Bench, topology

_ROUNDS = 40
_WRITES = 50
_APPS = 1000
_TURNS = 4
_CREATIONS = 25
"""In each turn."""


def measure(folder: Path) -> Iterable[Measurement]:
    for engine, postgres in (("SQLite", False), ("PostgreSQL", True)):
        (folder / engine).mkdir()
        with topology(folder / engine, postgres=postgres, serve=False) as bench:
            insert_apps(bench, _APPS)
            for regions in (1, 8):
                _register(bench, regions)
                yield _cost(bench, engine, regions)
            yield from _creations(bench, engine)


def _cost(bench: Bench, engine: str, regions: int) -> Measurement:
    """The update of a published app, which every region holds."""
    with_outbox, without = _interleaved(
        lambda turn: _write(bench, turn, is_told=True), lambda turn: _write(bench, turn, is_told=False)
    )
    what = f"write with outbox and edition, {regions} region{'s' if regions > 1 else ''}, {engine}"
    return Measurement(what, with_outbox * 1000, "ms", "without", without * 1000, at_most(1.3))


def _write(bench: Bench, turn: int, *, is_told: bool) -> None:
    """What changing an app's name costs, with the statements of the service, and all that replication adds or not."""
    database, app_id = bench.control.database, turn % _APPS + 1
    with database.transaction() as tx:
        app = get_held_app(tx, app_id)
        app.name = f"Name {turn} {time.monotonic_ns()}"
        app.date_updated = bench.control.clock.now()
        app.save(only=["name", "date_updated"])
        if is_told:
            change(tx, Category.APP, [app_id])


def _register(bench: Bench, count: int) -> None:
    """That many regions, which hold every published app and were told of it."""
    now, database = bench.control.clock.now(), bench.control.database
    with database.transaction() as tx:
        RegisteredRegion.delete().execute()
        Edition.update(holders="").execute()
        for n in range(count):
            RegisteredRegion.create(
                name=f"r{n}", grpc_address="x:1", http_address="x:2", identity=f"{n:032x}", registered_at=now
            )
            tell_new_destination(tx, f"r{n}", [Category.APP])
        database.rows("DELETE FROM outbox")


def _creations(bench: Bench, engine: str) -> Iterable[Measurement]:
    """Creating a whole app: with outbox and edition and without, with one region in the directory and with eight."""
    seconds: dict[int, tuple[list[float], list[float]]] = {1: ([], []), 8: ([], [])}
    # In turns, so that a noisy moment does not fall on one alone.
    for _ in range(_TURNS):
        for regions, (told, untold) in seconds.items():
            _register(bench, regions)
            for _ in range(_CREATIONS):
                told.append(_create(bench))
                with _keeping_nothing(bench):
                    untold.append(_create(bench))
    (one, one_untold), (eight, eight_untold) = ((median(a) * 1000, median(b) * 1000) for a, b in seconds.values())
    what = f"creating an app with outbox and edition, {{}}, {engine}"
    yield Measurement(what.format("1 region"), one, "ms", "without", one_untold, at_most(1.3))
    yield Measurement(what.format("8 regions"), eight, "ms", "without", eight_untold, at_most(1.3))
    yield Measurement(f"creating an app, 8 regions, {engine}", eight, "ms", "1 region", one, at_most(1.3))


def _create(bench: Bench) -> float:
    """Seconds that it took."""
    started = time.perf_counter()
    bench.create_app(f"Created {time.monotonic_ns()}")
    return time.perf_counter() - started


@contextlib.contextmanager
def _keeping_nothing(bench: Bench) -> Iterator[None]:
    """Transactions that change objects commit without their editions and messages."""
    database = bench.control.database
    keeper, database.keeper = database.keeper, lambda tx: None
    try:
        yield
    finally:
        database.keeper = keeper


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
