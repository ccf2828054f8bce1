"""Which calls are made again after UNAVAILABLE, how often, and how soon."""

from concurrent.futures import ThreadPoolExecutor
from threading import Event
from typing import Any

import pytest
from google.protobuf.wrappers_pb2 import StringValue

from shared import errors
from shared.rpc.retry import RetryPolicy
from tests.contract.rpc.conftest import World
from tests.contract.rpc.echo import EchoServicer, EchoStub

HELLO = StringValue(value="hello")


class FlakyServicer(EchoServicer):
    """Fails a number of times and then answers; notes the nonce of every attempt."""

    def __init__(self, *, failures: int, error: Exception) -> None:
        super().__init__()
        self.nonces: list[str] = []
        self.failed = Event()
        self._failures = failures
        self._error = error
        self.read = self.fail_first

    def fail_first(self, request: StringValue, context: Any) -> StringValue:
        self.nonces.append(dict(context.invocation_metadata())["silo-nonce"])
        if len(self.nonces) <= self._failures:
            self.failed.set()
            raise self._error
        return request


class Pauses(list[float]):
    """Stands in for the clock on the wall: notes the pauses and takes no time."""


def flaky(world: World, *, failures: int, error: Exception | None = None, **policy: Any) -> tuple[Any, Any, Pauses]:
    """A servicer, a stub on it, and the pauses between attempts."""
    pauses = Pauses()
    servicer = FlakyServicer(failures=failures, error=error or errors.DatabaseBusy())
    retry = RetryPolicy(pause=pauses.append, jitter=lambda: 1.0, **policy)
    return servicer, EchoStub(world.connect(world.serve(servicer).address, retry=retry)), pauses


def test_an_idempotent_call_is_made_again_with_a_nonce_of_its_own(world: World) -> None:
    servicer, stub, pauses = flaky(world, failures=2)
    assert stub.Read(HELLO) == HELLO
    assert len(set(servicer.nonces)) == 3
    assert pauses == [0.05, 0.1]


def test_a_call_is_tried_three_times(world: World) -> None:
    servicer, stub, _ = flaky(world, failures=9)
    with pytest.raises(errors.DatabaseBusy):
        stub.Read(HELLO)
    assert len(servicer.nonces) == 3


def test_a_call_that_may_have_effects_is_made_once(world: World) -> None:
    servicer, stub, _ = flaky(world, failures=1)
    with pytest.raises(errors.DatabaseBusy):
        stub.Write(HELLO)
    assert len(servicer.nonces) == 1


@pytest.mark.parametrize("error", [errors.AppNotFound(), errors.RateLimited(), errors.Internal(), ValueError()])
def test_only_unavailability_is_tried_again(world: World, error: Exception) -> None:
    servicer, stub, _ = flaky(world, failures=1, error=error)
    with pytest.raises(errors.SiloError):
        stub.Read(HELLO)
    assert len(servicer.nonces) == 1


def test_no_attempt_is_made_past_the_deadline(world: World) -> None:
    servicer, stub, pauses = flaky(world, failures=1, first_pause_seconds=60, max_pause_seconds=60)
    with pytest.raises(errors.DatabaseBusy):
        stub.Read(HELLO, timeout=5)
    assert (len(servicer.nonces), pauses) == (1, [])


def test_retries_stop_when_most_calls_fail(world: World) -> None:
    servicer, stub, _ = flaky(world, failures=1_000)
    for _ in range(20):
        with pytest.raises(errors.DatabaseBusy):
            stub.Read(HELLO)
    assert len(servicer.nonces) < 25


def test_a_silo_that_is_away_is_tried_again(world: World) -> None:
    pauses = Pauses()
    server = world.serve()
    stub = EchoStub(world.connect(server.address, retry=RetryPolicy(pause=pauses.append)))
    server.stop()
    with pytest.raises(errors.SiloUnreachable):
        stub.Read(HELLO)
    assert len(pauses) == 2


def test_closing_the_channel_cuts_a_pause_short(world: World) -> None:
    servicer = FlakyServicer(failures=9, error=errors.DatabaseBusy())
    policy = RetryPolicy(first_pause_seconds=60, max_pause_seconds=60, jitter=lambda: 1.0)
    channel = world.connect(world.serve(servicer).address, retry=policy)
    with ThreadPoolExecutor() as threads:
        call = threads.submit(EchoStub(channel).Read, HELLO, timeout=100)
        assert servicer.failed.wait(10)
        channel.close()
        assert isinstance(call.exception(10), errors.Unavailable | errors.Cancelled)
    assert len(servicer.nonces) == 1
