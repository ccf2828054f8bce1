import contextlib
import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from region_silo.api.envelope import MAX_ITEMS, Envelope, Item, parse_envelope
from shared.errors import BodyTooLarge, InvalidInput, MalformedBody

ID = "0123456789abcdef0123456789abcdef"


def _lines(*parts: Any) -> bytes:
    return b"\n".join(part if isinstance(part, bytes) else json.dumps(part).encode() for part in parts)


def test_a_payload_is_as_long_as_its_header_says() -> None:
    raw = _lines(
        {"event_id": ID}, {"type": "event", "length": 5}, b"a\nb\nc", {"type": "attachment", "length": 2}, b"xy"
    )
    assert parse_envelope(raw) == Envelope(ID, None, (Item("event", b"a\nb\nc"), Item("attachment", b"xy")))


def test_a_payload_of_no_given_length_ends_with_its_line() -> None:
    raw = _lines({}, {"type": "event"}, b'{"a":1}', {"type": "session"}, b"{}")
    assert [item.payload for item in parse_envelope(raw).items] == [b'{"a":1}', b"{}"]


@pytest.mark.parametrize("end", [b"", b"\n", b"\n\n\n"])
def test_line_breaks_at_the_end_mean_nothing(end: bytes) -> None:
    raw = _lines({}, {"type": "event", "length": 2}, b"{}") + end
    assert [item.payload for item in parse_envelope(raw).items] == [b"{}"]


def test_an_item_may_be_empty() -> None:
    raw = _lines({}, {"type": "a", "length": 0}, b"", {"type": "b"})
    assert parse_envelope(raw).items == (Item("a", b""), Item("b", b""))


def test_an_envelope_may_be_without_items() -> None:
    assert parse_envelope(b'{"dsn":"http://k@h/1"}') == Envelope(None, "http://k@h/1", ())


@pytest.mark.parametrize(
    "raw",
    [
        b"",
        b"\n",
        b"no json",
        b"[]",
        b"{}\n{}\n{}",
        b'{}\n{"type":1}\n{}',
        b'{}\n{"type":"event","length":3}\n{}',
        b'{}\n{"type":"event","length":1}\n{}',
        b'{}\n{"type":"event","length":-1}\n{}',
        b'{}\n{"type":"event","length":"2"}\n{}',
        b'{}\n{"type":"event","length":true}\n{}',
        b'{}\n{"type":"event","length":1e400}\n{}',
        b"{}\n" + b'{"a":' * 1000,
        b'{"x":"' + b"x" * 9000 + b'"}',
        b"\xff\xfe",
    ],
)
def test_anything_else_is_malformed(raw: bytes) -> None:
    with pytest.raises(MalformedBody):
        parse_envelope(raw)


def test_there_is_a_most_number_of_items() -> None:
    with pytest.raises(BodyTooLarge):
        parse_envelope(b"{}\n" + b'{"type":"a"}\n\n' * (MAX_ITEMS + 1))


@given(
    st.binary(max_size=200)
    | st.lists(st.sampled_from([b"{}", b"\n", b'{"type":"event"}', b'"length":2']), max_size=20).map(b"".join)
)
def test_any_bytes_are_an_envelope_or_are_refused(raw: bytes) -> None:
    with contextlib.suppress(InvalidInput):
        assert isinstance(parse_envelope(raw), Envelope)
