from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.unit.region.events import frame, raised, read

_TEXT = st.text(st.characters(exclude_categories=()), max_size=20)
"""Lone surrogates and control characters included."""
_JSON: st.SearchStrategy[Any] = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | _TEXT,
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=8), inner, max_size=4),
    max_leaves=12,
)
_FIELDS = (
    "exception message logentry level platform tags user release environment dist culprit transaction fingerprint "
    "timestamp"
)


def _outline(payload: dict[str, Any]) -> Any:
    return read(payload).outline


def test_an_exceptions_title_is_its_type_and_the_first_line_of_its_text() -> None:
    outline = _outline(raised("KeyError", "'a'\nmore"))
    assert (outline.type, outline.title) == ("error", "KeyError: 'a'")
    assert outline.metadata == {"type": "KeyError", "value": "'a'\nmore"}


def test_a_messages_title_is_its_first_line() -> None:
    outline = _outline({"message": "\n disk full \nplease help"})
    assert (outline.type, outline.title, outline.metadata) == ("default", "disk full", {"title": "disk full"})


def test_a_title_is_never_longer_than_a_hundred_characters_and_its_type() -> None:
    outline = _outline(raised("KeyError", "x" * 1000))
    assert outline.title == f"KeyError: {'x' * 97}..."


def test_an_event_that_says_nothing_is_called_so() -> None:
    assert _outline({}).title == "<unlabeled event>"


def test_the_culprit_is_the_place_of_the_top_frame() -> None:
    assert _outline(raised(frames=[frame("app", "divide")])).culprit == "app in divide"


def test_a_transaction_outranks_the_frame_as_culprit() -> None:
    assert _outline(raised(frames=[frame("app", "divide")], transaction="/cart")).culprit == "/cart"


@pytest.mark.parametrize(
    ("given", "read"),
    [
        ("warning", "warning"),
        ("WARN", "warning"),
        (50, "fatal"),
        ("40", "error"),
        ("odd", "error"),
        (None, "error"),
        ([], "error"),
    ],
)
def test_a_level_is_one_of_the_known_words(given: Any, read: str) -> None:
    assert _outline({"level": given}).level == read


@pytest.mark.parametrize(
    "tags", [{"a": "1", "b": True}, [["a", 1], ["b", True]], [["a", 1], ["b", "True"], ["c"], "d", None]]
)
def test_tags_come_as_an_object_or_as_pairs(tags: Any) -> None:
    assert _outline({"tags": tags}).tags == [["a", "1"], ["b", "True"], ["level", "error"]]


def test_release_and_environment_are_tags_too() -> None:
    outline = _outline({"release": "1.2", "environment": "prod"})
    assert outline.tags == [["environment", "prod"], ["level", "error"], ["release", "1.2"]]


def test_an_address_that_the_server_should_have_filled_in_is_no_user() -> None:
    assert read({"user": {"ip_address": "{{auto}}"}}).user_hash is None


def test_users_are_told_apart_by_the_first_of_their_identifying_parts() -> None:
    one, other = {"id": 1, "email": "a@b.example"}, {"id": 1, "email": "c@d.example"}
    assert read({"user": one}).user_hash == read({"user": other}).user_hash != read({"user": {"id": 2}}).user_hash


@given(st.fixed_dictionaries({}, optional=dict.fromkeys(_FIELDS.split(), _JSON)))
def test_nothing_that_json_can_say_breaks_the_reading_of_an_event(payload: dict[str, Any]) -> None:
    event = read(payload)
    stored = [
        event.outline.title,
        event.outline.culprit,
        event.outline.level,
        event.outline.platform,
        event.outline.message,
    ]
    assert not any("\x00" in text or any("\ud800" <= letter <= "\udfff" for letter in text) for text in stored)
    assert len(event.grouping_hash) == 32


@given(_JSON)
def test_no_exception_of_any_shape_breaks_the_reading_of_an_event(value: Any) -> None:
    for payload in (
        {"exception": value},
        {"exception": {"values": [{"type": "E", "stacktrace": value}]}},
        raised(frames=[{"function": value}]),
    ):
        assert read(payload).outline.title
