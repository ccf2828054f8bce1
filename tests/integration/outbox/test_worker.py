import random
import threading
from collections.abc import Callable, Sequence

import pytest

from shared.clock import SystemClock
from shared.database.database import Database
from shared.errors import SiloUnreachable
from shared.outbox.breaker import Breaker, BreakerState
from shared.outbox.enqueue import enqueue
from shared.outbox.message import Claim, Rejection
from shared.outbox.status import list_destinations
from shared.outbox.worker import HELPERS, POLL_SECONDS, Lane, Worker
from tests.integration.outbox.conftest import Box, Scripted

PATIENCE_SECONDS = 20.0


class Signalling(Scripted):
    """Sets an event when an object has arrived."""

    def __init__(self, *awaited: int) -> None:
        super().__init__()
        self.arrived = {object_id: threading.Event() for object_id in awaited}
        self.called = threading.Event()
        self.away = False

    def deliver(self, claims: Sequence[Claim]) -> list[Rejection | None]:
        self.called.set()
        if self.away:
            raise SiloUnreachable
        for claim in claims:
            if claim.object_id in self.arrived:
                self.arrived[claim.object_id].set()
        return super().deliver(claims)


def write(database: Database, object_id: int, *destinations: str) -> None:
    with database.transaction() as tx:
        enqueue(tx, "app", [object_id], destinations=destinations)


@pytest.fixture
def run(database: Database, request: pytest.FixtureRequest) -> Callable[..., Worker]:
    def start(**destinations: Scripted) -> Worker:
        worker = Worker(
            database,
            clock=SystemClock(),
            list_destinations=lambda: list(destinations),
            open_destination=lambda name: destinations[name],
        )
        worker.start()
        request.addfinalizer(worker.stop)
        return worker

    return start


def test_a_committed_write_wakes_its_lane_before_the_poll_does(database: Database, run: Callable[..., Worker]) -> None:
    us = Signalling(1, 2)
    run(us=us)
    write(database, 1, "us")
    assert us.arrived[1].wait(PATIENCE_SECONDS)
    write(database, 2, "us")
    assert us.arrived[2].wait(POLL_SECONDS * 0.9)


def test_a_destination_that_is_away_delays_no_other(database: Database, run: Callable[..., Worker]) -> None:
    us, de = Signalling(1), Signalling(1)
    us.away = True
    run(us=us, de=de)
    write(database, 1, "us", "de")
    assert de.arrived[1].wait(PATIENCE_SECONDS)
    assert us.called.wait(PATIENCE_SECONDS)
    us.away = False
    assert us.arrived[1].wait(PATIENCE_SECONDS)


def test_the_breaker_of_a_destination_that_is_away_is_visible(database: Database, run: Callable[..., Worker]) -> None:
    us = Signalling()
    us.away = True
    worker = run(us=us)
    write(database, 1, "us")
    assert us.called.wait(PATIENCE_SECONDS)
    worker.stop()
    with database.session():
        [status] = list_destinations(database)
    assert (status.breaker, status.backlog) == (BreakerState.OPEN, {"app": 1})


def test_two_workers_share_one_outbox_and_deliver_everything_once(
    database: Database, run: Callable[..., Worker]
) -> None:
    ids = range(1, 201)
    first, second = Signalling(), Signalling()
    for object_id in ids:
        write(database, object_id, "us")
    workers = [run(us=first), run(us=second)]
    done = threading.Event()
    for _ in range(int(PATIENCE_SECONDS * 20)):
        with database.session():
            if not sum(s.parked + sum(s.backlog.values()) for s in list_destinations(database)):
                break
        done.wait(0.05)
    for worker in workers:
        worker.stop()
    delivered = [object_id for batch in first.batches + second.batches for object_id in batch]
    assert sorted(delivered) == list(ids)


def test_stopping_twice_is_harmless_and_leaves_no_thread(database: Database, run: Callable[..., Worker]) -> None:
    worker = run(us=Signalling())
    worker.stop()
    worker.stop()
    assert not [thread.name for thread in threading.enumerate() if thread.name.startswith("outbox")]


def test_some_batches_of_a_backlog_are_under_way_at_once(box: Box) -> None:
    all_are_called = threading.Barrier(1 + HELPERS)

    class Meeting(Signalling):
        def deliver(self, claims: Sequence[Claim]) -> list[Rejection | None]:
            if self.called.is_set():  # the first batch tells that there is a backlog, and has nobody to meet
                all_are_called.wait(PATIENCE_SECONDS)
            return super().deliver(claims)

    ids = range(1, 3 + HELPERS)
    box.enqueue(*ids)
    us = Meeting(*ids)
    lane = Lane(box.drain(us, limit=1), breaker=Breaker(box.clock, rng=random.Random(1)))
    lane.start()
    assert all(arrived.wait(PATIENCE_SECONDS) for arrived in us.arrived.values())
    lane.stop()
    lane.join(PATIENCE_SECONDS)
