"""Draining a backlog from PostgreSQL to PostgreSQL: ours, one rpc per row, and logical replication of the same rows."""

import random
import time
from collections.abc import Iterable
from concurrent.futures import ThreadPoolExecutor
from os import getpid
from pathlib import Path

from control_silo.replication.kinds import KINDS
from shared.clock import SystemClock
from shared.outbox.deliver import ReplicaDestination
from shared.outbox.drain import BATCH_LIMIT, Drain
from shared.outbox.enqueue import enqueue
from shared.outbox.fill import fill_editions
from shared.outbox.lease import Leases
from shared.outbox.worker import HELPERS
from shared.process import spare_collector
from tests.benchmarks.logical import ROWS, logical_pair
from tests.benchmarks.measure import Measurement, at_least, no_more_than, timed
from tests.benchmarks.processor import Processors, postmaster
from tests.benchmarks.topology import Bench, topology

_OBJECTS = 50_000
_ONE_BY_ONE = 1_000


def measure(folder: Path) -> Iterable[Measurement]:
    (folder / "ours").mkdir()
    with topology(folder / "ours", postgres=True) as bench:
        insert_apps(bench, _OBJECTS)
        ids = list(range(1, _OBJECTS + 1))
        dirty(bench, ids)
        spare_collector()  # as control's own process does once it has started
        processors = Processors(_parts(bench, folder / "ours"))
        batched = _OBJECTS / drain_all(bench)
        spent = processors.seconds()
        dirty(bench, ids[:_ONE_BY_ONE])
        single = _ONE_BY_ONE / drain_all(bench, limit=1)
        yield from _coalesced(bench, ids[:1000])
    logical = drain_logically(folder / "logical", _OBJECTS)
    what = f"drain of {_OBJECTS:,} objects"
    yield Measurement(what, batched, "objects/s", "one rpc per row", single, at_least(100))
    yield Measurement(what, batched, "objects/s", "logical replication", logical, at_least(0.8))
    for part, seconds in spent.items():
        yield Measurement(f"a drained object, {part}", seconds / _OBJECTS * 1e6, "µs of processor")


def _parts(bench: Bench, folder: Path) -> dict[str, int]:
    """The processes that a drain keeps busy, by name."""
    return {
        "control": getpid(),
        "control's PostgreSQL": postmaster(folder / "control"),
        "region": bench.processes["us"].pid,
        "region's PostgreSQL": postmaster(folder / "us"),
    }


def insert_apps(bench: Bench, count: int) -> None:
    """That many published apps with their applications and editions; nothing is enqueued."""
    pg = "postgres" in bench.config.database_url.get_secret_value()
    series = (
        f"generate_series(1, {count}) AS n"
        if pg
        else f"(WITH RECURSIVE s (n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM s WHERE n < {count}) SELECT n FROM s)"
    )
    yes, no = ("true", "false") if pg else ("1", "0")
    database = bench.control.database
    with database.transaction():
        database.rows(
            "INSERT INTO api_application (client_id, client_secret, allowed_origins, is_active, created_at) "
            f"SELECT 'client-' || n, 'secret-' || n, '[]', {yes}, '2030-01-01T00:00:00.000000+00:00' FROM {series}"
        )
        database.rows(
            "INSERT INTO sentry_app (application_id, owner_id, scope_list, name, slug, author, status, uuid, "
            "webhook_url, webhook_headers, is_alertable, is_disabled, verify_install, events, schema, date_added, "
            "date_updated, popularity, metadata) "
            f"SELECT n, {bench.organization_id}, '[\"event:read\"]', 'App ' || n, 'app-' || n, 'Bench', 1, "
            f"'uuid-' || n, 'https://app.example/hook', '[]', {no}, {no}, {yes}, '[\"issue.created\"]', '{{}}', "
            f"'2030-01-01T00:00:00.000000+00:00', '2030-01-01T00:00:00.000000+00:00', 1, '{{}}' FROM {series}"
        )
    fill_editions(database, KINDS)
    with database.transaction():
        database.rows("DELETE FROM outbox WHERE category IN ('app', 'credential')")


def dirty(bench: Bench, ids: list[int]) -> None:
    """A newer version of each app, due in every region."""
    database = bench.control.database
    with database.transaction() as tx:
        database.rows(f"UPDATE edition SET version = version + 1 WHERE category = 'app' AND object_id <= {max(ids)}")
        enqueue(tx, "app", ids, destinations=bench.region_urls)


def drain(bench: Bench, *, limit: int = BATCH_LIMIT, region: str = "us") -> Drain:
    """The drain of one region, without a worker's threads."""
    destination = ReplicaDestination(bench.control.database, region, lambda: bench.control.regions.channel(region))
    return Drain(
        bench.control.database,
        region,
        destination,
        SystemClock(),
        random.Random(1),
        Leases(bench.control.database),
        limit=limit,
    )


def drain_all(bench: Bench, *, limit: int = BATCH_LIMIT, region: str = "us") -> float:
    """Seconds until nothing is due for the region."""
    draining = drain(bench, limit=limit, region=region)

    def empty() -> None:
        while (result := draining.run_once()).claimed:
            if result.away or result.rejected:
                raise RuntimeError(f"the drain failed: {result}")

    # As many at once as a lane has threads.
    with timed() as elapsed, ThreadPoolExecutor(1 + HELPERS) as lane:
        for thread in [lane.submit(empty) for _ in range(1 + HELPERS)]:
            thread.result()
        return elapsed()


def _coalesced(bench: Bench, ids: list[int]) -> Iterable[Measurement]:
    """100,000 writes over 1,000 objects while a region is away."""
    for _ in range(100):
        dirty(bench, ids)
    with bench.control.database.session():
        [(backlog,)] = bench.control.database.rows("SELECT count(*) FROM outbox WHERE destination = 'us'")
    draining = drain(bench)
    applied = 0
    while (result := draining.run_once()).claimed:
        applied += result.delivered
    yield Measurement("backlog after 100,000 writes over 1,000 objects", backlog, "rows", goal=no_more_than(1000))
    yield Measurement("applies of those writes", applied, "objects", goal=no_more_than(1000))


def drain_logically(folder: Path, objects: int) -> float:
    """Rows per second that a subscriber catches up with, when it comes back to a backlog."""
    folder.mkdir()
    with logical_pair(folder) as pair:
        pair.pause()
        for start in range(0, objects, 500):
            rows = ROWS.format(count=500).replace("SELECT n,", f"SELECT n + {start},", 1)
            pair.publisher.execute(rows.encode())
        with timed() as elapsed:
            pair.resume()
            while pair.count() < objects:
                time.sleep(0.005)
            return objects / elapsed()
