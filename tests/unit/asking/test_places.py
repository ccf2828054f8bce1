import pytest

from shared.asking.places import Places


def test_no_more_than_the_allowed_number_wait_for_one_app() -> None:
    places = Places(per_app=1)
    with places.taken([1]) as first, places.taken([1, 2]) as second, places.taken([1, 2]) as third:
        assert [set(each) for each in (first, second, third)] == [{1}, {2}, set()]


def test_a_place_is_free_again_after_use() -> None:
    places = Places(per_app=1)
    for _ in range(2):
        with places.taken([1]) as taken:
            assert taken == {1}


def test_a_place_is_free_again_after_a_failure() -> None:
    places = Places(per_app=1)
    with pytest.raises(ZeroDivisionError), places.taken([1]):
        1 / 0  # noqa: B018
    with places.taken([1]) as taken:
        assert taken == {1}
