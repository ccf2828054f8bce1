from datetime import UTC, datetime, timedelta, timezone

from hypothesis import given
from hypothesis import strategies as st

from shared.database.columns import BytesField, InstantField, JsonField, instant_text, parse_instant

instants = st.datetimes(timezones=st.just(UTC))
json_values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text(),
    lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner),
)


@given(instants, instants)
def test_the_order_of_instants_is_the_order_of_their_texts(one: datetime, other: datetime) -> None:
    assert (one < other) == (instant_text(one) < instant_text(other))


@given(instants)
def test_an_instant_survives_its_text(instant: datetime) -> None:
    assert parse_instant(instant_text(instant)) == instant


def test_an_instant_of_another_zone_is_stored_as_utc() -> None:
    noon_in_tokyo = datetime(2030, 1, 1, 12, tzinfo=timezone(timedelta(hours=9)))
    assert instant_text(noon_in_tokyo) == "2030-01-01T03:00:00.000000+00:00"
    assert parse_instant(noon_in_tokyo).utcoffset() == timedelta()


@given(json_values)
def test_a_json_value_survives_its_column(value: object) -> None:
    field = JsonField()
    stored = field.db_value(value)
    assert field.python_value(stored) == value
    assert stored is None or "\0" not in stored


def test_nothing_is_stored_as_nothing() -> None:
    for field in (InstantField(), JsonField(), BytesField()):
        assert (field.db_value(None), field.python_value(None)) == (None, None)


def test_bytes_come_back_as_bytes_whatever_the_driver_calls_them() -> None:
    assert BytesField().python_value(memoryview(b"state")) == b"state"
