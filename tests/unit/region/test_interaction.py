import pytest
from hypothesis import given
from hypothesis.strategies import integers, sampled_from

from region_silo.services.interaction import DAY_SECONDS, HOUR_SECONDS, MAX_POINTS, parse_period
from shared.domain.app_error import AppError

LATEST = 253_402_300_799


@given(since=integers(0, LATEST), length=integers(0, 400 * DAY_SECONDS), hours=sampled_from([1, 2, 6, 24, 168]))
def test_a_period_ends_with_the_interval_of_its_end(since: int, length: int, hours: int) -> None:
    until, step = since + length, hours * HOUR_SECONDS
    period = parse_period(since=since, until=until, resolution_seconds=step)
    assert period.starts[-1] <= until < period.starts[-1] + step
    assert all(after - before == step for before, after in zip(period.starts, period.starts[1:], strict=False))
    assert period.starts[0] > since - step
    assert len(period.starts) <= MAX_POINTS


def test_a_week_is_counted_by_the_hour_and_more_by_the_day() -> None:
    week = 7 * DAY_SECONDS
    assert parse_period(since=0, until=week).resolution_seconds == HOUR_SECONDS
    assert parse_period(since=0, until=week + 1).resolution_seconds == DAY_SECONDS


@pytest.mark.parametrize("resolution", [0, -3600, 1, 3599, 5400])
def test_an_interval_is_whole_hours(resolution: int) -> None:
    with pytest.raises(AppError, match="whole hours"):
        parse_period(since=0, until=1, resolution_seconds=resolution)
