from collections.abc import Sequence

import pytest

from shared.errors import (
    ConfigInvalid,
    DatabaseFull,
    DeadlineExceeded,
    Internal,
    KeyUnknown,
    PermissionDenied,
    RegionNotFound,
    SiloError,
    SiloUnreachable,
)
from shared.outbox.drain import ATTEMPTS_BEFORE_PARKING, LONE_BACKOFF, OBJECT_BACKOFF
from shared.outbox.message import Claim, MessageState, Rejection
from tests.integration.outbox.conftest import Box, Scripted

HOPELESS = Rejection("INVALID_INPUT", "It can never be applied.", permanent=True)
UNLUCKY = Rejection("INTERNAL", "It may work later.", permanent=False)


def test_draining_empties_the_outbox_batch_by_batch(box: Box) -> None:
    box.enqueue(*range(1, 8))
    destination = Scripted()
    drain = box.drain(destination, limit=3)
    assert [drain.run_once().delivered for _ in range(4)] == [3, 3, 1, 0]
    assert box.rows() == {}


def test_a_hopeless_object_is_parked_alone_and_with_its_error(box: Box) -> None:
    box.enqueue(1, 2, 3)
    result = box.drain(Scripted(lambda c: HOPELESS if c.object_id == 2 else None)).run_once()
    assert (result.delivered, result.parked) == (2, 1)
    parked = box.rows()[2]
    assert (parked.state, parked.last_error) == (MessageState.PARKED, "INVALID_INPUT: It can never be applied.")


def test_a_new_write_unparks_with_a_clean_slate(box: Box) -> None:
    box.enqueue(2)
    box.drain(Scripted(lambda c: HOPELESS)).run_once()
    box.enqueue(2)
    assert (box.rows()[2].state, box.rows()[2].attempts) == (MessageState.DUE, 0)
    assert box.drain(Scripted()).run_once().delivered == 1


def test_a_rejected_object_backs_off_and_is_parked_when_its_attempts_run_out(box: Box) -> None:
    box.enqueue(2)
    drain = box.drain(Scripted(lambda c: UNLUCKY))
    results = []
    for _ in range(ATTEMPTS_BEFORE_PARKING):
        results.append(drain.run_once())
        assert drain.run_once().claimed == 0
        box.clock.advance(OBJECT_BACKOFF.cap_seconds)
    assert [r.parked for r in results] == [0] * (ATTEMPTS_BEFORE_PARKING - 1) + [1]


def test_parking_a_hopeless_object_takes_less_than_four_minutes() -> None:
    bounds = [
        min(OBJECT_BACKOFF.cap_seconds, OBJECT_BACKOFF.base_seconds * 2**n) for n in range(ATTEMPTS_BEFORE_PARKING - 1)
    ]
    assert sum(bounds) < 240


@pytest.mark.parametrize(
    "reason",
    [SiloUnreachable, DeadlineExceeded, DatabaseFull, KeyUnknown, PermissionDenied, RegionNotFound, ConfigInvalid],
)
def test_a_destination_that_is_away_burns_no_attempts_and_releases_everything(
    box: Box, reason: type[SiloError]
) -> None:
    class Away(Scripted):
        def deliver(self, claims: Sequence[Claim]) -> list[Rejection | None]:
            raise reason

    box.enqueue(1, 2)
    result = box.drain(Away()).run_once()
    assert isinstance(result.away, reason)
    assert [(row.state, row.attempts) for row in box.rows().values()] == [(MessageState.DUE, 0)] * 2
    assert box.drain(Scripted()).run_once().delivered == 2


def test_a_batch_that_fails_is_halved_until_the_culprit_stands_alone(box: Box) -> None:
    class Poisoned(Scripted):
        def deliver(self, claims: Sequence[Claim]) -> list[Rejection | None]:
            if any(claim.object_id == 5 for claim in claims):
                raise Internal
            return super().deliver(claims)

    box.enqueue(*range(1, 9))
    result = box.drain(Poisoned()).run_once()
    assert (result.delivered, result.set_back, list(box.rows())) == (7, 1, [5])
    assert (box.rows()[5].state, box.rows()[5].attempts) == (MessageState.DUE, 0)


def test_after_a_failure_the_next_batches_are_smaller_and_grow_again(box: Box) -> None:
    class Slow(Scripted):
        def deliver(self, claims: Sequence[Claim]) -> list[Rejection | None]:
            if len(claims) > 2:
                raise DeadlineExceeded
            return super().deliver(claims)

    box.enqueue(*range(1, 17))
    drain = box.drain(Slow(), limit=8)
    assert [drain.run_once().claimed for _ in range(4)] == [8, 4, 2, 4]


class Stuck(Scripted):
    """Runs out of time for one object."""

    def deliver(self, claims: Sequence[Claim]) -> list[Rejection | None]:
        answers = super().deliver(claims)
        if any(claim.object_id == 1 for claim in claims):
            raise DeadlineExceeded
        return answers


def test_nobody_is_blamed_for_a_call_that_runs_out_of_time_however_often(box: Box) -> None:
    box.enqueue(1)
    drain = box.drain(Stuck())
    for _ in range(2 * ATTEMPTS_BEFORE_PARKING):
        assert (drain.run_once().set_back, drain.run_once().claimed) == (1, 0)
        box.clock.advance(LONE_BACKOFF.cap_seconds)
    row = box.rows()[1]
    assert (row.state, row.attempts) == (MessageState.DUE, 0)
    assert str(row.last_error).startswith("DEADLINE_EXCEEDED: ")
    assert box.drain(Scripted()).run_once().delivered == 1


def test_an_object_that_ran_out_of_time_alone_is_called_alone_and_last_from_then_on(box: Box) -> None:
    box.enqueue(1)
    destination = Stuck()
    drain = box.drain(destination)
    drain.run_once()
    box.enqueue(1, 2, 3)
    assert (drain.run_once().delivered, destination.batches[-2:]) == (2, [[2, 3], [1]])


def test_a_call_that_runs_out_of_time_where_nobody_serves_holds_back_no_object(box: Box) -> None:
    box.enqueue(1)
    drain = box.drain(Stuck(serving=False))
    assert isinstance(drain.run_once().away, DeadlineExceeded)
    assert drain.run_once().claimed == 1


def test_a_write_during_a_rejected_delivery_is_not_backed_off(box: Box) -> None:
    class Busy(Scripted):
        def deliver(self, claims: Sequence[Claim]) -> list[Rejection | None]:
            box.enqueue(1)
            return [UNLUCKY]

    box.enqueue(1)
    box.drain(Busy()).run_once()
    assert box.drain(Scripted()).run_once().delivered == 1


def test_lag_is_the_time_since_the_object_became_dirty(box: Box) -> None:
    box.enqueue(1)
    box.clock.advance(3)
    assert box.drain(Scripted()).run_once().lags_seconds == (3.0,)
