import time
from threading import Event

import pytest

from shared.rpc.inprocess.timer import Timer


@pytest.fixture
def all_set() -> Event:
    """When the test has set all its alarms."""
    return Event()


@pytest.fixture
def timer(all_set: Event) -> Timer:
    """Its thread waits in a first alarm, so that it does not matter how quickly a test sets the others."""
    timer = Timer()
    timer.at(time.monotonic(), lambda: all_set.wait(60))
    return timer


def test_alarms_ring_in_the_order_of_their_times(timer: Timer, all_set: Event) -> None:
    rung, done, now = [], Event(), time.monotonic()
    timer.at(now + 0.02, done.set)
    timer.at(now - 1, lambda: rung.append("second"))
    timer.at(now - 2, lambda: rung.append("first"))
    all_set.set()
    assert done.wait(60)
    assert rung == ["first", "second"]


def test_no_alarm_rings_before_its_time() -> None:
    rung, done, moment = [], Event(), time.monotonic() + 0.02

    def ring() -> None:
        rung.append(time.monotonic())
        done.set()

    Timer().at(moment, ring)
    assert done.wait(60)
    assert rung[0] >= moment


def test_a_cancelled_alarm_does_not_ring(timer: Timer, all_set: Event) -> None:
    rung, done, now = [], Event(), time.monotonic()
    timer.at(now - 1, lambda: rung.append("cancelled")).cancel()
    timer.at(now, done.set)
    all_set.set()
    assert done.wait(60)
    assert rung == []
