import contextlib
import time
from collections.abc import Iterator

import pytest

from region_silo.services.way_to_control import PATIENCE_SECONDS, WayToControl
from shared import errors
from shared.circuit import SILENCES_TOLERATED
from shared.clock import FrozenClock
from shared.rpc import served

ENOUGH = SILENCES_TOLERATED + 1
AWAY = errors.SiloUnreachable(metadata={"silo": "control"})


@pytest.fixture
def way() -> WayToControl:
    return WayToControl(FrozenClock(), max_waiting=2)


def fail(way: WayToControl, error: Exception, *, tells_silence: bool = True) -> None:
    with pytest.raises(type(error)) as caught, way.asking(tells_silence=tells_silence):
        raise error
    assert caught.value is error


def is_open(way: WayToControl) -> bool:
    """Whether a call is admitted."""
    with contextlib.suppress(errors.SiloUnreachable), way.asking():
        return True
    return False


@contextlib.contextmanager
def caller_that_waits(seconds: float) -> Iterator[None]:
    token = served.current.set(served.ServedCall(deadline=time.monotonic() + seconds))
    yield
    served.current.reset(token)


def test_as_many_calls_as_may_wait_are_admitted_and_no_more(way: WayToControl) -> None:
    with way.asking(), way.asking():
        assert not is_open(way)
    assert is_open(way)


def test_the_place_of_a_failed_call_is_free_again(way: WayToControl) -> None:
    for _ in range(5):
        fail(way, errors.AppNotFound())
    assert is_open(way)


@pytest.mark.parametrize("error", [AWAY, errors.KeyUnknown()])
def test_a_control_that_is_away_or_refuses_this_region_is_not_asked_again(way: WayToControl, error: Exception) -> None:
    fail(way, error)
    assert not is_open(way)


@pytest.mark.parametrize("error", [errors.DatabaseBusy(), errors.SiloUnreachable(metadata={"silo": "de"})])
def test_a_control_that_misses_something_itself_is_there(way: WayToControl, error: Exception) -> None:
    fail(way, error)
    assert is_open(way)


def test_silence_after_silence_means_that_control_hangs(way: WayToControl) -> None:
    for _ in range(ENOUGH):
        fail(way, errors.DeadlineExceeded())
    assert not is_open(way)


def test_silence_tells_nothing_where_control_may_wait_for_an_app(way: WayToControl) -> None:
    for _ in range(ENOUGH):
        fail(way, errors.DeadlineExceeded(), tells_silence=False)
    assert is_open(way)


def test_silence_tells_nothing_to_an_impatient_caller(way: WayToControl) -> None:
    with caller_that_waits(PATIENCE_SECONDS / 2):
        for _ in range(ENOUGH):
            fail(way, errors.DeadlineExceeded())
    assert is_open(way)
