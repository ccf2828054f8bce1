"""How long a claim holds: as long as its worker lives, and a few seconds more."""

import subprocess
import sys
import threading
from collections.abc import Iterator, Sequence
from datetime import datetime, timedelta
from pathlib import Path

import pytest

from shared.clock import FrozenClock, SystemClock
from shared.database.connect import connect
from shared.database.database import Database
from shared.outbox.claim import LEASE_SECONDS, Retry, acknowledge, claim, retry_or_park
from shared.outbox.enqueue import enqueue
from shared.outbox.lease import RENEW_SECONDS, Leases
from shared.outbox.message import Claim, Rejection, migrate_outbox
from shared.outbox.status import measure_skew
from shared.outbox.worker import POLL_SECONDS, Worker
from tests.integration.outbox.conftest import Box, Scripted

ROOT = Path(__file__).parents[3]
PATIENCE_SECONDS = 20.0
A_DEAD_WORKER_COSTS_SECONDS = 5.0


def claimed(box: Box) -> list[int]:
    return [each.object_id for each in claim(box.database, "us", limit=10)]


def test_the_numbers_add_up() -> None:
    assert 2 * RENEW_SECONDS + RENEW_SECONDS < LEASE_SECONDS  # one renewal may fail
    assert LEASE_SECONDS + POLL_SECONDS < A_DEAD_WORKER_COSTS_SECONDS


def test_a_claim_holds_for_as_long_as_it_is_renewed_and_no_longer(box: Box) -> None:
    box.enqueue(7)
    leases = Leases(box.database)
    with leases.holding(claim(box.database, "us", limit=10)):
        for _ in range(20):
            leases.renew()
            box.clock.advance(RENEW_SECONDS)
            assert claimed(box) == []
    leases.renew()
    box.clock.advance(LEASE_SECONDS)
    assert claimed(box) == [7]


def test_what_was_written_during_a_call_does_not_wait_for_its_lease(box: Box) -> None:
    box.enqueue(7)
    leases = Leases(box.database)
    leases.hold(claim(box.database, "us", limit=10))
    box.enqueue(7)
    leases.renew()
    leases.renew()
    assert claimed(box) == [7]


def test_what_was_settled_is_renewed_no_more(box: Box) -> None:
    box.enqueue(1, 2)
    leases, claims = Leases(box.database), claim(box.database, "us", limit=10)
    with leases.holding(claims):
        leases.renew()
    acknowledge(box.database, claims[:1])
    retry_or_park(box.database, [Retry(claims[1], Rejection("INTERNAL", "Later.", permanent=False), wait_seconds=60)])
    before = box.rows()[2].due_at
    leases.renew()
    assert (list(box.rows()), box.rows()[2].due_at) == ([2], before)


class Hanging(Scripted):
    """Answers when it is told to."""

    def __init__(self) -> None:
        super().__init__()
        self.called, self.may_answer = threading.Event(), threading.Event()

    def deliver(self, claims: Sequence[Claim]) -> list[Rejection | None]:
        self.called.set()
        assert self.may_answer.wait(PATIENCE_SECONDS)
        return super().deliver(claims)


def worker_of(database: Database, destination: Scripted, clock: SystemClock | None = None) -> Worker:
    return Worker(
        database,
        clock=clock or SystemClock(),
        list_destinations=lambda: ["us"],
        open_destination=lambda name: destination,
    )


def test_a_worker_that_stops_gives_back_what_a_call_that_hangs_has_claimed(
    box: Box, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("shared.outbox.worker.STOP_SECONDS", 0.1)
    destination = Hanging()
    worker = worker_of(box.database, destination)
    box.enqueue(7)
    worker.start()
    assert destination.called.wait(PATIENCE_SECONDS)
    worker.stop()
    assert claimed(box) == [7]
    destination.may_answer.set()
    worker.stop()


@pytest.fixture
def real(database_url: str) -> Iterator[Database]:
    """An outbox whose time is the database's own, as everywhere but in tests."""
    database = connect(database_url, create=True)
    migrate_outbox(database)
    yield database
    database.close()


def write(database: Database, *object_ids: int) -> None:
    with database.transaction() as tx:
        enqueue(tx, "app", object_ids, destinations=["us"])


@pytest.fixture
def killed(real: Database, database_url: str) -> None:
    """A worker of another process had claimed what was due, and was killed."""
    write(real, 1, 2, 3)
    command = [sys.executable, "-m", "tests.integration.outbox.hanging_worker", database_url]
    with subprocess.Popen(command, stdout=subprocess.PIPE, cwd=ROOT) as process:
        assert process.stdout
        assert process.stdout.readline() == b"claimed\n"
        threading.Event().wait(2 * RENEW_SECONDS)  # it has renewed its claims, as it would for ever
        assert claim(real, "us", limit=10) == []
        process.kill()


class Awaited(Scripted):
    """Knows when everything has arrived."""

    def __init__(self, count: int) -> None:
        super().__init__()
        self._count = count
        self.arrived = threading.Event()

    def deliver(self, claims: Sequence[Claim]) -> list[Rejection | None]:
        answers = super().deliver(claims)
        if sum(map(len, self.batches)) >= self._count:
            self.arrived.set()
        return answers


@pytest.mark.usefixtures("killed")
def test_what_a_killed_worker_had_claimed_is_delivered_within_five_seconds(real: Database) -> None:
    destination = Awaited(3)
    worker = worker_of(real, destination)
    worker.start()
    assert destination.arrived.wait(A_DEAD_WORKER_COSTS_SECONDS)
    worker.stop()


class SkewedClock(SystemClock):
    """The clock of a machine that is wrong."""

    def __init__(self, *, seconds: float) -> None:
        self._skew = timedelta(seconds=seconds)

    def now(self) -> datetime:
        return super().now() + self._skew


@pytest.mark.parametrize("seconds", [-60.0, 60.0])
def test_a_machine_whose_clock_is_wrong_delivers_at_once_and_nothing_twice(real: Database, seconds: float) -> None:
    right, wrong = Hanging(), Awaited(1)
    workers = [worker_of(real, right), worker_of(real, wrong, SkewedClock(seconds=seconds))]
    write(real, 1)
    workers[0].start()
    assert right.called.wait(PATIENCE_SECONDS)
    workers[1].start()
    write(real, 2)
    assert wrong.arrived.wait(2 * POLL_SECONDS)
    right.may_answer.set()
    for worker in workers:
        worker.stop()
    assert (right.batches[0], wrong.batches) == ([1], [[2]])


def test_how_far_a_machine_s_clock_is_off_is_measured_against_its_database(box: Box) -> None:
    assert measure_skew(box.database, clock=box.clock) == 0
    assert measure_skew(box.database, clock=FrozenClock(box.clock.now() - timedelta(seconds=20))) == -20


def test_what_a_real_database_says_is_close_to_what_this_machine_says(real: Database) -> None:
    assert 59 < measure_skew(real, clock=SkewedClock(seconds=60.0)) < 61
