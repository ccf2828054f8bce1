import random

import pytest

from shared.circuit import SILENCES_TOLERATED, Circuit
from shared.clock import FrozenClock
from shared.errors import Cancelled, DeadlineExceeded, RpcInsideTransaction

LONGER_THAN_ANY_PAUSE = 10.0


@pytest.fixture
def clock() -> FrozenClock:
    return FrozenClock()


@pytest.fixture
def circuit(clock: FrozenClock) -> Circuit:
    return Circuit(clock, rng=random.Random(1))


def test_calls_flow_while_they_are_answered(circuit: Circuit) -> None:
    for _ in range(3):
        assert circuit.admits()
        circuit.answered()
    assert circuit.admits()


def test_a_failure_refuses_the_next_call(circuit: Circuit) -> None:
    circuit.failed()
    assert not circuit.admits()


def test_after_a_pause_one_probe_is_admitted_and_no_second(circuit: Circuit, clock: FrozenClock) -> None:
    circuit.failed()
    clock.advance(LONGER_THAN_ANY_PAUSE)
    assert [circuit.admits(), circuit.admits()] == [True, False]


def test_an_answered_probe_lets_calls_flow_again(circuit: Circuit, clock: FrozenClock) -> None:
    circuit.failed()
    clock.advance(LONGER_THAN_ANY_PAUSE)
    assert circuit.admits()
    circuit.answered()
    assert [circuit.admits(), circuit.admits()] == [True, True]


def test_a_failed_probe_waits_again(circuit: Circuit, clock: FrozenClock) -> None:
    circuit.failed()
    clock.advance(LONGER_THAN_ANY_PAUSE)
    assert circuit.admits()
    circuit.failed()
    assert not circuit.admits()


@pytest.mark.parametrize("error", [DeadlineExceeded(), Cancelled(), RpcInsideTransaction(), ValueError()])
def test_a_call_that_ended_without_an_answer_is_no_news_of_who_was_called(
    circuit: Circuit, clock: FrozenClock, error: Exception
) -> None:
    circuit.failed()
    clock.advance(LONGER_THAN_ANY_PAUSE)
    assert circuit.admits()
    circuit.judge(error, silo="us", tells_silence=False)
    assert [circuit.admits(), circuit.admits()] == [True, False]


def test_an_abandoned_probe_leaves_room_for_another(circuit: Circuit, clock: FrozenClock) -> None:
    circuit.failed()
    clock.advance(LONGER_THAN_ANY_PAUSE)
    assert circuit.admits()
    circuit.abandoned()
    assert circuit.admits()


def test_silences_are_tolerated_until_they_follow_each_other(circuit: Circuit) -> None:
    for _ in range(SILENCES_TOLERATED):
        circuit.timed_out()
    assert circuit.admits()
    circuit.timed_out()
    assert not circuit.admits()


def test_an_answer_forgives_silences(circuit: Circuit) -> None:
    for _ in range(SILENCES_TOLERATED):
        circuit.timed_out()
    circuit.answered()
    circuit.timed_out()
    assert circuit.admits()


def test_calls_that_were_under_way_do_not_lengthen_the_pause(clock: FrozenClock) -> None:
    alone, crowded = (Circuit(clock, rng=random.Random(1)) for _ in range(2))
    alone.failed()
    for _ in range(50):
        crowded.failed()
    clock.advance(0.1)  # the longest first pause
    assert [alone.admits(), crowded.admits()] == [True, True]
