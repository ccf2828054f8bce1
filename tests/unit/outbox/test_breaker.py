import random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from shared.clock import FrozenClock
from shared.outbox.breaker import PROBE_BACKOFF, Backoff, Breaker, BreakerState
from shared.outbox.drain import ATTEMPTS_BEFORE_PARKING, OBJECT_BACKOFF

BACKOFF = Backoff(base_seconds=0.5, cap_seconds=8.0)


@given(st.integers(1, 10**9), st.integers())
def test_a_wait_is_never_a_busy_loop_and_never_longer_than_the_cap(failures: int, seed: int) -> None:
    wait = BACKOFF.seconds(failures, rng=random.Random(seed))
    assert BACKOFF.base_seconds * 0.1 <= wait <= BACKOFF.cap_seconds


@given(st.integers(1, 4), st.integers())
def test_the_bound_doubles_with_every_failure(failures: int, seed: int) -> None:
    once, again = (BACKOFF.seconds(count, rng=random.Random(seed)) for count in (failures, failures + 1))
    assert again == 2 * once


def test_two_who_failed_together_do_not_come_back_together() -> None:
    rng = random.Random(1)
    assert BACKOFF.seconds(3, rng=rng) != BACKOFF.seconds(3, rng=rng)


def test_a_hopeless_object_waits_a_minute_and_a_half_in_all_before_it_is_parked() -> None:
    longest = [min(OBJECT_BACKOFF.cap_seconds, 2.0**failed) for failed in range(ATTEMPTS_BEFORE_PARKING - 1)]
    waits = [OBJECT_BACKOFF.seconds(failures, rng=random.Random(1)) for failures in range(1, ATTEMPTS_BEFORE_PARKING)]
    assert sum(longest) == 91
    assert all(wait <= bound for wait, bound in zip(waits, longest, strict=True))


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
