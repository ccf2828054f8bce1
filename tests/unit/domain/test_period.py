import pytest
from hypothesis import given
from hypothesis.strategies import integers, sampled_from

from shared.domain.period import DAY_SECONDS, HOUR_SECONDS, MAX_INSTANT, MAX_INTERVALS, parse_period
from shared.errors import RequestRefused


@given(
    since=integers(0, MAX_INSTANT - 400 * DAY_SECONDS),
    length=integers(0, 400 * DAY_SECONDS),
    hours=sampled_from([1, 2, 6, 24, 168]),
)
def test_a_period_reaches_from_the_interval_of_its_start_to_that_of_its_end(
    since: int, length: int, hours: int
) -> None:
    until, step = since + length, hours * HOUR_SECONDS
    period = parse_period(since=since, until=until, interval_seconds=step)
    assert period.first <= since < period.first + step
    assert period.last <= until < period.end
    assert (period.first % step, period.last % step) == (0, 0)
    assert len(period.count([])) <= MAX_INTERVALS


def test_a_week_is_counted_by_the_hour_and_more_by_the_day() -> None:
    week = 7 * DAY_SECONDS
    assert parse_period(since=0, until=week).interval_seconds == HOUR_SECONDS
    assert parse_period(since=0, until=week + 1).interval_seconds == DAY_SECONDS


@pytest.mark.parametrize("interval", [0, -3600, 1, 3599, 5400])
def test_an_interval_is_whole_hours(interval: int) -> None:
    with pytest.raises(RequestRefused, match="whole hours"):
        parse_period(since=0, until=1, interval_seconds=interval)


@pytest.mark.parametrize("instant", [-(2**63), -1, MAX_INSTANT + 1, 2**63 - 1])
def test_an_instant_is_one_that_a_calendar_has(instant: int) -> None:
    with pytest.raises(RequestRefused, match="must be a time in Unix seconds"):
        parse_period(since=instant, until=instant)


def test_each_instant_counts_in_the_interval_that_holds_it() -> None:
    period = parse_period(since=0, until=7200)
    assert period.count([0, 1.5, 3600, 7199, 10800, -1]) == [(0, 2), (3600, 2), (7200, 0)]
