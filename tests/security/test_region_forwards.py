"""Who took a region forwards to control what they like, in anybody's name, and is counted as that region."""

from collections.abc import Callable, Iterator
from functools import partial
from typing import Any

import pytest

from control_silo.api.sign_in_limits import PAIR
from shared.domain.peer import CONTROL
from shared.http.forwarded import CLIENT_HEADER, ForwardingProver
from shared.http.strangers import Strangers
from shared.rpc.keyring import Keyring
from tests.http_silos import HttpSilos, serving_http
from tests.keys import shared_key
from tests.silos import running_silos

LIMIT = 3
PASSWORD = "correct horse"
SIGN_IN, APPS, ME = "/api/0/auth/", "/api/0/sentry-apps/", "/api/0/users/me/"


@pytest.fixture
def http(new_database_url: Callable[[], str], monkeypatch: pytest.MonkeyPatch) -> Iterator[HttpSilos]:
    """Silos whose strangers ask again at once, and which look at few for as long as a test takes."""
    monkeypatch.setattr("shared.http.strangers.PAUSE_SECONDS", (0.0, 0.0))
    few = partial(Strangers, at_once=PAIR.free + 1, read=lambda: 0.0)
    monkeypatch.setattr("shared.http.limits.Strangers", few)
    with running_silos(new_database_url, regions=["de"]) as silos, serving_http(silos) as web:
        yield web


def forward(http: HttpSilos, method: str, path: str, *, address: str, token: str = "", **more: Any) -> int:
    """The status of what de forwards, for a client at that address."""
    prover = ForwardingProver(Keyring([shared_key("de", CONTROL)]), clock=http.silos.clock)
    proof = prover.headers(silo=CONTROL, method=method, target=path, protocol="http", host="silo.example")
    headers = {**dict(proof), CLIENT_HEADER: address}
    return http.call(method, CONTROL, path, headers=headers, token=token, **more).status_code


def test_who_fails_in_the_name_of_an_address_has_nobody_there_wait(http: HttpSilos) -> None:
    owner = http.create_user("owner@acme.example")
    for _ in range(PAIR.free):
        failed = forward(http, "POST", SIGN_IN, address="127.0.0.1", auth=(owner.user.email, "wrong"))
        assert failed == 401
    signed_in = http.call("POST", CONTROL, SIGN_IN, auth=(owner.user.email, PASSWORD))
    assert signed_in.status_code == 200


def test_strangers_that_a_region_makes_up_are_one(http: HttpSilos) -> None:
    statuses = [forward(http, "GET", APPS, address=f"203.0.113.{n}") for n in range(PAIR.free + 2)]
    assert statuses == [401] * (PAIR.free + 1) + [429]
    assert http.get(CONTROL, APPS).status_code == 401


def test_who_comes_by_a_region_asks_no_more_often_than_others(http: HttpSilos) -> None:
    http.stop(CONTROL)
    http.start(CONTROL, requests_per_second=LIMIT)
    token = http.create_user("owner@acme.example").token
    asked = [forward(http, "GET", ME, address="203.0.113.1", token=token) for _ in range(LIMIT + 1)]
    assert asked == [200] * LIMIT + [429]
