import contextlib
import json

from hypothesis import given
from hypothesis import strategies as st

from shared.domain.json_value import JsonValue
from shared.errors import MalformedBody
from shared.http.answer import json_answer
from shared.http.body import parse_json

leaf = st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False) | st.text()
value = st.recursive(leaf, lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner), max_leaves=20)


@given(value)
def test_any_json_value_survives_being_sent_and_answered(sent: JsonValue) -> None:
    received = parse_json(json.dumps(sent).encode())
    assert received == sent
    assert json.loads(bytes(json_answer(received).body)) == sent


@given(st.binary(max_size=200))
def test_any_bytes_are_json_or_malformed(raw: bytes) -> None:
    read: list[JsonValue] = []
    with contextlib.suppress(MalformedBody):
        read.append(parse_json(raw))
    assert read in ([], [json.loads(raw.decode()) if read and raw.strip() else {}])


def test_an_empty_body_is_an_empty_object() -> None:
    assert parse_json(b"") == {}


def test_a_lone_surrogate_can_be_answered() -> None:
    assert bytes(json_answer(parse_json(b'"\\ud800"')).body) == b'"\\ud800"'
