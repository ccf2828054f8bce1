import asyncio
import contextlib
import json

import pytest
from hypothesis import given
from hypothesis import strategies as st
from starlette.requests import Request

from shared.domain.json_value import JsonValue
from shared.errors import MalformedBody
from shared.http.answer import json_answer
from shared.http.body import parse_json, read_body


@pytest.mark.parametrize(
    ("method", "read"), [*((each, b"{}") for each in ("POST", "PUT", "PATCH", "DELETE")), ("GET", b""), ("HEAD", b"")]
)
def test_a_body_is_read_of_the_methods_that_may_have_one(method: str, read: bytes) -> None:
    async def receive() -> dict[str, object]:
        return {"type": "http.request", "body": b"{}"}

    request = Request({"type": "http", "method": method, "headers": []}, receive)
    assert asyncio.run(read_body(request)) == read


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
