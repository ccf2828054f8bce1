"""The rule for repeating calls, where the contract suite cannot look."""

import time
from collections.abc import Callable
from itertools import pairwise

import pytest

from shared.errors import DatabaseBusy
from shared.pb.hybridcloud.apps.v1 import app_service_pb2
from shared.pb.hybridcloud.operations.v1 import outbox_service_pb2
from shared.pb.hybridcloud.replication.v1 import replica_service_pb2
from shared.rpc.retry import Retrier, RetryPolicy, is_idempotent, takes_nothing_back
from tests.contract.rpc import echo

FOREVER = time.monotonic() + 1_000_000


def failing(times: int) -> Callable[[], str]:
    left = iter(range(times))

    def attempt() -> str:
        if next(left, None) is not None:
            raise DatabaseBusy
        return "done"

    return attempt


def test_idempotency_is_read_from_the_contract() -> None:
    assert is_idempotent(f"/{echo.SERVICE}/Read")
    assert not is_idempotent(f"/{echo.SERVICE}/Write")
    assert not is_idempotent("/nobody.knows.This/Method")


def test_pauses_grow_up_to_a_bound_and_carry_full_jitter() -> None:
    pauses: list[float] = []
    jitter = iter([1.0, 1.0, 0.5, 1.0, 1.0])
    policy = RetryPolicy(
        max_attempts=6,
        first_pause_seconds=1,
        max_pause_seconds=5,
        budget_tokens=100,
        pause=pauses.append,
        jitter=lambda: next(jitter),
    )
    assert Retrier(policy).call(failing(5), deadline=FOREVER) == "done"
    assert pauses == [1, 2, 2, 5, 5]


def test_one_attempt_means_no_retry() -> None:
    with pytest.raises(DatabaseBusy):
        Retrier(RetryPolicy(max_attempts=1)).call(failing(1), deadline=FOREVER)


def test_the_budget_recovers_with_successes() -> None:
    policy = RetryPolicy(pause=lambda _: None, jitter=lambda: 0.0)
    retrier = Retrier(policy)
    for _ in range(20):
        with pytest.raises(DatabaseBusy):
            retrier.call(failing(99), deadline=FOREVER)
    with pytest.raises(DatabaseBusy):
        retrier.call(failing(1), deadline=FOREVER)
    for _ in range(100):
        retrier.call(failing(0), deadline=FOREVER)
    assert retrier.call(failing(1), deadline=FOREVER) == "done"


def test_retries_are_a_small_share_when_everything_fails() -> None:
    attempts: list[int] = []
    retrier = Retrier(RetryPolicy(pause=lambda _: None))

    def attempt() -> None:
        attempts.append(len(attempts))
        raise DatabaseBusy

    for _ in range(1_000):
        with pytest.raises(DatabaseBusy):
            retrier.call(attempt, deadline=FOREVER)
    assert len(attempts) < 1_010
    assert all(after > before for before, after in pairwise(attempts))


APPS, REPLICAS, OUTBOX = (
    f"/{module.DESCRIPTOR.services_by_name[name].full_name}"
    for module, name in (
        (app_service_pb2, "AppService"),
        (replica_service_pb2, "ReplicaService"),
        (outbox_service_pb2, "OutboxService"),
    )
)


@pytest.mark.parametrize("method", [f"{APPS}/GetSentryAppById", f"{REPLICAS}/ApplyChanges"])
def test_what_only_reads_or_goes_forward_may_come_late(method: str) -> None:
    assert takes_nothing_back(method)


@pytest.mark.parametrize("method", [f"{APPS}/UpdateSentryApp", f"{OUTBOX}/PauseDestination", "/nobody.knows/This"])
def test_what_could_undo_something_newer_may_not_come_late(method: str) -> None:
    assert not takes_nothing_back(method)
