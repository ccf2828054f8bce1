"""What ``grpc.health.v1.Health`` says of a silo that depends on something."""

import threading
import time
from typing import Any

import pytest
from grpc_health.v1 import health_pb2, health_pb2_grpc

from shared.errors import DatabaseUnavailable
from shared.rpc.health import CHECK_SECONDS, REMEMBERED_SECONDS
from tests.contract.rpc.conftest import World
from tests.contract.rpc.echo import PATIENCE, SERVICE

SERVING, NOT_SERVING = health_pb2.HealthCheckResponse.SERVING, health_pb2.HealthCheckResponse.NOT_SERVING


class Doctor:
    """A silo with a check that fails on demand, and its health as a client asks for it."""

    def __init__(self, world: World) -> None:
        self.is_ill = False
        self.checks = 0
        self.may_answer = threading.Event()
        self.may_answer.set()
        self._clock = world.clock
        self.health = health_pb2_grpc.HealthStub(world.bare_channel(world.serve(check=self._check).address))

    def falls(self, *, ill: bool) -> None:
        self.is_ill = ill
        self._clock.advance(REMEMBERED_SECONDS)

    def hangs(self) -> None:
        self.may_answer.clear()
        self._clock.advance(REMEMBERED_SECONDS)

    def ask(self, service: str = "") -> Any:
        return self.health.Check(health_pb2.HealthCheckRequest(service=service), timeout=PATIENCE).status

    def _check(self) -> None:
        self.checks += 1
        self.may_answer.wait(PATIENCE)
        if self.is_ill:
            raise DatabaseUnavailable


@pytest.fixture
def doctor(world: World) -> Doctor:
    return Doctor(world)


@pytest.mark.parametrize("service", ["", SERVICE, "grpc.health.v1.Health"])
def test_a_silo_whose_check_fails_does_not_serve(doctor: Doctor, service: str) -> None:
    assert doctor.ask(service) == SERVING
    doctor.falls(ill=True)
    assert doctor.ask(service) == NOT_SERVING


def test_a_silo_whose_check_passes_again_serves_again(doctor: Doctor) -> None:
    doctor.falls(ill=True)
    assert doctor.ask() == NOT_SERVING
    doctor.falls(ill=False)
    assert doctor.ask() == SERVING


def test_a_check_that_hangs_means_that_the_silo_does_not_serve_until_one_passes_in_time(doctor: Doctor) -> None:
    assert doctor.ask() == SERVING
    doctor.hangs()
    assert doctor.ask() == NOT_SERVING
    began_at = time.monotonic()
    assert [doctor.ask() for _ in range(3)] == [NOT_SERVING] * 3
    assert time.monotonic() - began_at < CHECK_SECONDS  # nobody waits behind a check that hangs
    doctor.may_answer.set()
    for _ in range(int(PATIENCE * 50)):
        doctor.falls(ill=False)
        if doctor.ask() == SERVING:
            return
        threading.Event().wait(0.02)
    pytest.fail("It still does not serve.")


def test_the_result_of_a_check_is_remembered_for_a_moment(doctor: Doctor) -> None:
    assert [doctor.ask(), doctor.ask(SERVICE)] == [SERVING, SERVING]
    assert doctor.checks == 1


def test_a_watcher_begins_with_the_result_of_a_check(doctor: Doctor) -> None:
    doctor.falls(ill=True)
    watched = doctor.health.Watch(health_pb2.HealthCheckRequest(service=SERVICE), timeout=PATIENCE)
    assert next(watched).status == NOT_SERVING
    watched.cancel()


def test_a_watcher_learns_of_each_change_though_nobody_asks(doctor: Doctor) -> None:
    watched = doctor.health.Watch(health_pb2.HealthCheckRequest(), timeout=PATIENCE)
    assert next(watched).status == SERVING
    doctor.falls(ill=True)
    assert next(watched).status == NOT_SERVING
    doctor.falls(ill=False)
    assert next(watched).status == SERVING
    watched.cancel()
