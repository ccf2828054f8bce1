import doctest

import pytest
from hypothesis import given
from hypothesis import strategies as st

from region_silo.services import short_id
from region_silo.services.short_id import ShortId, parse_short_id


@pytest.mark.parametrize(
    ("number", "text"), [(1, "WEB-1"), (10, "WEB-A"), (18, "WEB-J"), (32, "WEB-10"), (1023, "WEB-ZZ")]
)
def test_a_short_id_counts_in_base_32_without_letters_that_look_like_digits(number: int, text: str) -> None:
    assert str(ShortId("web", number)) == text


@given(st.integers(min_value=1, max_value=2**53), st.from_regex(r"[a-z0-9_-]{1,60}", fullmatch=True))
def test_every_short_id_is_read_back_as_it_was_printed(number: int, slug: str) -> None:
    assert parse_short_id(str(ShortId(slug, number))) == ShortId(slug, number)


@pytest.mark.parametrize("text", ["web-1a", "WEB-1A", "Web-1a"])
def test_case_does_not_matter(text: str) -> None:
    assert parse_short_id(text) == ShortId("web", 42)


@pytest.mark.parametrize(("letter", "number"), [("o", 32), ("i", 33), ("l", 33)])
def test_a_letter_is_read_as_the_digit_that_it_looks_like(letter: str, number: int) -> None:
    assert parse_short_id(f"web-1{letter}") == ShortId("web", number)


def test_a_slug_may_contain_hyphens() -> None:
    assert parse_short_id("SHOP-WEB-FRONT-2") == ShortId("shop-web-front", 2)


@pytest.mark.parametrize(
    "text", ["", "WEB", "WEB-", "-1", "WEB-0", "WEB-U", "WEB 1", "WEB-1\n", "WEB-" + "1" * 13, "Ⅷ-1", "\x00-1"]
)
def test_any_other_text_is_no_short_id(text: str) -> None:
    assert parse_short_id(text) is None


def test_the_examples_are_true() -> None:
    assert doctest.testmod(short_id).failed == 0
