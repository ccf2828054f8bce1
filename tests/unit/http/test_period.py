import contextlib
from datetime import UTC, datetime
from urllib.parse import urlencode

import pytest
from hypothesis import given
from hypothesis.strategies import text
from starlette.requests import Request

from shared.domain.period import Period
from shared.errors import RequestRefused
from shared.http.period import read_period

NOW = datetime(2030, 1, 1, 12, 30, tzinfo=UTC)
NOON = int(NOW.timestamp()) - 1800
HOUR = 3600


def asking(query: str) -> Request:
    return Request({"type": "http", "query_string": query.encode(), "headers": []})


def test_nothing_asked_is_the_last_day_by_the_hour_this_hour_included() -> None:
    period = read_period(asking(""), now=NOW)
    assert (period.first, period.last, period.interval_seconds) == (NOON - 24 * HOUR, NOON, HOUR)


def test_only_an_end_is_the_day_before_it() -> None:
    period = read_period(asking(f"until={NOON - 9 * HOUR}"), now=NOW)
    assert (period.first, period.last) == (NOON - 33 * HOUR, NOON - 9 * HOUR)


@pytest.mark.parametrize(
    ("resolution", "seconds"), [("1h", HOUR), ("60m", HOUR), ("7200s", 2 * HOUR), ("2d", 48 * HOUR)]
)
def test_a_resolution_has_a_unit(resolution: str, seconds: int) -> None:
    assert read_period(asking(f"resolution={resolution}"), now=NOW).interval_seconds == seconds


def test_fractions_of_seconds_are_dropped() -> None:
    assert read_period(asking(f"since={NOON}.9&until={NOON}.95"), now=NOW).first == NOON


@given(name=text(max_size=20), value=text(max_size=20))
def test_whatever_is_asked_is_a_period_or_refused(name: str, value: str) -> None:
    query = urlencode({"since": value, "until": value, "resolution": value, name: value})
    read: list[Period] = []
    with contextlib.suppress(RequestRefused):
        read.append(read_period(asking(query), now=NOW))
    assert all(period.first <= period.last and period.interval_seconds > 0 for period in read)
