from collections.abc import Callable

import pytest
from hypothesis import given
from hypothesis import strategies as st

from shared.domain.json_field import (
    FieldInvalid,
    check_no_control_characters,
    parse_boolean,
    parse_integer,
    parse_list,
    parse_name,
    parse_text,
    refusing,
    shown,
)
from shared.domain.json_value import JsonValue
from shared.errors import ValidationFailed


def problems(parse: Callable[[JsonValue], object], value: JsonValue) -> tuple[str, ...]:
    with pytest.raises(FieldInvalid) as caught:
        parse(value)
    return caught.value.texts


def text(value: JsonValue) -> str:
    return parse_text(value, max_characters=5, is_blank_allowed=False)


def names(value: JsonValue) -> tuple[str, ...]:
    return parse_list(value, parse_name, max_items=4)


def small(value: JsonValue) -> int:
    return parse_integer(value, minimum=0, maximum=9)


@pytest.mark.parametrize(("value", "parsed"), [(" a ", "a"), (12, "12"), (1.5, "1.5"), ("日本", "日本")])
def test_strings_are_trimmed_and_numbers_count_as_text(value: JsonValue, parsed: str) -> None:
    assert text(value) == parsed


@pytest.mark.parametrize(
    ("value", "problem"),
    [
        (True, "Not a valid string."),
        ([], "Not a valid string."),
        ({}, "Not a valid string."),
        ("  ", "This field may not be blank."),
        ("abcdef", "Ensure this field has no more than 5 characters."),
        ("a\x00", "Null characters are not allowed."),
        ("\udc00", "Surrogate characters are not allowed: U+DC00."),
        pytest.param(10**5000, "String value too large.", id="huge"),
    ],
)
def test_what_is_no_text(value: JsonValue, problem: str) -> None:
    assert problems(text, value) == (problem,)


@pytest.mark.parametrize(("value", "parsed"), [(True, True), ("false", False), (1, True), ("0", False), ("Yes", True)])
def test_what_is_a_boolean(value: JsonValue, *, parsed: bool) -> None:
    assert parse_boolean(value) is parsed


@pytest.mark.parametrize("word", ["t", "y", "yes", "true", "on", "1", "f", "n", "no", "false", "off", "0"])
def test_a_boolean_may_be_any_word_of_the_original_s(word: str) -> None:
    assert parse_boolean(word.upper()) is (word in {"t", "y", "yes", "true", "on", "1"})


@pytest.mark.parametrize("value", ["", "maybe", 2, 1.5, [], {}, "\x00"])
def test_what_is_no_boolean(value: JsonValue) -> None:
    assert problems(parse_boolean, value) == ("Must be a valid boolean.",)


def test_a_huge_number_is_no_boolean() -> None:
    assert problems(parse_boolean, 10**5000) == ("String value too large.",)


@pytest.mark.parametrize(("value", "parsed"), [(3, 3), ("3", 3), (" 3 ", 3), (3.0, 3), ("3.0", 3), ("+3", 3)])
def test_numeric_strings_are_integers(value: JsonValue, parsed: int) -> None:
    assert small(value) == parsed


@pytest.mark.parametrize("value", [True, "", "a", 3.5, "1e3", [], {}, "٣", "1_0", float("nan"), float("inf")])
def test_what_is_no_integer(value: JsonValue) -> None:
    assert problems(small, value) == ("A valid integer is required.",)


@pytest.mark.parametrize(
    ("value", "problem"),
    [
        (-1, "Ensure this value is greater than or equal to 0."),
        ("10", "Ensure this value is less than or equal to 9."),
        ("1" * 1001, "String value too large."),
        pytest.param(10**5000, "String value too large.", id="huge"),
    ],
)
def test_integers_are_bounded(value: JsonValue, problem: str) -> None:
    assert problems(small, value) == (problem,)


def test_each_problem_of_a_list_is_told_once() -> None:
    assert problems(names, [1, "a", [], "\x00"]) == ("Not a valid string.", "Null characters are not allowed.")


@pytest.mark.parametrize(("value", "kind"), [("a", "str"), ({}, "dict"), (1, "int"), (True, "bool"), (1.5, "float")])
def test_what_is_no_list_is_named_by_its_type(value: JsonValue, kind: str) -> None:
    assert problems(names, value) == (f'Expected a list of items but got type "{kind}".',)


def test_a_long_list_is_refused_before_it_is_read() -> None:
    assert problems(names, [1] * 5) == ("Ensure this field has no more than 4 elements.",)


@pytest.mark.parametrize("value", ["a\nb", "\x7f", "\x85"])
def test_control_characters_can_be_refused(value: str) -> None:
    with pytest.raises(FieldInvalid, match="Control characters are not allowed"):
        check_no_control_characters(value)


def test_a_wrong_value_refuses_its_field() -> None:
    with pytest.raises(ValidationFailed) as caught, refusing("age"):
        small("x")
    assert list(caught.value.fields["age"]) == ["A valid integer is required."]


@given(st.text())
def test_errors_repeat_no_more_than_a_little(value: str) -> None:
    assert len(shown(value)) <= 101
    assert value.startswith(shown(value).removesuffix("…")) or len(value) <= 100
