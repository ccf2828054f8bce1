"""The period that a query asks about: ``since``, ``until`` and ``resolution`` (spec §6). Owns their forms."""

import math
import re
from datetime import datetime

from starlette.requests import Request

from shared.domain.period import (
    DAY_SECONDS,
    HOUR_SECONDS,
    INSTANT_ERROR,
    MAX_INSTANT,
    RESOLUTION_ERROR,
    Period,
    parse_period,
)
from shared.errors import RequestRefused
from shared.http.endpoint import Parameter

PERIOD_PARAMETERS = (
    Parameter(
        name="since",
        description="Start of the period, in Unix seconds; a day before its end when absent.",
        schema={"type": "number", "minimum": 0},
    ),
    Parameter(
        name="until",
        description="End of the period, in Unix seconds; now when absent.",
        schema={"type": "number", "minimum": 0},
    ),
    Parameter(
        name="resolution",
        description="Length of an interval, such as `1h` or `1d`; when absent, an hour, or a day for a long period.",
        schema={"type": "string", "pattern": "^[0-9]{1,6}[smhd]$"},
    ),
)

_RESOLUTION = re.compile(r"([0-9]{1,6})([smhd])", re.ASCII)
_UNIT_SECONDS = {"s": 1, "m": 60, "h": HOUR_SECONDS, "d": DAY_SECONDS}


def read_period(request: Request, *, now: datetime) -> Period:
    """The period; the last day, by the hour, when the query says nothing.

    Raises:
        RequestRefused: an instant is no number, the start is after the end, or the resolution is none.
    """
    until = _instant(request, "until", default=now.timestamp())
    since = _instant(request, "since", default=max(0.0, until - DAY_SECONDS))
    return parse_period(since=since, until=until, interval_seconds=_resolution(request))


def _instant(request: Request, name: str, *, default: float) -> int:
    text = request.query_params.get(name)
    try:
        instant = float(text) if text else default
    except ValueError:
        instant = math.nan
    if not 0 <= instant <= MAX_INSTANT:
        raise RequestRefused(INSTANT_ERROR.format(name=name))
    return int(instant)


def _resolution(request: Request) -> int | None:
    text = request.query_params.get("resolution")
    if not text:
        return None
    match = _RESOLUTION.fullmatch(text)
    if match is None:
        raise RequestRefused(RESOLUTION_ERROR)
    return int(match[1]) * _UNIT_SECONDS[match[2]]
