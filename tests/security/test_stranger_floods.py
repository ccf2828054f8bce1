"""Whoever asks again and again without good credentials is put off, and nobody else waits for that."""

from collections.abc import Callable, Iterator
from functools import partial
from typing import Any

import pytest

from shared.domain.peer import CONTROL
from shared.http.strangers import Strangers
from shared.outgoing.reach import parse_networks
from tests.http_silos import HttpSilos, serving_http
from tests.silos import running_silos

LIMIT = 3
ASKED = "/api/0/sentry-apps/"


class Hand:
    """A clock that a test moves."""

    seconds = 0.0

    def __call__(self) -> float:
        return self.seconds


def test_so_many_of_one_address_are_looked_at_in_a_second() -> None:
    clock = Hand()
    strangers = Strangers(per_second=LIMIT, read=clock)
    assert [strangers.admit(None, address="a") for _ in range(LIMIT + 1)] == [True] * LIMIT + [False]
    assert strangers.admit(b"made up", address="b")
    clock.seconds = 1.0
    assert strangers.admit(None, address="a")


def test_credentials_are_known_while_they_are_good() -> None:
    strangers = Strangers(per_second=0, read=Hand())
    strangers.trust(b"me")
    assert strangers.admit(b"me", address="a")
    strangers.doubt(b"me")
    assert not strangers.admit(b"me", address="a")


@pytest.fixture
def http(new_database_url: Callable[[], str], monkeypatch: pytest.MonkeyPatch) -> Iterator[HttpSilos]:
    """Silos that look at few strangers, of any second, and put the others off for no time."""
    monkeypatch.setattr("shared.http.limits.Strangers", partial(Strangers, per_second=LIMIT, read=Hand()))
    monkeypatch.setattr("shared.http.limits.PAUSE_SECONDS", 0.0)
    with running_silos(new_database_url, regions=["us"]) as silos, serving_http(silos) as web:
        yield web


@pytest.mark.parametrize("silo", [CONTROL, "us"])
@pytest.mark.parametrize("who", ["nobody", "made-up tokens", "made-up sessions"])
def test_strangers_are_put_off_and_people_are_not(http: HttpSilos, silo: str, who: str) -> None:
    owner = http.create_user("owner@acme.example")
    assert http.get(silo, "/api/0/users/me/", token=owner.token).status_code == 200
    shown = [credentials(who, number) for number in range(LIMIT + 1)]
    statuses = [http.get(silo, "/api/0/users/me/", **each).status_code for each in shown]
    assert statuses[-1] == 429
    assert http.get(silo, "/api/0/users/me/", token=owner.token).status_code == 200


def credentials(who: str, number: int) -> dict[str, Any]:
    names: dict[str, dict[str, Any]] = {
        "nobody": {},
        "made-up tokens": {"token": f"made-up-{number}"},
        "made-up sessions": {"session": f"made-up-{number}"},
    }
    return names[who]


@pytest.mark.parametrize("method", ["GET", "OPTIONS"])
@pytest.mark.parametrize("path", ["/api/0/nowhere/", ASKED])
def test_nobody_becomes_known_by_what_is_answered_to_anybody(http: HttpSilos, method: str, path: str) -> None:
    statuses = [http.call(method, CONTROL, path, token="made-up").status_code for _ in range(LIMIT + 1)]
    assert statuses[-1] == 429


def test_behind_a_trusted_proxy_strangers_are_told_apart(http: HttpSilos) -> None:
    http.stop(CONTROL)
    http.start(CONTROL, trusted_proxies=parse_networks(["127.0.0.1"]))
    for _ in range(LIMIT + 1):
        http.get(CONTROL, ASKED, headers={"x-forwarded-for": "203.0.113.1"})
    statuses = [
        http.get(CONTROL, ASKED, headers={"x-forwarded-for": address}).status_code
        for address in ("203.0.113.1", "203.0.113.2")
    ]
    assert statuses == [429, 401]
