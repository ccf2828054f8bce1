"""When and where issues of a list were seen: ``statsPeriod``, ``start``, ``end``, ``environment``. Owns their forms."""

import re
from datetime import datetime, timedelta

from starlette.datastructures import QueryParams

from region_silo.services.instant import parse_iso
from region_silo.services.issues import Sighting
from shared.domain.json_field import shown
from shared.errors import ValidationFailed
from shared.http.endpoint import Parameter

SIGHTING_PARAMETERS = (
    Parameter(
        name="statsPeriod",
        description="Only issues seen this long ago at most, such as `24h` or `14d`. Outranks `start` and `end`.",
        schema={"type": "string", "pattern": "^[0-9]{1,6}[smhdw]$"},
    ),
    Parameter(name="start", description="Only issues seen at this time or later; ISO 8601, in UTC unless it says so."),
    Parameter(name="end", description="Only issues seen at this time or earlier; likewise."),
    Parameter(
        name="environment",
        description="Only issues seen in this environment; may be repeated; empty for those of none.",
    ),
)

_PERIOD = re.compile(r"([0-9]{1,6})([smhdw])", re.ASCII)
_UNITS = {"s": "seconds", "m": "minutes", "h": "hours", "d": "days", "w": "weeks"}
_MAX_ENVIRONMENTS = 100


def read_sighting(query: QueryParams, *, now: datetime) -> Sighting:
    """Raises:
    ValidationFailed: a parameter makes no sense, or the start is after the end.
    """
    since, until = _instant(query, "start"), _instant(query, "end")
    if period := query.get("statsPeriod"):
        since, until = _ago(period, now=now), None
    if since and until and since > until:
        raise ValidationFailed("start must be before end")
    environments = frozenset(name.replace("\x00", "?") for name in query.getlist("environment"))
    if len(environments) > _MAX_ENVIRONMENTS:
        raise ValidationFailed(f"At most {_MAX_ENVIRONMENTS} environments can be asked for at once.")
    return Sighting(since=since, until=until, environments=environments)


def _ago(text: str, *, now: datetime) -> datetime:
    match = _PERIOD.fullmatch(text)
    refusal = ValidationFailed(f"Invalid statsPeriod: {shown(text)!r}")
    if match is None:
        raise refusal
    try:
        return now - timedelta(**{_UNITS[match[2]]: int(match[1])})
    except OverflowError as exc:
        raise refusal from exc


def _instant(query: QueryParams, name: str) -> datetime | None:
    text = query.get(name)
    try:
        return parse_iso(text) if text else None
    except ValueError as exc:
        raise ValidationFailed(f"{shown(text or '')} is not a valid ISO8601 date query") from exc
