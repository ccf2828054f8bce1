"""Workers and writers that want the same messages at once, on PostgreSQL."""

import contextlib
import threading
from collections.abc import Iterator

import pytest

from shared.clock import FrozenClock
from shared.database.connect import connect
from shared.errors import DatabaseBusy
from shared.outbox.claim import LEASE_SECONDS, Retry, acknowledge, claim, release, retry_or_park
from shared.outbox.enqueue import enqueue
from shared.outbox.message import Claim, MessageState, Rejection, migrate_outbox
from tests.integration.outbox.conftest import Box

pytestmark = pytest.mark.postgres


@pytest.fixture
def box(postgres_url: str) -> Iterator[Box]:
    clock = FrozenClock()
    database = connect(postgres_url, clock=clock)
    migrate_outbox(database)
    yield Box(database, clock)
    database.close()


@contextlib.contextmanager
def written_by_another(box: Box, *object_ids: int, undone: bool = False) -> Iterator[None]:
    """Another thread's transaction has enqueued the objects and ends after the block."""
    written, may_end = threading.Event(), threading.Event()

    def write() -> None:
        with contextlib.suppress(DatabaseBusy), box.database.transaction() as tx:
            enqueue(tx, "app", object_ids, destinations=["us"])
            written.set()
            may_end.wait()
            if undone:
                raise DatabaseBusy

    thread = threading.Thread(target=write)
    thread.start()
    written.wait()
    try:
        yield
    finally:
        may_end.set()
        thread.join()


def claimed(box: Box) -> list[Claim]:
    return claim(box.database, "us", limit=10)


def test_acknowledging_waits_for_no_writer_and_keeps_what_it_writes(box: Box) -> None:
    box.enqueue(1, 2)
    claims = claimed(box)
    with written_by_another(box, 2):
        acknowledge(box.database, claims)
        assert list(box.rows()) == [2]
    assert [(again.object_id, again.generation) for again in claimed(box)] == [(2, 2)]


def test_what_a_writer_took_back_is_delivered_again_when_the_lease_ends(box: Box) -> None:
    box.enqueue(2)
    claims = claimed(box)
    with written_by_another(box, 2, undone=True):
        acknowledge(box.database, claims)
    assert claimed(box) == []
    box.clock.advance(LEASE_SECONDS)
    assert [again.object_id for again in claimed(box)] == [2]


def test_releasing_waits_for_no_writer(box: Box) -> None:
    box.enqueue(1, 2)
    claims = claimed(box)
    with written_by_another(box, 2):
        release(box.database, claims)
        assert [again.object_id for again in claimed(box)] == [1]


def test_parking_waits_for_no_writer_and_leaves_what_it_writes(box: Box) -> None:
    box.enqueue(1)
    [only] = claimed(box)
    with written_by_another(box, 1):
        retry_or_park(box.database, [Retry(only, Rejection("INTERNAL", "No.", permanent=True), wait_seconds=None)])
    assert box.rows()[1].state == MessageState.DUE


def test_a_claim_passes_over_what_another_worker_is_claiming(box: Box) -> None:
    box.enqueue(1, 2)
    with written_by_another(box, 1):
        assert [each.object_id for each in claimed(box)] == [2]
