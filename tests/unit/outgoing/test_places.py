from concurrent.futures import Future

import pytest

from shared.outgoing.places import QUICK_SECONDS, AppPlaces


def test_no_more_than_the_allowed_number_wait_for_one_app() -> None:
    places = AppPlaces(per_app=1)
    with places.taken([1]) as first, places.taken([1, 2]) as second, places.taken([1, 2]) as third:
        assert [set(each) for each in (first, second, third)] == [{1}, {2}, set()]


def test_a_place_is_free_again_after_use() -> None:
    places = AppPlaces(per_app=1)
    for _ in range(2):
        with places.taken([1]) as taken:
            assert set(taken) == {1}


def test_a_place_is_free_again_after_a_failure() -> None:
    places = AppPlaces(per_app=1)
    with pytest.raises(ZeroDivisionError), places.taken([1]):
        1 / 0  # noqa: B018
    with places.taken([1]) as taken:
        assert set(taken) == {1}


def test_a_place_is_kept_until_the_last_of_its_calls_has_ended() -> None:
    places, calls = AppPlaces(per_app=1), [Future[None](), Future[None]()]
    with places.taken([1]) as taken:
        for call in calls:
            taken[1].keep_until_done(call)
    free = []
    for call in calls:
        with places.taken([1]) as taken:
            free.append(set(taken))
        call.set_result(None)
    with places.taken([1]) as taken:
        assert [*free, set(taken)] == [set(), set(), {1}]


def test_a_place_at_an_app_that_has_answered_is_free_while_another_app_is_waited_for() -> None:
    places, slow, quick = AppPlaces(per_app=1), Future[None](), Future[None]()
    with places.taken([1, 2]) as taken:
        taken[1].keep_until_done(slow)
        taken[2].keep_until_done(quick)
    quick.set_result(None)
    with places.taken([1, 2]) as again:
        assert set(again) == {2}


def test_a_quick_app_has_more_places_until_it_keeps_somebody_waiting() -> None:
    now = [0.0]
    places = AppPlaces(per_app=1, per_quick_app=3, monotonic=lambda: now[0])
    with places.taken([1]) as first, places.taken([1]) as second:
        now[0] = QUICK_SECONDS
        with places.taken([1]) as third:
            assert [set(each) for each in (first, second, third)] == [{1}, {1}, set()]


def test_a_quick_app_has_no_more_places_than_that() -> None:
    places = AppPlaces(per_app=1, per_quick_app=2)
    with places.taken([1]), places.taken([1]), places.taken([1]) as third:
        assert third == {}
