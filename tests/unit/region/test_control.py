import contextlib
import threading
import time
from collections.abc import Iterator
from typing import Any

import pytest

from region_silo.services.control import PATIENCE_SECONDS, ControlClient
from shared import errors
from shared.circuit import SILENCES_TOLERATED, Circuit
from shared.clock import FrozenClock
from shared.pb.hybridcloud.users.v1 import identity_service_pb2 as pb
from shared.rpc import served
from shared.rpc.inprocess import InProcessChannel

ENOUGH = SILENCES_TOLERATED + 1
AWAY = errors.SiloUnreachable(metadata={"silo": "control"})
REQUEST, ANSWER = pb.AuthenticateRequest(token_hash="0" * 64), pb.AuthenticateResponse(refusal="No.")


@pytest.fixture
def control() -> ControlClient:
    return ControlClient(InProcessChannel("nowhere"), Circuit(FrozenClock()), max_waiting=2)


class Method:
    """A method of control's that answers, or raises."""

    def __init__(self, error: errors.SiloError | None = None) -> None:
        self._error = error

    def __call__(self, request: Any, timeout: float | None = None) -> Any:
        if self._error:
            raise self._error
        return ANSWER

    def with_call(self, request: Any, timeout: float | None = None, metadata: Any = None) -> Any:
        self(request)


class Hanging(Method):
    """One that answers once the gate is open."""

    def __init__(self, gate: threading.Event) -> None:
        super().__init__()
        self._gate = gate
        self.asked = threading.Semaphore(0)

    def __call__(self, request: Any, timeout: float | None = None) -> Any:
        self.asked.release()
        assert self._gate.wait(10)
        return ANSWER


def fail(control: ControlClient, error: errors.SiloError, *, may_take_long: bool = False) -> None:
    method: Any = Method(error)
    with pytest.raises(errors.SiloError):
        control.forward(method, REQUEST, may_take_long=may_take_long)


def is_open(control: ControlClient) -> bool:
    """Whether a call is made."""
    method: Any = Method()
    with contextlib.suppress(errors.SiloUnreachable):
        control.ask(method, REQUEST)
        return True
    return False


@contextlib.contextmanager
def waiting(control: ControlClient, count: int) -> Iterator[None]:
    """So many calls wait for control."""
    gate = threading.Event()
    method: Any = Hanging(gate)
    threads = [threading.Thread(target=control.ask, args=(method, REQUEST)) for _ in range(count)]
    for thread in threads:
        thread.start()
    assert all(method.asked.acquire(timeout=10) for _ in threads)
    yield
    gate.set()
    for thread in threads:
        thread.join()


@contextlib.contextmanager
def caller_that_waits(seconds: float) -> Iterator[None]:
    token = served.current.set(served.ServedCall(deadline=time.monotonic() + seconds))
    yield
    served.current.reset(token)


def test_as_many_calls_as_may_wait_are_made_and_no_more(control: ControlClient) -> None:
    with waiting(control, 1):
        assert is_open(control)
    with waiting(control, 2):
        assert not is_open(control)
    assert is_open(control)


def test_one_server_that_waits_for_control_takes_no_place_of_another(control: ControlClient) -> None:
    other = control.limited(1)
    with waiting(control, 2):
        assert is_open(other)


def test_what_one_server_learns_of_control_every_other_knows(control: ControlClient) -> None:
    fail(control, AWAY)
    assert not is_open(control.limited(1))


def test_the_place_of_a_failed_call_is_free_again(control: ControlClient) -> None:
    for _ in range(5):
        fail(control, errors.AppNotFound())
    assert is_open(control)


@pytest.mark.parametrize("error", [AWAY, errors.KeyUnknown()])
def test_a_control_that_is_away_or_refuses_this_region_is_not_asked_again(
    control: ControlClient, error: errors.SiloError
) -> None:
    fail(control, error)
    assert not is_open(control)


@pytest.mark.parametrize("error", [errors.DatabaseBusy(), errors.SiloUnreachable(metadata={"silo": "de"})])
def test_a_control_that_misses_something_itself_is_there(control: ControlClient, error: errors.SiloError) -> None:
    fail(control, error)
    assert is_open(control)


def test_silence_after_silence_means_that_control_hangs(control: ControlClient) -> None:
    for _ in range(ENOUGH):
        fail(control, errors.DeadlineExceeded())
    assert not is_open(control)


def test_silence_tells_nothing_where_control_may_wait_for_an_app(control: ControlClient) -> None:
    for _ in range(ENOUGH):
        fail(control, errors.DeadlineExceeded(), may_take_long=True)
    assert is_open(control)


def test_silence_tells_nothing_to_an_impatient_caller(control: ControlClient) -> None:
    with caller_that_waits(PATIENCE_SECONDS / 2):
        for _ in range(ENOUGH):
            fail(control, errors.DeadlineExceeded())
    assert is_open(control)


def test_what_a_region_says_of_itself_is_said_although_control_was_away(control: ControlClient) -> None:
    fail(control, AWAY)
    method: Any = Method()
    assert control.tell(method, REQUEST) == ANSWER
    assert is_open(control)


def test_a_call_inside_a_transaction_is_a_fault_in_the_code_and_no_news_of_control(control: ControlClient) -> None:
    method: Any = Method(errors.RpcInsideTransaction())
    with pytest.raises(errors.RpcInsideTransaction):
        control.ask(method, REQUEST)
    assert is_open(control)
