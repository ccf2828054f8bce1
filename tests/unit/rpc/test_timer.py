import time
from threading import Event

from shared.rpc.inprocess.timer import Timer


def test_alarms_ring_in_the_order_of_their_times() -> None:
    timer, rung, done = Timer(), [], Event()
    now = time.monotonic()
    timer.at(now + 0.03, done.set)
    timer.at(now + 0.02, lambda: rung.append("second"))
    timer.at(now - 1, lambda: rung.append("first"))
    assert done.wait(10)
    assert rung == ["first", "second"]


def test_a_cancelled_alarm_does_not_ring() -> None:
    timer, rung, done = Timer(), [], Event()
    timer.at(time.monotonic() + 0.01, lambda: rung.append("cancelled")).cancel()
    timer.at(time.monotonic() + 0.02, done.set)
    assert done.wait(10)
    assert rung == []
