import pytest
from hypothesis import given
from hypothesis import strategies as st

from shared.category import Category
from shared.consistency import MAX_NAMED, MAX_TOKEN_LENGTH, WrittenVersion, decode, encode, required, requiring
from shared.errors import ValidationFailed

BIGGEST = 2**63 - 1
numbers = st.integers(min_value=1, max_value=BIGGEST)
versions = st.builds(WrittenVersion, st.sampled_from(Category), numbers, numbers)


def app(object_id: int, version: int = 1) -> WrittenVersion:
    return WrittenVersion(Category.APP, object_id, version)


@given(st.lists(versions, unique_by=lambda written: (written.category, written.object_id)))
def test_a_token_names_what_was_written(written: list[WrittenVersion]) -> None:
    assert set(decode(encode(written))) == set(written)


def test_a_token_names_each_object_once_at_its_newest_version() -> None:
    assert decode(encode([app(7, 3), app(7, 5), app(7, 4)])) == (app(7, 5),)


def test_the_same_writes_make_the_same_token_in_any_order() -> None:
    assert encode([app(1), app(2)]) == encode([app(2), app(1)])


def test_a_token_of_very_many_writes_names_the_last_ones_and_is_short_enough_to_send() -> None:
    token = encode([app(BIGGEST - number, BIGGEST) for number in range(MAX_NAMED + 1)])
    assert len(token) <= MAX_TOKEN_LENGTH
    assert {written.object_id for written in decode(token)} == {BIGGEST - number for number in range(1, MAX_NAMED + 1)}


def test_an_object_that_is_written_again_counts_among_the_last() -> None:
    written = [app(number) for number in range(1, MAX_NAMED + 2)]
    assert app(1, 2) in decode(encode([*written, app(1, 2)]))


def test_a_token_fits_into_a_header_as_it_is() -> None:
    token = encode([app(number, number) for number in range(1, 50)])
    assert token.replace("-", "").replace("_", "").isalnum()


@pytest.mark.parametrize("token", ["!", "a", "é", "AAAA", "CgQIYxAB", "a" * (MAX_TOKEN_LENGTH + 4), "a b", "\0"])
def test_anything_else_is_refused(token: str) -> None:
    with pytest.raises(ValidationFailed) as refused:
        decode(token)
    assert refused.value.fields == {"silo-consistency-token": ["This is not a consistency token."]}


def test_a_request_requires_what_its_token_names_and_the_next_one_nothing() -> None:
    with requiring(encode([app(7)])):
        assert required() == (app(7),)
    assert required() == ()


def test_a_request_without_a_token_requires_nothing() -> None:
    with requiring(None):
        assert required() == ()
