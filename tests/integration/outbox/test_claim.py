from collections.abc import Iterator
from contextlib import closing

import pytest

from shared.database.connect import connect
from shared.database.database import Database
from shared.outbox.claim import LEASE_SECONDS, acknowledge, claim, release
from shared.outbox.enqueue import enqueue, enqueue_each
from shared.outbox.message import migrate_outbox
from tests.integration.outbox.conftest import Box


def test_enqueueing_again_keeps_one_row_and_counts_its_generation(box: Box) -> None:
    for _ in range(3):
        box.enqueue(7)
    assert {key: row.generation for key, row in box.rows().items()} == {7: 3}


def test_what_is_due_already_keeps_its_place_when_it_is_enqueued_again(box: Box) -> None:
    box.enqueue(7)
    due_at = box.rows()[7].due_at
    box.clock.advance(1)
    box.enqueue(7, 8)
    assert box.rows()[7].due_at == due_at
    assert [each.object_id for each in claim(box.database, "us", limit=9)] == [7, 8]


def test_what_backs_off_is_due_at_once_when_it_is_enqueued_again(box: Box) -> None:
    box.enqueue(7)
    claim(box.database, "us", limit=1)
    box.enqueue(7)
    assert [each.generation for each in claim(box.database, "us", limit=9)] == [2]


@pytest.fixture
def backlog(postgres_url: str) -> Iterator[Database]:
    """2,000 messages that came after plans were made for an outbox without any."""
    with closing(connect(postgres_url)) as database:
        migrate_outbox(database)
        for _ in range(10):
            assert claim(database, "us", limit=1000) == []
        with database.transaction() as tx:
            enqueue(tx, "app", range(1, 2001), destinations=["us"])
        yield database


def counted(database: Database, what: str) -> tuple[int, ...]:
    """What PostgreSQL has counted of the outbox so far."""
    with database.session():
        database.rows("SELECT pg_stat_force_next_flush()")
        return database.rows(f"SELECT {what} FROM pg_stat_user_tables WHERE relname = 'outbox'")[0]


@pytest.mark.postgres  # SQLite knows no such updates
def test_claiming_writes_no_index(backlog: Database) -> None:
    assert len(claim(backlog, "us", limit=1000)) == 1000
    assert counted(backlog, "n_tup_upd, n_tup_hot_upd") == (1000, 1000)


@pytest.mark.postgres  # SQLite counts no reads
def test_a_few_are_claimed_and_acknowledged_without_reading_all(backlog: Database) -> None:
    before = counted(backlog, "seq_tup_read")
    acknowledge(backlog, claim(backlog, "us", limit=10))
    assert counted(backlog, "seq_tup_read") == before


def test_a_rolled_back_transaction_leaves_no_message(box: Box) -> None:
    class Undone(Exception):
        pass

    with pytest.raises(Undone), box.database.transaction() as tx:
        enqueue(tx, "app", [7], destinations=["us"])
        raise Undone
    assert box.rows() == {}


def test_a_claim_hides_the_message_from_other_workers_until_the_lease_ends(box: Box) -> None:
    box.enqueue(7)
    assert len(claim(box.database, "us", limit=10)) == 1
    assert claim(box.database, "us", limit=10) == []
    box.clock.advance(LEASE_SECONDS)
    assert len(claim(box.database, "us", limit=10)) == 1


def test_a_claim_takes_only_its_destination_and_at_most_the_limit(box: Box) -> None:
    box.enqueue(1, 2, 3)
    box.enqueue(4, destination="de")
    assert len(claim(box.database, "us", limit=2)) == 2
    assert [c.object_id for c in claim(box.database, "de", limit=9)] == [4]


def test_each_object_may_go_to_a_destination_of_its_own(box: Box) -> None:
    with box.database.transaction() as tx:
        enqueue_each(tx, "app", [("us", 2), ("de", 1), ("us", 3)])
    assert {key: row.destination for key, row in box.rows().items()} == {1: "de", 2: "us", 3: "us"}
    assert [each.object_id for each in claim(box.database, "de", limit=9)] == [1]


def test_acknowledging_removes_what_was_not_written_again(box: Box) -> None:
    box.enqueue(7)
    claims = claim(box.database, "us", limit=10)
    acknowledge(box.database, claims)
    assert box.rows() == {}


def test_a_write_during_the_delivery_survives_the_acknowledgement_and_is_due(box: Box) -> None:
    box.enqueue(7)
    claims = claim(box.database, "us", limit=10)
    box.enqueue(7)
    acknowledge(box.database, claims)
    assert [c.generation for c in claim(box.database, "us", limit=10)] == [2]


def test_lag_of_an_object_that_is_written_all_the_time_counts_from_the_last_claim(box: Box) -> None:
    box.enqueue(7)
    box.clock.advance(60)
    claimed_at = box.clock.now()
    claims = claim(box.database, "us", limit=10)
    box.clock.advance(1)
    box.enqueue(7)
    acknowledge(box.database, claims)
    assert box.rows()[7].enqueued_at == claimed_at


def test_releasing_makes_a_message_due_at_once_and_burns_no_attempt(box: Box) -> None:
    box.enqueue(7)
    claims = claim(box.database, "us", limit=10)
    release(box.database, claims)
    assert [c.attempts for c in claim(box.database, "us", limit=10)] == [0]


def test_enqueueing_rings_the_bell_of_its_destination_after_the_commit(box: Box) -> None:
    us, de = box.database.wake.listen("us"), box.database.wake.listen("de")
    box.enqueue(7)
    assert (us.is_set(), de.is_set()) == (True, False)
