import random

import pytest

from shared.clock import FrozenClock
from shared.outbox.backoff import Backoff
from shared.outbox.breaker import PROBE_BACKOFF, Breaker, BreakerState


@pytest.fixture
def clock() -> FrozenClock:
    return FrozenClock()


@pytest.fixture
def breaker(clock: FrozenClock) -> Breaker:
    return Breaker(clock, rng=random.Random(1), backoff=Backoff(base_seconds=1.0, cap_seconds=4.0))


def test_a_breaker_starts_closed_and_lets_calls_through(breaker: Breaker) -> None:
    assert (breaker.state, breaker.wait_seconds()) == (BreakerState.CLOSED, 0.0)


def test_the_first_failure_opens_it_for_a_while(breaker: Breaker) -> None:
    breaker.failed()
    assert breaker.state is BreakerState.OPEN
    assert 0.1 <= breaker.wait_seconds() <= 1.0


def test_it_stays_open_when_a_probe_is_allowed_until_one_succeeds(breaker: Breaker, clock: FrozenClock) -> None:
    breaker.failed()
    clock.advance(1.0)
    assert (breaker.state, breaker.wait_seconds()) == (BreakerState.OPEN, 0.0)
    breaker.succeeded()
    assert (breaker.state, breaker.wait_seconds()) == (BreakerState.CLOSED, 0.0)


def test_after_a_success_the_waits_start_small_again(breaker: Breaker) -> None:
    for _ in range(10):
        breaker.failed()
    breaker.succeeded()
    breaker.failed()
    assert breaker.wait_seconds() <= 1.0


def test_a_returning_silo_is_probed_within_two_seconds(clock: FrozenClock) -> None:
    breaker = Breaker(clock, rng=random.Random(1))
    for _ in range(100):
        breaker.failed()
        assert breaker.wait_seconds() <= PROBE_BACKOFF.cap_seconds == 2.0
