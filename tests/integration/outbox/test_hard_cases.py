"""Objects that are unlike the others, and workers that meet trouble of their own."""

import contextlib
import threading
from collections.abc import Iterator, Sequence

import pytest

from region_silo.bootstrap import migrate
from region_silo.models.replica import ComponentReplica
from region_silo.replication.kinds import kinds_of
from shared.clock import SystemClock
from shared.database.connect import connect
from shared.database.database import Database
from shared.domain.peer import CONTROL
from shared.outbox.apply import apply_changes
from shared.outbox.breaker import BreakerState
from shared.outbox.message import MessageState, Rejection, migrate_outbox
from shared.outbox.status import DestinationStatus, list_destinations
from shared.outbox.worker import Worker
from shared.pb.hybridcloud.replication.v1 import replica_pb2, replica_service_pb2
from tests.integration.outbox.conftest import Box, Scripted

TABLES = kinds_of("us").tables_for(CONTROL)

PATIENCE_SECONDS = 20.0
APPLIED = replica_service_pb2.ChangeResult.OUTCOME_APPLIED


def app_change(*, components: int) -> replica_pb2.Change:
    change = replica_pb2.Change(category=replica_pb2.CATEGORY_APP, object_id=1, version=1)
    change.app.sentry_app.id = 1
    for number in range(1, components + 1):
        change.app.components.add(id=number).component.type = "stacktrace-link"
    return change


def test_an_app_with_more_components_than_a_statement_has_room_for_is_applied(database_url: str) -> None:
    with contextlib.closing(connect(database_url, create=True)) as region:
        migrate(region)
        [result] = apply_changes(region, [app_change(components=14_000)], tables=TABLES)
        assert result.outcome == APPLIED
        with region.session():
            assert ComponentReplica.select().count() == 14_000


def test_a_rejection_with_a_nul_in_its_text_is_recorded(box: Box) -> None:
    box.enqueue(1)
    box.drain(Scripted(lambda claim: Rejection("INVALID_INPUT", "a\0b", permanent=True))).run_once()
    assert (box.rows()[1].state, box.rows()[1].last_error) == (MessageState.PARKED, "INVALID_INPUT: a\ufffdb")


class CountingClock(SystemClock):
    """Tells when it has been asked a few times."""

    def __init__(self) -> None:
        self._left = 3
        self.asked = threading.Event()

    def monotonic(self) -> float:
        self._left -= 1
        if self._left <= 0:
            self.asked.set()
        return super().monotonic()


@contextlib.contextmanager
def working(worker: Worker) -> Iterator[None]:
    worker.start()
    try:
        yield
    finally:
        worker.stop()


def seen(database: Database) -> Sequence[DestinationStatus]:
    with database.session():
        return list_destinations(database)


def test_trouble_with_the_own_database_does_not_leave_a_breaker_open(database_url: str) -> None:
    clock, pause = CountingClock(), threading.Event()
    with contextlib.closing(connect(database_url, create=True)) as database:
        worker = Worker(
            database, clock=clock, list_destinations=lambda: ["us"], open_destination=lambda name: Scripted()
        )
        with working(worker):
            assert clock.asked.wait(PATIENCE_SECONDS)
            migrate_outbox(database)
            for _ in range(int(PATIENCE_SECONDS * 20)):
                if [status.breaker for status in seen(database)] == [BreakerState.CLOSED]:
                    return
                pause.wait(0.05)
        pytest.fail("The breaker is still open.")


def test_a_worker_survives_a_list_of_destinations_that_fails(box: Box) -> None:
    asked, arrived = iter((False, True)), threading.Event()

    class Signalling(Scripted):
        def deliver(self, claims: Sequence[object]) -> list[Rejection | None]:
            arrived.set()
            return [None] * len(claims)

    def destinations() -> list[str]:
        if not next(asked, True):
            raise RuntimeError("a mistake of ours")
        return ["us"]

    box.enqueue(1)
    clock = box.clock
    with working(
        Worker(box.database, clock=clock, list_destinations=destinations, open_destination=lambda _: Signalling())
    ):
        assert arrived.wait(PATIENCE_SECONDS)


def test_a_worker_that_was_never_started_can_be_stopped(box: Box) -> None:
    box.enqueue(1)
    destination = Scripted()
    worker = Worker(box.database, clock=box.clock, list_destinations=list, open_destination=lambda name: destination)
    worker.stop()
    assert (destination.batches, list(box.rows())) == ([], [1])
