"""Whoever guesses passwords waits longer and longer, from wherever they do it, and keeps nobody else out."""

from collections.abc import Callable, Iterator

import httpx
import pytest

from control_silo.api.sign_in_limits import ACCOUNT, ADDRESS, OVERALL, PAIR, Attempt, SignInLimits
from shared.clock import FrozenClock
from shared.domain.peer import CONTROL
from shared.errors import RateLimited
from shared.http.errors import RETRY_AFTER_NAME
from shared.http.pauses import Leniency, Pauses
from shared.outgoing.reach import parse_networks
from tests.http_silos import HttpSilos, serving_http
from tests.silos import running_silos

OWNER = Attempt.of(email="owner@acme.example", address="198.51.100.1")


@pytest.fixture
def clock() -> FrozenClock:
    return FrozenClock()


@pytest.fixture
def limits(clock: FrozenClock) -> SignInLimits:
    return SignInLimits(clock)


def pause(limits: SignInLimits, *, email: str = "owner@acme.example", address: str = "203.0.113.1") -> int:
    """Fails once more; how many seconds are to be waited first, 0 for none."""
    try:
        limits.begin(Attempt.of(email=email, address=address))
    except RateLimited as refused:
        return int(refused.metadata[RETRY_AFTER_NAME])
    return 0


def test_pauses_grow_and_end_somewhere(clock: FrozenClock) -> None:
    pauses, seen = Pauses(clock, Leniency(free=2, forgiven_per_second=0, longest_seconds=5)), []
    for _ in range(6):
        pauses.count("me")
        seen.append(pauses.wait_seconds("me"))
        clock.advance(seen[-1])
    assert seen == [0, 1, 2, 4, 5, 5]


def test_failures_are_forgotten_with_time(clock: FrozenClock) -> None:
    pauses = Pauses(clock, Leniency(free=2, forgiven_per_second=1, longest_seconds=60))
    for _ in range(5):
        pauses.count("me")
    clock.advance(60)
    pauses.count("me")
    assert not pauses.wait_seconds("me")


def test_who_is_remembered_is_bounded(clock: FrozenClock) -> None:
    pauses = Pauses(clock, Leniency(free=1, forgiven_per_second=0, longest_seconds=60), max_remembered=1)
    for who in ("me", "you"):
        pauses.count(who)
    assert (pauses.wait_seconds("me"), pauses.wait_seconds("you")) == (0, 1)


def test_one_address_that_tries_many_accounts_waits(limits: SignInLimits) -> None:
    waits = [pause(limits, email=f"{number}@acme.example") for number in range(ADDRESS.free + 1)]
    assert waits == [0] * ADDRESS.free + [1]


@pytest.mark.parametrize("address", ["2001:db8::{:x}", "2001:db8:0:0:{:x}::", "::ffff:203.0.113.1"])
def test_who_has_many_addresses_of_one_network_is_one(limits: SignInLimits, address: str) -> None:
    assert pause_of_many(limits, PAIR.free, address=address)


def test_one_account_that_is_tried_from_many_addresses_waits(limits: SignInLimits) -> None:
    waits = [pause(limits, address=f"198.51.100.{each}") for each in range(ACCOUNT.free + 1)]
    assert waits == [0] * ACCOUNT.free + [1]


def pause_of_many(limits: SignInLimits, number: int, *, address: str) -> int:
    """The pause after failures from that many addresses."""
    for each in range(number):
        assert not pause(limits, address=address.format(each + 1))
    return pause(limits, address=address.format(number + 1))


def test_strangers_together_wait(limits: SignInLimits) -> None:
    waits = [
        pause(limits, email=f"{each}@acme.example", address=f"198.51.{each // 200}.{each % 200}")
        for each in range(OVERALL.free + 1)
    ]
    assert waits == [0] * OVERALL.free + [1]


def test_an_owner_who_has_signed_in_from_there_waits_for_no_stranger(limits: SignInLimits) -> None:
    limits.begin(OWNER)
    limits.succeeded(OWNER)
    assert pause_of_many(limits, ACCOUNT.free, address="203.0.113.{}")
    limits.begin(OWNER)


@pytest.fixture
def http(new_database_url: Callable[[], str]) -> Iterator[HttpSilos]:
    with running_silos(new_database_url, regions=()) as silos, serving_http(silos) as web:
        yield web


def sign_in(http: HttpSilos, *, said: str) -> httpx.Response:
    headers, auth = {"x-forwarded-for": said}, ("owner@acme.example", "wrong")
    return http.call("POST", CONTROL, "/api/0/auth/", headers=headers, auth=auth)


def test_an_address_that_a_client_makes_up_gives_it_no_further_tries(http: HttpSilos) -> None:
    statuses = [sign_in(http, said=f"203.0.113.{each}").status_code for each in range(PAIR.free + 1)]
    assert statuses == [401] * PAIR.free + [429]


def test_behind_a_trusted_proxy_clients_are_told_apart(http: HttpSilos) -> None:
    http.stop(CONTROL)
    http.start(CONTROL, trusted_proxies=parse_networks(["127.0.0.1"]))
    for each in range(PAIR.free):
        sign_in(http, said=f"198.51.100.{each}, 203.0.113.1")
    refused = sign_in(http, said="203.0.113.1")
    assert (refused.status_code, refused.headers["retry-after"]) == (429, "1")
    assert sign_in(http, said="203.0.113.2").status_code == 401
