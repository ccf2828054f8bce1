"""A destination of an older release: what it does not know waits for its upgrade, and holds nothing else back."""

import pytest

from shared.errors import CategoryUnknown
from shared.outbox.message import Claim, MessageState, Rejection
from shared.outbox.status import is_waiting, list_destinations
from shared.outbox.upgrade import TRY_SECONDS
from tests.integration.outbox.conftest import Box, Scripted

UNKNOWN = Rejection(CategoryUnknown.reason, CategoryUnknown().message, permanent=False)


class Older(Scripted):
    """Knows no object with an even id, until it is upgraded."""

    is_upgraded = False

    def deliver(self, claims: "list[Claim]") -> list[Rejection | None]:  # type: ignore[override]
        super().deliver(claims)
        return [None if self.is_upgraded or claim.object_id % 2 else UNKNOWN for claim in claims]


@pytest.fixture
def older() -> Older:
    return Older()


def states(box: Box) -> set[str]:
    return {row.state for row in box.rows().values()}


def test_what_the_destination_does_not_know_waits_and_is_held_against_nobody(box: Box, older: Older) -> None:
    box.enqueue(1, 2, 3, 4)
    result = box.drain(older).run_once()
    assert (result.delivered, result.awaiting_upgrade, result.rejected, result.parked) == (2, 2, 0, 0)
    assert {(row.state, row.attempts) for row in box.rows().values()} == {(MessageState.AWAITING_UPGRADE, 0)}


def test_one_message_is_tried_every_few_seconds_however_long_the_upgrade_takes(box: Box, older: Older) -> None:
    box.enqueue(2, 4, 6)
    drain = box.drain(older)
    drain.run_once()
    for _ in range(20):
        assert drain.run_once().claimed == 0
        box.clock.advance(TRY_SECONDS)
        assert (drain.run_once().awaiting_upgrade, states(box)) == (1, {MessageState.AWAITING_UPGRADE})


def test_everything_arrives_within_seconds_of_the_upgrade(box: Box, older: Older) -> None:
    box.enqueue(*range(2, 42, 2))
    drain = box.drain(older)
    drain.run_once()
    older.is_upgraded = True
    box.clock.advance(TRY_SECONDS)
    assert [drain.run_once().delivered for _ in range(3)] == [1, 19, 0]
    assert box.rows() == {}


def test_a_worker_that_starts_finds_what_waits(box: Box, older: Older) -> None:
    box.enqueue(2, 4)
    box.drain(older).run_once()
    older.is_upgraded = True
    drain = box.drain(older)
    assert [drain.run_once().delivered for _ in range(3)] == [1, 1, 0]


def test_what_is_written_during_the_call_stays_due(box: Box) -> None:
    class Busy(Older):
        def deliver(self, claims: "list[Claim]") -> list[Rejection | None]:  # type: ignore[override]
            box.enqueue(2)
            return super().deliver(claims)

    box.enqueue(2)
    box.drain(Busy()).run_once()
    assert states(box) == {MessageState.DUE}


def test_it_is_shown_apart_and_makes_no_lag(box: Box, older: Older) -> None:
    box.enqueue(2, 4)
    box.drain(older).run_once()
    box.clock.advance(600)
    with box.database.session():
        [status] = list_destinations(box.database)
        assert not is_waiting(box.database, "us", [("app", 2)])
    assert (status.awaiting_upgrade, status.backlog, status.parked, status.oldest_seconds) == ({"app": 2}, {}, 0, 0.0)
