"""What operators do to an outbox, on either engine."""

import pytest

from shared.errors import FieldMissing
from shared.outbox.claim import Retry, claim, retry_or_park
from shared.outbox.message import Claim, Rejection, migrate_outbox
from shared.outbox.operate import ParkedFilter, discard_parked, list_parked, pause, resume, retry_parked
from shared.outbox.status import DestinationStatus, list_destinations
from tests.integration.outbox.conftest import Box, Scripted

HOPELESS = Rejection("FIELD_MISSING", "It has no name.", permanent=True)


@pytest.fixture
def parked(box: Box) -> Box:
    """Messages of the objects 1, 2 and 3 that were parked."""
    box.enqueue(1, 2, 3)
    box.drain(Scripted(lambda claim: HOPELESS)).run_once()
    box.clock.advance(60)
    return box


def claimed(box: Box) -> list[int]:
    return sorted(each.object_id for each in claim(box.database, "us", limit=9))


def retry(box: Box, wanted: ParkedFilter) -> list[tuple[str, int]]:
    with box.database.transaction() as tx:
        return sorted(retry_parked(tx, wanted))


def discard(box: Box, wanted: ParkedFilter) -> int:
    with box.database.transaction() as tx:
        return discard_parked(tx, wanted)


def paused(box: Box, destination: str = "us") -> None:
    with box.database.transaction() as tx:
        pause(tx, destination)


def resumed(box: Box, destination: str = "us") -> None:
    with box.database.transaction() as tx:
        resume(tx, destination)


def status(box: Box) -> DestinationStatus:
    with box.database.session():
        [status] = list_destinations(box.database)
        return status


def test_parked_messages_are_listed_in_order_and_by_the_page(parked: Box) -> None:
    parked.enqueue(4)
    with parked.database.session():
        first, second = list_parked(ParkedFilter(), after_id=0, limit=2)
        [third] = list_parked(ParkedFilter(destination="us", category="app"), after_id=second.id, limit=2)
    assert [first.object_id, second.object_id, third.object_id] == [1, 2, 3]
    assert (first.attempts, first.last_error) == (1, "FIELD_MISSING: It has no name.")


@pytest.mark.parametrize(
    "other",
    [ParkedFilter(destination="de"), ParkedFilter(category="token"), ParkedFilter(category="app", object_id=9)],
)
def test_other_messages_are_not_listed(parked: Box, other: ParkedFilter) -> None:
    with parked.database.session():
        assert list_parked(other, after_id=0, limit=9) == []


def test_one_message_is_retried_at_once_and_the_others_stay_parked(parked: Box) -> None:
    assert retry(parked, ParkedFilter(destination="us", category="app", object_id=2)) == [("app", 2)]
    assert (claimed(parked), status(parked).parked) == ([2], 2)


def test_a_retried_message_has_all_its_attempts_again_and_is_as_old_as_its_retry(parked: Box) -> None:
    retry(parked, ParkedFilter(destination="us"))
    assert {row.attempts for row in parked.rows().values()} == {0}
    assert status(parked).oldest_seconds == 0.0


def test_what_came_of_a_call_before_the_retry_does_not_count_against_it(parked: Box) -> None:
    """A worker whose lease has ended may still be calling."""
    late = [Claim(row.id, "app", row.object_id, 1, 7, row.enqueued_at, row.due_at) for row in parked.rows().values()]
    retry(parked, ParkedFilter(destination="us"))
    retry_or_park(parked.database, [Retry(each, HOPELESS, wait_seconds=None) for each in late])
    assert (claimed(parked), status(parked).parked) == ([1, 2, 3], 0)


def test_retrying_rings_the_bell_of_the_destination(parked: Box) -> None:
    bell = parked.database.wake.listen("us")
    retry(parked, ParkedFilter(destination="us"))
    assert bell.is_set()


def test_a_message_that_waits_is_neither_retried_nor_discarded(box: Box) -> None:
    box.enqueue(7)
    assert retry(box, ParkedFilter(destination="us")) == []
    assert discard(box, ParkedFilter(destination="us")) == 0
    assert claimed(box) == [7]


def test_a_discarded_message_is_gone_until_its_object_is_written_again(parked: Box) -> None:
    assert discard(parked, ParkedFilter(destination="us", category="app", object_id=2)) == 1
    assert sorted(parked.rows()) == [1, 3]
    parked.enqueue(2)
    assert claimed(parked) == [2]


def test_all_messages_of_a_destination_are_discarded_and_none_of_another(parked: Box) -> None:
    parked.enqueue(4, destination="de")
    assert discard(parked, ParkedFilter(destination="us")) == 3
    assert list(parked.rows()) == [4]


def test_no_change_is_made_to_messages_of_every_destination(parked: Box) -> None:
    with pytest.raises(FieldMissing, match="destination"):
        discard(parked, ParkedFilter())
    with pytest.raises(FieldMissing, match="category"):
        ParkedFilter(destination="us", object_id=1)


def test_nothing_is_claimed_for_a_paused_destination_and_others_go_on(box: Box) -> None:
    box.enqueue(7)
    paused(box, "de")
    assert claimed(box) == [7]
    box.enqueue(8)
    paused(box)
    assert claimed(box) == []


def test_what_was_written_during_a_pause_is_delivered_after_it(box: Box) -> None:
    paused(box)
    box.enqueue(7)
    bell = box.database.wake.listen("us")
    resumed(box)
    assert (bell.is_set(), claimed(box)) == (True, [7])


def test_a_pause_lasts_since_when_it_was_and_is_seen_though_nothing_waits(box: Box) -> None:
    paused(box)
    since = box.clock.now()
    box.clock.advance(60)
    paused(box)
    assert (status(box).destination, status(box).paused_at) == ("us", since)


def test_ending_a_pause_that_is_none_is_fine(box: Box) -> None:
    resumed(box)
    with box.database.session():
        assert list_destinations(box.database) == []


def test_the_backlog_is_counted_by_category(parked: Box) -> None:
    parked.enqueue(4)
    parked.clock.advance(5)
    found = status(parked)
    assert (found.categories, found.backlog, found.parked_by_category) == (["app"], {"app": 1}, {"app": 3})
    assert found.oldest_age_seconds == {"app": 5.0}


def test_what_was_parked_for_want_of_time_is_due_after_the_upgrade_and_nothing_else(box: Box) -> None:
    box.enqueue(1, 2)
    box.enqueue(3, destination="app:3")
    late = Rejection("DEADLINE_EXCEEDED", "The time allowed ran out.", permanent=False)
    for destination in ("us", "app:3"):
        for each in claim(box.database, destination, limit=9):
            retry_or_park(box.database, [Retry(each, HOPELESS if each.object_id == 2 else late, wait_seconds=None)])
    with box.database.transaction() as tx:
        tx.database.rows("DELETE FROM schema_migration_outbox WHERE name LIKE ?", ("0003%",))
    migrate_outbox(box.database)
    assert {key: row.state for key, row in box.rows().items()} == {1: "due", 2: "parked", 3: "parked"}
