import doctest
import json

import pytest
from hypothesis import given
from hypothesis.strategies import booleans, dictionaries, floats, integers, lists, none, recursive, text

from shared.domain.json_value import JsonValue
from shared.rpc import json_struct
from shared.rpc.json_struct import items_of, list_of, object_of, struct_of

scalars = none() | booleans() | integers(-(2**53), 2**53) | floats(allow_nan=False, allow_infinity=False) | text()
values = recursive(scalars, lambda inner: lists(inner, max_size=4) | dictionaries(text(), inner, max_size=4))


@given(dictionaries(text(), values, max_size=4))
def test_an_object_comes_back_as_it_was(value: dict[str, JsonValue]) -> None:
    assert object_of(struct_of(value)) == value


@given(lists(values, max_size=4))
def test_a_list_comes_back_as_it_was(value: list[JsonValue]) -> None:
    assert items_of(list_of(value)) == value


def test_the_example_in_the_docstring_is_true() -> None:
    assert doctest.testmod(json_struct) == (0, 1)


def test_integers_print_as_integers() -> None:
    assert json.dumps(object_of(struct_of({"a": [1, 2.0, {"b": 3}]}))) == '{"a": [1, 2, {"b": 3}]}'


def test_a_number_that_no_double_holds_is_refused() -> None:
    with pytest.raises(ValueError, match="does not fit"):
        struct_of({"a": 10**400})


def test_a_value_that_is_nested_too_deeply_is_refused() -> None:
    value: JsonValue = 1
    for _ in range(200):
        value = [value]
    with pytest.raises(ValueError, match="does not fit"):
        struct_of({"a": value})
