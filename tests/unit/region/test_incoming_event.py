from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from region_silo.events.incoming import parse_event, parse_event_id
from shared.errors import ValidationFailed
from tests.unit.region.events import NOW, read

ID = "0123456789abcdef0123456789abcdef"


@pytest.mark.parametrize("text", [ID, ID.upper(), "01234567-89ab-cdef-0123-456789abcdef"])
def test_an_event_id_is_a_uuid_with_or_without_dashes(text: str) -> None:
    assert parse_event_id(text) == ID


@pytest.mark.parametrize("value", ["", "1", ID + "0", "g" * 32, 7, [], {}, True, "\x00" * 32])
def test_anything_else_is_refused(value: Any) -> None:
    with pytest.raises(ValidationFailed):
        parse_event_id(value)


def test_the_envelopes_id_outranks_the_events_own() -> None:
    assert read({"event_id": "f" * 32}, event_id=ID).event_id == ID


def test_an_event_without_an_id_gets_one() -> None:
    assert read({}).event_id != read({}).event_id


@pytest.mark.parametrize(
    "value", [1893455990, 1893455990.0, "2029-12-31T23:59:50", "2029-12-31T23:59:50Z", "2030-01-01T00:59:50+01:00"]
)
def test_a_time_is_seconds_or_iso_8601(value: Any) -> None:
    assert read({"timestamp": value}).occurred_at == datetime(2029, 12, 31, 23, 59, 50, tzinfo=UTC)


@pytest.mark.parametrize(
    "value",
    [
        None,
        True,
        "",
        "soon",
        "1" * 1000,
        1e300,
        -1e300,
        10**400,
        [],
        "0001-01-01T00:00:00+23:59",
        "9999-12-31T23:59:59-23:59",
    ],
)
def test_a_time_that_makes_no_sense_is_the_time_of_arrival(value: Any) -> None:
    assert read({"timestamp": value}).occurred_at == NOW


@pytest.mark.parametrize("away", [timedelta(minutes=2), -timedelta(days=31)])
def test_a_time_that_cannot_be_is_the_time_of_arrival(away: timedelta) -> None:
    assert read({"timestamp": (NOW + away).isoformat()}).occurred_at == NOW


@pytest.mark.parametrize(
    ("raw", "extra"),
    [
        (b'{"extra":{"a":1,"a":2}}', {"a": 2}),
        (b'{"extra":{"a":NaN,"b":-Infinity,"c":1e999}}', {"a": None, "b": None, "c": None}),
        (b'{"extra":{"a":' + b"7" * 5000 + b"}}", {"a": None}),
        (b'{"extra":{"a":' * 70 + b"1" + b"}}" * 70, None),
    ],
)
def test_json_that_only_some_senders_write_is_read(raw: bytes, extra: Any) -> None:
    payload = read(dict(parse_event(raw))).payload
    assert extra is None or payload["extra"] == extra
