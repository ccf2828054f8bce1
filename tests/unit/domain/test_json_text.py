import json
import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from shared.domain.json_text import encode_body, stringify, stringify_body
from shared.domain.json_value import JsonValue

LEAVES = st.one_of(st.none(), st.booleans(), st.integers(), st.floats(allow_nan=False, allow_infinity=False), st.text())
VALUES: st.SearchStrategy[JsonValue] = st.recursive(
    LEAVES, lambda inner: st.lists(inner, max_size=5) | st.dictionaries(st.text(max_size=8), inner, max_size=5)
)


@given(VALUES)
def test_the_body_is_compact_ascii_and_keeps_the_value(value: JsonValue) -> None:
    body = encode_body(value)
    assert body == json.dumps(value, separators=(",", ":")).encode("ascii")
    assert json.loads(body) == value


@given(VALUES)
def test_a_body_is_printed_as_javascript_does_by_its_text_as_by_its_value(value: JsonValue) -> None:
    assert stringify_body(encode_body(value).decode()) == stringify(value)


@pytest.mark.parametrize(
    "value",
    [
        *(1.0, -0.0, 0.0, 1e-4, 9.9e-5, 1e15, 2.0**53, 2.0**53 + 2, 1e16, 1e300, 1700000000.25, 123456789012345.6),
        *(2**53, 2**53 + 1, -(2**53) - 1, 10**30, "1" * 20, {"1": 0, "0": 1, "a": 2}, {"b": {"7": "7"}}, '"7":'),
        *("é", "😀", "\ud83d", "\ude00\ud83d", "\x00\x1f\x7f\u2028", {"\udfff": "\ud800"}, "\\u00e9"),
    ],
)
def test_odd_values_are_printed_as_javascript_does_by_their_text_as_well(value: JsonValue) -> None:
    for each in (value, [value], {"a": value, "b": [value, 1]}):
        assert stringify_body(encode_body(each).decode()) == stringify(each)


def test_a_body_that_is_nested_deeply_is_printed_by_its_text_as_well() -> None:
    value: JsonValue = 1.5
    for _ in range(900):
        value = [value]
    assert stringify_body(encode_body(value).decode()) == stringify(value)


def test_accents_and_emoji_are_escaped_in_the_body_and_raw_in_javascript() -> None:
    assert encode_body({"é": "😀"}) == b'{"\\u00e9":"\\ud83d\\ude00"}'
    assert stringify({"é": "😀"}) == '{"é":"😀"}'


@pytest.mark.parametrize(
    ("number", "text"),
    [
        (1.0, "1"),
        (-0.0, "0"),
        (-1.5, "-1.5"),
        (0.1, "0.1"),
        (1e-6, "0.000001"),
        (1e-7, "1e-7"),
        (1.5e-9, "1.5e-9"),
        (5e-324, "5e-324"),
        (1e20, "100000000000000000000"),
        (1.2345678901234568e20, "123456789012345680000"),
        (1e21, "1e+21"),
        (1.7976931348623157e308, "1.7976931348623157e+308"),
        (2**53, "9007199254740992"),
        (2**53 + 1, "9007199254740992"),
        (-(2**64), "-18446744073709552000"),
        (10**400, "null"),
    ],
)
def test_numbers_print_as_javascript_prints_the_nearest_double(number: float, text: str) -> None:
    assert stringify(number) == text


@pytest.mark.parametrize("number", [math.nan, math.inf, -math.inf])
def test_what_json_cannot_say_is_null_in_both_forms(number: float) -> None:
    assert encode_body({"a": [number, "é", 1e-5]}) == b'{"a":[null,"\\u00e9",1e-05]}'
    assert stringify([number]) == "[null]"


def test_integer_like_keys_come_first_in_ascending_order() -> None:
    keys = ["b", "10", "2", "01", "4294967294", "4294967295", "-1", "a", "0"]
    printed = json.loads(stringify(dict.fromkeys(keys)), object_pairs_hook=lambda pairs: [key for key, _ in pairs])
    assert printed == ["0", "2", "10", "4294967294", "b", "01", "4294967295", "-1", "a"]


def test_lone_surrogates_are_escaped_and_pairs_are_joined() -> None:
    assert stringify("\ud800x\udfff") == '"\\ud800x\\udfff"'
    assert stringify("\ud83d\ude00") == '"😀"'


def test_only_what_json_must_escape_is_escaped() -> None:
    assert stringify('"\\\b\f\n\r\t\x01\x1f\x7f\u2028/') == '"\\"\\\\\\b\\f\\n\\r\\t\\u0001\\u001f\x7f\u2028/"'


def test_depth_is_no_limit() -> None:
    value: JsonValue = []
    for _ in range(5_000):
        value = [value]
    assert encode_body(value).decode() == stringify(value) == "[" * 5_001 + "]" * 5_001


@pytest.mark.parametrize("value", [[], {}, [[], {}], {"a": {}, "b": []}, None, True, False, "", 0])
def test_small_values_print_as_python_prints_them(value: JsonValue) -> None:
    assert stringify(value) == json.dumps(value, separators=(",", ":"))
