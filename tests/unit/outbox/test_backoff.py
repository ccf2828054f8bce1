import random

from hypothesis import given
from hypothesis import strategies as st

from shared.outbox.backoff import Backoff
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
