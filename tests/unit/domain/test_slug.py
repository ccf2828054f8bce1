import pytest
from hypothesis import given
from hypothesis import strategies as st

from shared.domain.slug import (
    MAX_NAME_CHARACTERS,
    MAX_SLUG_CHARACTERS,
    internal_slug,
    is_valid_organization_slug,
    is_valid_slug,
    slugify_name,
)

UUID_TEXT = "0f3c9a52-8f0e-4d4b-9d6e-0f7f3a1c2b3d"
NAMES = st.text(min_size=1, max_size=MAX_NAME_CHARACTERS)
DIGITS = st.text("0123456789", min_size=1, max_size=MAX_NAME_CHARACTERS)


def zeros(count: int) -> str:
    return "0" * count


@given(st.one_of(NAMES, DIGITS))
def test_every_name_gets_a_valid_slug(name: str) -> None:
    slug = slugify_name(name, random_text=zeros)
    assert is_valid_slug(slug)
    assert len(slug) <= MAX_NAME_CHARACTERS


@given(st.one_of(NAMES, DIGITS))
def test_every_internal_slug_is_valid(name: str) -> None:
    slug = internal_slug(slugify_name(name, random_text=zeros), uuid_text=UUID_TEXT)
    assert is_valid_slug(slug)
    assert slug.endswith("-0f3c9a")


@pytest.mark.parametrize(
    ("name", "slug"),
    [
        ("Acme Kanban", "acme-kanban"),
        ("  Café  &  Ünïcode!  ", "cafe-unicode"),
        ("snake_case - and -- hyphens", "snake_case-and-hyphens"),
        ("日本 Board", "board"),
        ("Full Width", "full-width"),
    ],
)
def test_a_name_keeps_its_latin_letters(name: str, slug: str) -> None:
    assert slugify_name(name, random_text=zeros) == slug


def test_a_numeric_name_gets_a_random_suffix() -> None:
    assert slugify_name("1234", random_text=zeros) == "1234-0000"


def test_a_name_without_latin_letters_gets_a_slug_of_its_own() -> None:
    first, again, other = (slugify_name(name, random_text=zeros) for name in ("日本語", "日本語", "中文"))
    assert first.startswith("app-")
    assert first == again != other


def test_a_name_that_grows_when_written_in_latin_still_fits() -> None:
    assert len(slugify_name("㎢" * MAX_NAME_CHARACTERS, random_text=zeros)) == MAX_NAME_CHARACTERS


@pytest.mark.parametrize("text", ["", "1234", "Upper", "dot.ted", "a b", "a\n", "12\n", "é", "a" * 65])
def test_what_is_no_slug(text: str) -> None:
    assert not is_valid_slug(text)


@pytest.mark.parametrize("text", ["a", "1a", "a_b-c", "-", "_1", "a" * MAX_SLUG_CHARACTERS])
def test_what_is_a_slug(text: str) -> None:
    assert is_valid_slug(text)


@pytest.mark.parametrize("text", ["acme", "a", "7-eleven", "a--b", "a" * 50])
def test_what_is_an_organization_slug(text: str) -> None:
    assert is_valid_organization_slug(text)


@pytest.mark.parametrize("text", ["", "42", "-a", "a-", "a_b", "A", "a.b", "a" * 51, "a\n"])
def test_what_is_no_organization_slug(text: str) -> None:
    assert not is_valid_organization_slug(text)
