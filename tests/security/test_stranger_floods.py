"""Whoever asks again and again without good credentials is put off, and nobody else waits for that."""

import asyncio
from collections.abc import Callable, Iterator
from functools import partial
from typing import Any

import pytest

from shared.domain.peer import CONTROL
from shared.http.strangers import TURNS_PER_SECOND, Strangers
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


@pytest.fixture(autouse=True)
def no_pause(monkeypatch: pytest.MonkeyPatch) -> None:
    """Whoever is put off asks again at once."""
    monkeypatch.setattr("shared.http.strangers.PAUSE_SECONDS", (0.0, 0.0))


def admitted(strangers: Strangers, *, times: int = 1, address: str = "a", client: bytes | None = None) -> list[bool]:
    async def ask() -> list[bool]:
        return [await strangers.admit(client, address=address) for _ in range(times)]

    return asyncio.run(ask())


def test_so_many_of_one_address_are_looked_at() -> None:
    clock = Hand()
    strangers = Strangers(per_second=1, at_once=LIMIT, read=clock)
    assert admitted(strangers, times=LIMIT + 1) == [True] * LIMIT + [False]
    assert admitted(strangers, client=b"made up", address="b") == [True]
    clock.seconds = 1.0
    assert admitted(strangers, times=2) == [True, False]
    clock.seconds = 100.0
    assert admitted(strangers, times=LIMIT + 1) == [True] * LIMIT + [False]


def test_so_many_a_second_are_refused_however_many_ask(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("shared.http.strangers.PAUSE_SECONDS", (1.0, 3.0))
    waited: list[float] = []

    async def note(seconds: float) -> None:
        waited.append(seconds)

    monkeypatch.setattr("shared.http.strangers.asyncio.sleep", note)
    assert not any(admitted(Strangers(at_once=0, per_second=0, read=Hand()), times=10 * TURNS_PER_SECOND))
    assert waited[:2] == [1.0, 1.0 + 1 / TURNS_PER_SECOND]
    assert sum(seconds < 2.0 for seconds in waited) == TURNS_PER_SECOND
    assert max(waited) == 3.0


def test_credentials_are_known_while_they_are_good() -> None:
    strangers = Strangers(at_once=0, read=Hand())
    strangers.trust(b"me")
    assert admitted(strangers, client=b"me") == [True]
    strangers.doubt(b"me")
    assert admitted(strangers, client=b"me") == [False]


@pytest.fixture
def http(new_database_url: Callable[[], str], monkeypatch: pytest.MonkeyPatch) -> Iterator[HttpSilos]:
    """Silos that look at few strangers, for as long as a test takes."""
    monkeypatch.setattr("shared.http.limits.Strangers", partial(Strangers, at_once=LIMIT, read=Hand()))
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


@pytest.mark.parametrize("shown", ["Basic YTpi", "Sentry sentry_key=a", "Made up"])
def test_nobody_becomes_known_by_what_is_no_token(http: HttpSilos, shown: str) -> None:
    asked = [http.get(CONTROL, "/api/0/", headers={"authorization": shown}) for _ in range(LIMIT + 1)]
    assert [answer.status_code for answer in asked] == [200] * LIMIT + [429]


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
