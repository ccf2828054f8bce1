import contextlib
import functools
import itertools
import json
import tracemalloc
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from region_silo.api import envelope
from region_silo.api.envelope import MAX_ITEMS, Envelope, Item
from shared.errors import BodyTooLarge, InvalidInput, MalformedBody, PermissionDenied

parse_envelope = functools.partial(envelope.parse_envelope, admit=lambda dsn: None)
ID = "0123456789abcdef0123456789abcdef"


def _lines(*parts: Any) -> bytes:
    return b"\n".join(part if isinstance(part, bytes) else json.dumps(part).encode() for part in parts)


def test_a_payload_is_as_long_as_its_header_says() -> None:
    raw = _lines(
        {"event_id": ID}, {"type": "event", "length": 5}, b"a\nb\nc", {"type": "attachment", "length": 2}, b"xy"
    )
    assert parse_envelope([raw]) == Envelope(ID, (Item("event", b"a\nb\nc"), Item("attachment")))


def test_a_payload_of_no_given_length_ends_with_its_line() -> None:
    raw = _lines({}, {"type": "event"}, b'{"a":1}', {"type": "event"}, b"{}")
    assert [item.payload for item in parse_envelope([raw]).items] == [b'{"a":1}', b"{}"]


@pytest.mark.parametrize("end", [b"", b"\n", b"\n\n\n"])
def test_line_breaks_at_the_end_mean_nothing(end: bytes) -> None:
    raw = _lines({}, {"type": "event", "length": 2}, b"{}") + end
    assert [item.payload for item in parse_envelope([raw]).items] == [b"{}"]


def test_an_item_may_be_empty() -> None:
    raw = _lines({}, {"type": "a", "length": 0}, b"", {"type": "b"})
    assert parse_envelope([raw]).items == (Item("a"), Item("b"))


def test_an_envelope_may_be_without_items() -> None:
    assert parse_envelope([b"{}"]) == Envelope(None, ())


@pytest.mark.parametrize(("line", "expected"), [(b'{"dsn":"http://k@h/1"}', "http://k@h/1"), (b"{}", None)])
def test_who_sends_is_judged_before_more_than_the_first_line_is_looked_at(line: bytes, expected: str | None) -> None:
    judged, rest = [], iter([line + b"\n", b"no JSON"])

    def refuse(dsn: str | None) -> None:
        judged.append(dsn)
        raise PermissionDenied

    with pytest.raises(PermissionDenied):
        envelope.parse_envelope(rest, admit=refuse)
    assert (judged, list(rest)) == ([expected], [b"no JSON"])


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
        parse_envelope([raw])


def test_there_is_a_most_number_of_items() -> None:
    with pytest.raises(BodyTooLarge):
        parse_envelope([b"{}\n" + b'{"type":"a"}\n\n' * (MAX_ITEMS + 1)])


def test_an_empty_last_item_needs_no_line_break() -> None:
    raw = b'{}\n{"type":"event"}\n{"message":"m"}\n{"type":"attachment","filename":"empty.txt","length":0}'
    assert [item.type for item in parse_envelope([raw]).items] == ["event", "attachment"]


def test_an_envelope_is_the_same_wherever_it_is_cut() -> None:
    raw = _lines(
        {"event_id": ID}, {"type": "a", "length": 3}, b"x\ny", {"type": "event"}, b"{}", {"type": "b"}, b"line"
    )
    whole = parse_envelope([raw])
    assert [parse_envelope([raw[:cut], raw[cut:]]) for cut in range(len(raw))] == [whole] * len(raw)


def test_what_is_not_kept_is_not_held() -> None:
    start, piece = b'{}\n{"type":"attachment","length":%d}\n' % 2**30, b"x" * 2**20
    pieces = itertools.chain([start], itertools.repeat(piece, 2**10))
    tracemalloc.start()
    assert parse_envelope(pieces).items == (Item("attachment"),)
    _, most = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert most < 2**24


@pytest.mark.parametrize("length", ['"length":1048577', '"x":1'])
def test_an_event_is_refused_as_soon_as_it_is_too_large(length: str) -> None:
    pieces = itertools.chain([b'{}\n{"type":"event",%s}\n' % length.encode()], itertools.repeat(b"x" * 2**16))
    with pytest.raises(BodyTooLarge):
        parse_envelope(pieces)


@given(
    st.binary(max_size=200)
    | st.lists(st.sampled_from([b"{}", b"\n", b'{"type":"event"}', b'"length":2']), max_size=20).map(b"".join)
)
def test_any_bytes_are_an_envelope_or_are_refused(raw: bytes) -> None:
    with contextlib.suppress(InvalidInput):
        assert isinstance(parse_envelope([raw]), Envelope)
