"""A region that control does not accept yet: what its log says."""

from collections.abc import Callable, Iterator
from datetime import timedelta
from typing import Any

import grpc
import pytest
from structlog.testing import capture_logs

from control_silo.models.region import RegisteredRegion
from region_silo.services.control import ControlClient
from region_silo.services.registration import ATTEMPTS_PER_WARNING, Addresses, Registration
from shared.circuit import Circuit
from shared.clock import FrozenClock
from shared.domain.peer import CONTROL
from shared.errors import SiloError
from shared.outbox.message import OutboxComparison
from shared.rpc.channel import connect
from shared.rpc.keyring import Keyring
from shared.rpc.retry import RetryPolicy
from tests.e2e.silo_up import eventually
from tests.keys import keys_of
from tests.silos import Silos

Register = Callable[[grpc.Channel], Registration]
ADDRESSES = Addresses(grpc_address="us.test:50061", http_address="us.test:80")
ONCE = RetryPolicy(max_attempts=1)


@pytest.fixture
def register(silos: Silos) -> Iterator[Register]:
    channels: list[grpc.Channel] = []

    def make(channel: grpc.Channel) -> Registration:
        channels.append(channel)
        control = ControlClient(channel, Circuit(silos.clock))
        return Registration(silos.regions["us"].region, control, refused=_fail, report_seconds=0.05)

    yield make
    for channel in channels:
        channel.close()


def channel_to_control(silos: Silos, **changed: Any) -> grpc.Channel:
    settings = {"keys": keys_of("us"), "clock": silos.clock, "retry": ONCE, **changed}
    return connect(silos.address(settings.pop("silo", CONTROL)), caller="us", target_name=CONTROL, **settings)


def failures(registration: Registration, *, attempts: int) -> list[Any]:
    """The lines that so many attempts write."""
    with capture_logs() as logs:
        assert not any(registration.attempt(ADDRESSES) for _ in range(attempts))
    return [line for line in logs if line["event"] == "region.unregistered"]


def test_a_region_whose_key_control_does_not_know_warns_what_to_do(silos: Silos, register: Register) -> None:
    stranger = register(channel_to_control(silos, keys=Keyring.parse("control/other:secret")))
    (line,) = failures(stranger, attempts=1)
    assert (line["log_level"], line["reason"], line["region"]) == ("warning", "KEY_UNKNOWN", "us")
    assert "SILO_RPC_KEYS" in line["advice"]


def test_the_warning_is_repeated_with_every_tenth_attempt_only(silos: Silos, register: Register) -> None:
    stranger = register(channel_to_control(silos, keys=Keyring.parse("control/other:secret")))
    assert len(failures(stranger, attempts=ATTEMPTS_PER_WARNING)) == 1
    assert len(failures(stranger, attempts=ATTEMPTS_PER_WARNING)) == 1


def test_a_region_whose_clock_is_wrong_is_told_so(silos: Silos, register: Register) -> None:
    late = FrozenClock(silos.clock.now() - timedelta(hours=1))
    (line,) = failures(register(channel_to_control(silos, clock=late)), attempts=1)
    assert (line["reason"], "clock" in line["advice"]) == ("SIGNATURE_EXPIRED", True)


def test_a_region_that_reaches_another_silo_is_told_so(silos: Silos, register: Register) -> None:
    (line,) = failures(register(channel_to_control(silos, silo="de")), attempts=1)
    assert (line["reason"], "REGION_CONTROL_TARGET" in line["advice"]) == ("KEY_UNKNOWN", True)


def test_a_control_that_is_away_is_no_warning(silos: Silos, register: Register) -> None:
    silos.stop(CONTROL)
    assert [line["log_level"] for line in failures(register(channel_to_control(silos)), attempts=2)] == ["info"] * 2


def _fail(error: SiloError) -> None:
    raise error


def test_a_region_registers_anew_with_a_control_that_was_restarted_and_compares_it(
    silos: Silos, register: Register
) -> None:
    registration = register(channel_to_control(silos))
    registration.start(ADDRESSES)
    try:
        eventually(lambda: registered_at(silos) == ADDRESSES.grpc_address, within_seconds=30)
        silos.stop(CONTROL)
        with silos.control.database.transaction():
            RegisteredRegion.update(grpc_address="forgotten:1").where(RegisteredRegion.name == "us").execute()
        silos.start(CONTROL)
        eventually(lambda: registered_at(silos) == ADDRESSES.grpc_address, within_seconds=30)
        eventually(lambda: is_comparison_wanted(silos), within_seconds=30)
        assert registered_at(silos) == ADDRESSES.grpc_address
    finally:
        registration.stop()
        silos.register("us", http_address="us.test:80")


def registered_at(silos: Silos) -> str | None:
    with silos.control.database.session():
        row = RegisteredRegion.get_or_none(RegisteredRegion.name == "us")
    return str(row.grpc_address) if row else None


def is_comparison_wanted(silos: Silos) -> bool:
    with silos.database("us").session():
        row = OutboxComparison.get_or_none(OutboxComparison.destination == CONTROL)
    return row is not None and row.wanted_at is not None
