"""An app whose calls take all the time that there is is left alone for a while, and is sent everything then."""

from dataclasses import dataclass

import pytest

from shared.outbox.breaker import BreakerState
from shared.outbox.status import DestinationStatus, list_destinations
from shared.webhooks.circuit import BROKEN_SECONDS, MIN_CALLS, WHY, WINDOW_SECONDS, Circuits
from tests.integration.webhooks.conftest import APP_ID, Post


@dataclass
class Hand:
    """A clock that is moved by hand."""

    now: float = 0.0

    def __call__(self) -> float:
        return self.now


@pytest.fixture
def hand() -> Hand:
    return Hand()


@pytest.fixture
def circuits(post: Post, hand: Hand) -> Circuits:
    return Circuits(post.database, monotonic=hand)


def shown(post: Post) -> list[DestinationStatus]:
    with post.database.session():
        return [each for each in list_destinations(post.database) if each.breaker is BreakerState.OPEN]


def hang(circuits: Circuits, times: int = MIN_CALLS) -> None:
    for _ in range(times):
        circuits.record(APP_ID, is_timeout=True)


def test_it_opens_when_half_of_the_calls_take_too_long_and_operators_see_it(circuits: Circuits, post: Post) -> None:
    hang(circuits, MIN_CALLS - 1)
    assert (circuits.is_open(APP_ID), shown(post)) == (False, [])
    circuits.record(APP_ID, is_timeout=True)
    assert circuits.is_open(APP_ID)
    assert [(each.destination, each.last_error) for each in shown(post)] == [(f"app:{APP_ID}", WHY)]


def test_answers_outweigh_timeouts(circuits: Circuits) -> None:
    for _ in range(100):
        circuits.record(APP_ID, is_timeout=False)
    hang(circuits, 99)
    assert not circuits.is_open(APP_ID)


def test_what_was_long_ago_counts_no_more(circuits: Circuits, hand: Hand) -> None:
    hang(circuits, MIN_CALLS - 1)
    hand.now += WINDOW_SECONDS + 1
    hang(circuits, MIN_CALLS - 1)
    assert not circuits.is_open(APP_ID)


def test_it_is_probed_when_its_time_is_over_and_one_answer_closes_it(
    circuits: Circuits, hand: Hand, post: Post
) -> None:
    hang(circuits)
    hand.now += BROKEN_SECONDS
    assert not circuits.is_open(APP_ID)
    hang(circuits, 1)
    assert circuits.is_open(APP_ID)
    hand.now += BROKEN_SECONDS
    circuits.record(APP_ID, is_timeout=False)
    assert (circuits.is_open(APP_ID), shown(post)) == (False, [])
    hang(circuits, MIN_CALLS - 1)
    assert not circuits.is_open(APP_ID)


def test_a_process_that_comes_after_probes_at_once_and_opens_it_again_at_the_first_timeout(
    circuits: Circuits, post: Post, hand: Hand
) -> None:
    hang(circuits)
    after = Circuits(post.database, monotonic=hand)
    after.load()
    assert not after.is_open(APP_ID)
    hang(after, 1)
    assert after.is_open(APP_ID)


@pytest.mark.parametrize("status", [200, 404, 503])
def test_an_app_that_answers_whatever_it_is_is_never_left_alone(post: Post, status: int) -> None:
    post.receiver.answers("/hook", status=status)
    sender = post.sender()
    for _ in range(3 * MIN_CALLS):
        post.enqueue()
        sender.send_due()
        sender.wait()
        sender.settle_ended()
    assert (len(post.receiver.requests), shown(post)) == (3 * MIN_CALLS, [])


def test_nothing_is_sent_and_nothing_is_lost_while_it_is_open(post: Post, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("shared.webhooks.circuit.MIN_CALLS", 1)
    monkeypatch.setattr("shared.webhooks.places.PROBE_SECONDS", 0.0)
    held, sender = post.receiver.holds("/hook"), post.sender()
    post.enqueue()
    sender.send_due()
    sender.wait()
    assert sender.settle_ended() == 1
    held.set()
    second = post.enqueue()
    assert sender.send_due() == 0
    assert post.find(second).state == "pending"
    monkeypatch.setattr("shared.webhooks.circuit.BROKEN_SECONDS", 0.0)
    assert len(shown(post)) == 1
