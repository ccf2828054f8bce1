"""A client that writes through control meets no older state in a region (clients.md: no lag may show)."""

import threading
from typing import Any

import anyio
import pytest
from starlette.requests import Request

from control_silo.api.recent_writes import REMEMBERED_SECONDS, RecentWrites, await_delivered
from shared.category import Category
from shared.consistency import TOKEN_NAME, WrittenVersion, decode
from shared.http.credentials import client_key
from tests.integration.rest.conftest import Web
from tests.silos import fresh

SCHEMA = {"elements": [{"type": "stacktrace-link", "uri": "/code"}]}
COMPONENTS = "/api/0/organizations/acme/sentry-app-components/"
VERSION = WrittenVersion(Category.APP, 1, 1)


@pytest.fixture
def created(web: Web) -> Any:
    """An internal app of which no region has heard yet."""
    body = {"name": fresh("New"), "organization": "acme", "isInternal": True, "webhookUrl": "https://new.example"}
    yield web.http.call("POST", "control", "/api/0/sentry-apps/", token=web.owner.token, json=body | {"schema": SCHEMA})
    web.silos.replicate()


def request_of(token: str) -> Request:
    headers = [(b"authorization", f"Bearer {token}".encode())]
    return Request({"type": "http", "method": "GET", "path": COMPONENTS, "query_string": b"", "headers": headers})


def key_of(token: str) -> bytes:
    key = client_key(request_of(token))
    assert key
    return key


def remembering(web: Web, created: Any, **limits: Any) -> RecentWrites:
    recent = RecentWrites(web.silos.control, **limits)
    recent.remember(key_of(web.owner.token), decode(created.headers[TOKEN_NAME]))
    return recent


def held_back(recent: RecentWrites, token: str, *, region: str = "us") -> Request:
    async def hold() -> Request:
        return await recent.held_back(request_of(token), region=region)

    return anyio.run(hold)


def test_whoever_made_an_app_finds_its_components_at_once(web: Web, created: Any) -> None:
    answer = web.http.get("control", COMPONENTS, token=web.owner.token)
    assert created.json()["slug"] in [component["sentryApp"]["slug"] for component in answer.json()]


def test_a_request_is_held_back_until_the_region_was_told(web: Web, created: Any) -> None:
    recent, ended = remembering(web, created, wait_seconds=60), threading.Event()
    answers: list[Request] = []

    def ask() -> None:
        answers.append(held_back(recent, web.owner.token))
        ended.set()

    threading.Thread(target=ask, daemon=True).start()
    assert not ended.wait(0.05)
    web.silos.replicate()
    assert ended.wait(30)
    assert TOKEN_NAME not in answers[0].headers


def test_a_request_that_waited_long_enough_presents_what_its_client_wrote(web: Web, created: Any) -> None:
    request = held_back(remembering(web, created, wait_seconds=0), web.owner.token)
    assert request.headers[TOKEN_NAME] == created.headers[TOKEN_NAME]


@pytest.mark.parametrize(("who", "region"), [("member", "us"), ("owner", "de")])
def test_nobody_waits_for_the_writes_of_others_or_in_regions_that_are_told_of_none(
    web: Web, created: Any, who: str, region: str
) -> None:
    recent = remembering(web, created, wait_seconds=0)
    assert TOKEN_NAME not in held_back(recent, getattr(web, who).token, region=region).headers


def test_a_region_was_told_of_an_object_or_the_time_is_over(web: Web, created: Any) -> None:
    (version,) = [each for each in decode(created.headers[TOKEN_NAME]) if each.category is Category.APP]
    told, objects = threading.Event(), [(version.category.value, version.object_id)]
    await_delivered(web.silos.control, "us", objects, seconds=0)

    def wait() -> None:
        await_delivered(web.silos.control, "us", objects, seconds=60)
        told.set()

    threading.Thread(target=wait, daemon=True).start()
    assert not told.wait(0.05)
    web.silos.replicate()
    assert told.wait(30)


def test_a_token_that_the_client_presents_itself_stays(web: Web, created: Any) -> None:
    answer = web.http.get("control", COMPONENTS, token=web.owner.token, headers={TOKEN_NAME: "no token"})
    assert answer.status_code == 400


def test_a_write_is_forgotten_after_seconds(web: Web) -> None:
    recent = RecentWrites(web.silos.control)
    recent.remember(b"client", [VERSION])
    assert recent.of(b"client") == (VERSION,)
    web.silos.clock.advance(REMEMBERED_SECONDS)
    assert recent.of(b"client") == ()


def test_who_has_not_written_for_longest_is_forgotten_first(web: Web) -> None:
    recent = RecentWrites(web.silos.control, max_clients=2)
    for client in (b"a", b"b", b"a", b"c"):
        recent.remember(client, [VERSION])
    assert [recent.of(client) for client in (b"a", b"b", b"c")] == [(VERSION, VERSION), (), (VERSION,)]
