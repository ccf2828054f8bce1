from collections.abc import Iterator
from itertools import count

import pytest

from shared.webhooks.places import (
    BOUNDS,
    MAX_UNDER_WAY,
    PROBE_SECONDS,
    RETRIES_OF_ALL,
    SOFT_SECONDS,
    Place,
    Places,
    Standing,
)

HEALTHY, HANGING = 1, 2


class Hand:
    """A clock that is moved by hand."""

    now = 0.0

    def __call__(self) -> float:
        return self.now


@pytest.fixture
def hand() -> Hand:
    return Hand()


@pytest.fixture
def places(hand: Hand) -> Places:
    return Places(monotonic=hand)


def stands(places: Places, app: int, standing: Standing) -> None:
    end(places, app, standing)
    if standing is Standing.HANGING:
        # So much later that it may be probed.
        assert isinstance(places.monotonic, Hand)
        places.monotonic.now += PROBE_SECONDS


def end(places: Places, app: int, standing: Standing) -> None:
    places.give_back(places.take(app, host=f"{app}.example:443", is_retry=False), standing)


def fill(places: Places, app: int, *, is_retry: bool = False, host: str = "") -> Iterator[Place]:
    while places.room(app, is_retry=is_retry, host=host or f"{app}.example:443"):
        yield places.take(app, host=host or f"{app}.example:443", is_retry=is_retry)


def fill_all(places: Places, standing: Standing, *, host: str = "", is_retry: bool = False) -> int:
    """How many calls of any number of apps that stand so may begin."""
    for app in count(100):
        stands(places, app, standing)
        if not places.room(app, is_retry=is_retry, host=host or f"{app}.example:443"):
            return app - 100
        places.take(app, host=host or f"{app}.example:443", is_retry=is_retry)
    raise AssertionError


@pytest.mark.parametrize("standing", Standing)
def test_an_app_has_the_places_of_how_it_stands(places: Places, standing: Standing) -> None:
    stands(places, HEALTHY, standing)
    assert len(list(fill(places, HEALTHY))) == BOUNDS[standing].per_app


def test_an_app_that_is_new_has_one_place(places: Places) -> None:
    assert (len(list(fill(places, HEALTHY))), places.standing(HEALTHY)) == (1, Standing.NEW)


@pytest.mark.parametrize("standing", [Standing.QUICK, Standing.SLOW])
def test_retries_never_hold_the_places_of_first_attempts(places: Places, standing: Standing) -> None:
    stands(places, HEALTHY, standing)
    assert len(list(fill(places, HEALTHY, is_retry=True))) == BOUNDS[standing].retries_per_app
    assert len(list(fill(places, HEALTHY))) == BOUNDS[standing].per_app


def test_an_app_that_hangs_is_probed_by_one_call_alone(places: Places) -> None:
    stands(places, HANGING, Standing.HANGING)
    assert len(list(fill(places, HANGING, is_retry=True))) == 1
    assert places.room(HANGING, is_retry=False) == 0


def test_an_app_that_goes_on_hanging_is_probed_ever_more_seldom(places: Places, hand: Hand) -> None:
    for wait in (5, 10, 20, 40, 80, 160, 300, 300):
        end(places, HANGING, Standing.HANGING)
        hand.now += wait - 0.1
        assert places.room(HANGING, is_retry=False) == 0
        hand.now += 0.1
        assert places.room(HANGING, is_retry=False) == 1
    stands(places, HANGING, Standing.QUICK)
    assert places.room(HANGING, is_retry=False) == BOUNDS[Standing.QUICK].per_app


@pytest.mark.parametrize("standing", Standing)
def test_all_apps_that_stand_so_have_so_many_places(places: Places, standing: Standing) -> None:
    assert fill_all(places, standing) == BOUNDS[standing].in_all


@pytest.mark.parametrize("standing", Standing)
def test_all_that_share_a_host_and_port_have_so_many(places: Places, standing: Standing) -> None:
    assert fill_all(places, standing, host="shared.example:443") == BOUNDS[standing].per_host


def test_retries_of_all_apps_hold_a_part_of_the_places(places: Places) -> None:
    assert fill_all(places, Standing.QUICK, is_retry=True) == BOUNDS[Standing.QUICK].in_all // RETRIES_OF_ALL


@pytest.mark.parametrize("standing", [Standing.NEW, Standing.SLOW, Standing.HANGING])
def test_however_many_others_hang_at_the_same_host_a_healthy_app_has_its_places(
    places: Places, standing: Standing
) -> None:
    stands(places, HEALTHY, Standing.QUICK)
    fill_all(places, standing, host="shared.example:443")
    places.set_slow_apart()
    assert len(list(fill(places, HEALTHY, host="shared.example:443"))) == BOUNDS[Standing.QUICK].per_app


def test_a_call_that_takes_too_long_leaves_its_place_to_others_and_its_app_is_taken_for_one_that_hangs(
    places: Places, hand: Hand
) -> None:
    assert fill_all(places, Standing.QUICK) == BOUNDS[Standing.QUICK].in_all
    stands(places, HEALTHY, Standing.QUICK)
    assert places.room(HEALTHY, is_retry=False) == 0
    hand.now += SOFT_SECONDS + 0.1
    places.set_slow_apart()
    assert places.room(HEALTHY, is_retry=False) == BOUNDS[Standing.QUICK].per_app
    assert (places.standing(100), places.room(100, is_retry=False)) == (Standing.HANGING, 0)


def test_an_app_that_answers_late_is_slow_and_one_that_answers_at_once_again_is_quick(
    places: Places, hand: Hand
) -> None:
    place = places.take(HEALTHY, host="", is_retry=False)
    hand.now += SOFT_SECONDS + 0.1
    places.set_slow_apart()
    places.give_back(place, Standing.QUICK)
    assert places.standing(HEALTHY) is Standing.SLOW
    stands(places, HEALTHY, Standing.QUICK)
    assert places.standing(HEALTHY) is Standing.QUICK


def test_more_are_never_under_way_than_one_process_may_have(places: Places, hand: Hand) -> None:
    under_way = 0
    for app in range(2 * MAX_UNDER_WAY):
        if places.room(app, is_retry=False):
            places.take(app, host=f"{app}.example:443", is_retry=False)
            under_way += 1
        hand.now += SOFT_SECONDS / 4
        places.set_slow_apart()
    assert under_way == MAX_UNDER_WAY


def test_what_is_over_is_not_counted_any_more(places: Places) -> None:
    taken = list(fill(places, HEALTHY)) + list(fill(places, HEALTHY, is_retry=True))
    for place in taken:
        places.give_back(place, None)
    assert places.room(HEALTHY, is_retry=False) == 1
    assert places.room(HEALTHY, is_retry=True) == 1
