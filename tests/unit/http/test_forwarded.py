"""Who may say which address a client used: control, with a proof, and nobody else."""

import asyncio
from typing import Any

import pytest
from starlette.types import Receive, Scope, Send

from shared.clock import FrozenClock
from shared.http.forwarded import GOOD_SECONDS, IS_FORWARDED, Forwarded, ForwardingProver
from shared.rpc.keyring import Keyring

KEYS = Keyring.parse("us/main:secret,de/main-de:secret")
"""Of control."""
KEYS_OF_US = Keyring.parse("control/main:secret,control/old:other,service:web/web:third")


def _seen(headers: list[tuple[str, str]], *, clock: FrozenClock, **changes: Any) -> Scope:
    """The scope as the region's application sees it."""
    seen: list[Scope] = []

    async def application(scope: Scope, receive: Receive, send: Send) -> None:
        seen.append(scope)

    scope = {
        "type": "http",
        "method": "GET",
        "scheme": "http",
        "raw_path": b"/api/0/",
        "query_string": b"a=1",
        "headers": [(b"host", b"10.0.0.1"), *((name.encode(), value.encode()) for name, value in headers)],
    }
    region = Forwarded(application, silo="us", keys=KEYS_OF_US, clock=clock)
    asyncio.run(region(scope | changes, None, None))  # type: ignore[arg-type]  # neither is used
    return seen[0]


def _proof(
    clock: FrozenClock, *, keys: Keyring = KEYS, region: str = "us", protocol: str = "https"
) -> list[tuple[str, str]]:
    prover = ForwardingProver(keys, clock=clock)
    return prover.headers(silo=region, method="GET", target="/api/0/?a=1", protocol=protocol, host="silo.example")


def _host(scope: Scope) -> bytes:
    (host,) = [value for name, value in scope["headers"] if name == b"host"]
    return bytes(host)


def test_a_proved_request_looks_as_the_client_sent_it() -> None:
    clock = FrozenClock()
    scope = _seen(_proof(clock), clock=clock)
    assert (_host(scope), scope["scheme"], scope[IS_FORWARDED]) == (b"silo.example", "https", True)


@pytest.mark.parametrize("protocol", ["http", "https"])
def test_a_client_may_have_come_by_either_protocol(protocol: str) -> None:
    clock = FrozenClock()
    scope = _seen(_proof(clock, protocol=protocol), clock=clock, scheme="http")
    assert (scope["scheme"], scope.get(IS_FORWARDED)) == (protocol, True)


def test_every_key_of_the_ring_proves() -> None:
    clock = FrozenClock()
    assert IS_FORWARDED in _seen(_proof(clock, keys=Keyring.parse("us/old:other")), clock=clock)


def test_an_unproved_claim_is_ignored() -> None:
    claim = [("x-forwarded-host", "evil.example"), ("x-forwarded-proto", "https")]
    scope = _seen(claim, clock=FrozenClock())
    assert (_host(scope), scope["scheme"]) == (b"10.0.0.1", "http")


@pytest.mark.parametrize(
    "change",
    [{"method": "POST"}, {"raw_path": b"/api/0/users/me/"}, {"query_string": b"a=2"}],
    ids=["method", "path", "query"],
)
def test_a_proof_is_good_for_one_request_alone(change: dict[str, Any]) -> None:
    clock = FrozenClock()
    assert IS_FORWARDED not in _seen(_proof(clock), clock=clock, **change)


@pytest.mark.parametrize("name", ["x-forwarded-host", "x-forwarded-proto"])
def test_a_proof_is_good_for_one_address_alone(name: str) -> None:
    clock = FrozenClock()
    headers = [(each, "http" if each == name else value) for each, value in _proof(clock)]
    assert IS_FORWARDED not in _seen(headers, clock=clock)


def test_a_proof_for_another_region_is_ignored() -> None:
    clock = FrozenClock()
    assert IS_FORWARDED not in _seen(_proof(clock, region="de"), clock=clock)


def test_a_proof_by_an_unknown_key_is_ignored() -> None:
    clock = FrozenClock()
    assert IS_FORWARDED not in _seen(_proof(clock, keys=Keyring.parse("us/main:guessed")), clock=clock)


def test_a_proof_by_a_service_is_ignored() -> None:
    clock = FrozenClock()
    assert IS_FORWARDED not in _seen(_proof(clock, keys=Keyring.parse("us/web:third")), clock=clock)


def test_an_old_proof_is_ignored() -> None:
    clock = FrozenClock()
    headers = _proof(clock)
    clock.advance(GOOD_SECONDS + 1)
    assert IS_FORWARDED not in _seen(headers, clock=clock)


@pytest.mark.parametrize("proof", ["", "main", "main  ", "main x y", "main -1 ff", f"main {'9' * 400} ff", "main 1 é"])
def test_a_malformed_proof_is_ignored(proof: str) -> None:
    headers = [("x-forwarded-host", "evil.example"), ("x-forwarded-proto", "http"), ("silo-forwarded", proof)]
    assert IS_FORWARDED not in _seen(headers, clock=FrozenClock())
