from concurrent.futures import Future
from contextlib import ExitStack
from typing import Any

import pytest

from shared.errors import RateLimited
from shared.outgoing.places import QUICK_SECONDS, AppPlaces, Bound, CallerBounds


def places_for(*, quick: int = 1, organization: int = 2, total: int = 3, **more: Any) -> AppPlaces:
    """Places for one caller at an app, or for more while it is quick."""
    per_app, per_organization = Bound(slow=1, quick=quick), Bound(slow=organization, quick=organization)
    return AppPlaces(CallerBounds(per_app=per_app, per_organization=per_organization, total=total), **more)


def test_no_more_than_the_allowed_number_wait_for_one_app() -> None:
    places = places_for()
    with places.taken([1]) as first, places.taken([1, 2]) as second, places.taken([1, 2]) as third:
        assert [set(each) for each in (first, second, third)] == [{1}, {2}, set()]


def test_a_place_is_free_again_after_use() -> None:
    places = places_for()
    for _ in range(2):
        with places.taken([1]) as taken:
            assert set(taken) == {1}


def test_a_place_is_free_again_after_a_failure() -> None:
    places = places_for()
    with pytest.raises(ZeroDivisionError), places.taken([1]):
        1 / 0  # noqa: B018
    with places.taken([1]) as taken:
        assert set(taken) == {1}


def test_a_place_is_kept_until_the_last_of_its_calls_has_ended() -> None:
    places, calls = places_for(), [Future[None](), Future[None]()]
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
    places, slow, quick = places_for(), Future[None](), Future[None]()
    with places.taken([1, 2]) as taken:
        taken[1].keep_until_done(slow)
        taken[2].keep_until_done(quick)
    quick.set_result(None)
    with places.taken([1, 2]) as again:
        assert set(again) == {2}


def test_a_quick_app_has_more_places_until_it_keeps_somebody_waiting() -> None:
    now = [0.0]
    places = places_for(quick=3, monotonic=lambda: now[0])
    with places.taken([1]) as first, places.taken([1]) as second:
        now[0] = QUICK_SECONDS
        with places.taken([1]) as third:
            assert [set(each) for each in (first, second, third)] == [{1}, {1}, set()]


def test_a_quick_app_has_no_more_places_than_that() -> None:
    places = places_for(quick=2)
    with places.taken([1]), places.taken([1]), places.taken([1]) as third:
        assert third == {}


def test_an_organization_s_callers_are_bounded_whichever_apps_they_ask() -> None:
    places = places_for(organization=2)
    with ExitStack() as waiting:
        for _ in range(2):
            waiting.enter_context(places.waiting(1))
        with pytest.raises(RateLimited, match="of this organization"):
            waiting.enter_context(places.waiting(1))
        waiting.enter_context(places.waiting(2))
    with places.waiting(1):
        pass


def test_all_callers_together_are_bounded() -> None:
    places = places_for(organization=2, total=3)
    with ExitStack() as waiting:
        for organization_id in (1, 1, 2):
            waiting.enter_context(places.waiting(organization_id))
        with pytest.raises(RateLimited, match="to apps are"):
            waiting.enter_context(places.waiting(3))
    with places.waiting(3), places.waiting(3), places.waiting(2):
        pass
