import random
from datetime import UTC, datetime

import pytest

from shared.webhooks.schedule import MAX_RETRY_AFTER_SECONDS, parse_retry_after, wait_seconds

NOW = datetime(2030, 1, 1, tzinfo=UTC)
MINUTE, HOUR = 60, 3600
# As the design says it, and not as the code does.
WAITS = [5, 30, 2 * MINUTE, 10 * MINUTE, 30 * MINUTE, HOUR, 3 * HOUR, 6 * HOUR, 12 * HOUR, 24 * HOUR, 24 * HOUR]


@pytest.mark.parametrize(("attempt", "wait"), list(enumerate(WAITS, 1)))
def test_each_wait_is_the_designs_give_or_take_a_fifth(attempt: int, wait: float) -> None:
    waits = [wait_seconds(attempt, rng=random.Random(seed)) for seed in range(200)]
    assert all(each is not None and 0.8 * wait <= each <= 1.2 * wait for each in waits)
    assert max(filter(None, waits)) > 1.1 * wait
    assert min(filter(None, waits)) < 0.9 * wait


def test_nothing_comes_after_the_last_attempt() -> None:
    assert wait_seconds(len(WAITS) + 1, rng=random.Random(1)) is None
    assert wait_seconds(len(WAITS) + 1, rng=random.Random(1), retry_after=1.0) is None


def test_an_app_is_never_asked_before_it_wants_nor_before_its_turn() -> None:
    assert wait_seconds(1, rng=random.Random(1), retry_after=100.0) == 100.0
    usual = wait_seconds(5, rng=random.Random(1))
    assert wait_seconds(5, rng=random.Random(1), retry_after=0.0) == usual


@pytest.mark.parametrize(
    ("value", "seconds"),
    [
        ("120", 120.0),
        (" 0 ", 0.0),
        ("86401", MAX_RETRY_AFTER_SECONDS),
        ("9" * 5000, MAX_RETRY_AFTER_SECONDS),
        ("Tue, 01 Jan 2030 00:02:00 GMT", 120.0),
        ("Tuesday, 01-Jan-30 00:02:00 GMT", 120.0),
        ("Tue, 01 Jan 2030 00:02:00 -0000", 120.0),
        ("Mon, 31 Dec 2029 23:00:00 GMT", 0.0),
        ("Sun, 01 Jan 2040 00:00:00 GMT", MAX_RETRY_AFTER_SECONDS),
    ],
)
def test_both_forms_of_retry_after_are_read_up_to_a_day(value: str, seconds: float) -> None:
    assert parse_retry_after(value, now=NOW) == seconds


@pytest.mark.parametrize("value", ["", "soon", "-1", "1.5", "\N{SUPERSCRIPT TWO}", "Tue, 99 Jan 2030 00:00:00 GMT"])
def test_what_is_neither_asks_for_nothing(value: str) -> None:
    assert parse_retry_after(value, now=NOW) is None
