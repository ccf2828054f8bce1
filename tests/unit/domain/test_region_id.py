import pytest
from hypothesis import given
from hypothesis import strategies as st

from shared.domain.region_id import MAX_ID, MAX_REGION_NUMBER, region_id, region_number_of

NUMBERS = st.integers(1, MAX_REGION_NUMBER)
COUNTS = st.integers(1, (MAX_ID - MAX_REGION_NUMBER) // (MAX_REGION_NUMBER + 1))


@given(count=COUNTS, number=NUMBERS)
def test_an_id_tells_its_region(count: int, number: int) -> None:
    assert region_number_of(region_id(count, region_number=number)) == number


@given(one=st.tuples(COUNTS, NUMBERS), other=st.tuples(COUNTS, NUMBERS))
def test_no_two_regions_make_the_same_id(one: tuple[int, int], other: tuple[int, int]) -> None:
    ids = [region_id(count, region_number=number) for count, number in (one, other)]
    assert (ids[0] == ids[1]) == (one == other)


@given(count=COUNTS, number=NUMBERS)
def test_an_id_is_exact_in_javascript(count: int, number: int) -> None:
    assert float(region_id(count, region_number=number)).is_integer()
    assert 0 < region_id(count, region_number=number) <= MAX_ID


@pytest.mark.parametrize("id", [-1, 0, 1, MAX_REGION_NUMBER, 1024, 2048, MAX_ID + 1, 2**63 - 1])
def test_a_number_that_no_region_made_has_none(id: int) -> None:
    assert region_number_of(id) is None
