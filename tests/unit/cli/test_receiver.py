"""The example app verifies what it is sent, and answers as its manifest promises."""

import asyncio
import json
from collections.abc import Iterator
from typing import Any
from urllib.parse import urlsplit

import httpx
import pytest

from shared.cli.manifest import acme_kanban
from shared.cli.receiver.kanban import MAX_BODY_BYTES, Happened, Kanban, build
from shared.domain.signature import sign

SECRET, URL = "5e" * 32, "http://localhost:3000"


@pytest.fixture
def seen() -> list[Happened]:
    return []


class App:
    """The app, asked without a socket."""

    def __init__(self, kanban: Kanban) -> None:
        self._transport = httpx.ASGITransport(build(kanban))

    def ask(
        self, method: str, path: str, *, headers: dict[str, str] | None = None, content: bytes = b""
    ) -> httpx.Response:
        async def ask() -> httpx.Response:
            async with httpx.AsyncClient(transport=self._transport, base_url=URL) as client:
                return await client.request(method, path, content=content, headers=headers)

        return asyncio.run(ask())


@pytest.fixture
def app(seen: list[Happened]) -> App:
    return App(Kanban("id", client_secret=SECRET, api="http://127.0.0.1:9", public_url=URL, show=seen.append))


def send(app: App, path: str, body: Any, *, secret: str = SECRET, header: str = "Sentry-Hook-Signature") -> Any:
    content = json.dumps(body).encode()
    headers = {header: sign(content, secret=secret), "Sentry-Hook-Resource": "issue"}
    return app.ask("POST", path, content=content, headers=headers)


@pytest.mark.parametrize("header", ["Sentry-Hook-Signature", "Sentry-App-Signature"])
def test_a_webhook_is_genuine_by_either_header(app: App, seen: list[Happened], header: str) -> None:
    assert send(app, "/webhook", {"action": "created"}, header=header).status_code == 204
    assert seen == [Happened("issue.created", is_genuine=True)]


@pytest.mark.parametrize("path", ["/webhook", "/issues/link", "/issues/create", "/alerts/create"])
def test_what_is_not_genuine_is_refused_and_shown(app: App, seen: list[Happened], path: str) -> None:
    assert send(app, path, {"action": "created"}, secret="another").status_code == 401
    assert [each.is_genuine for each in seen] == [False]


def test_a_body_without_end_is_refused_unread(app: App, seen: list[Happened]) -> None:
    assert app.ask("POST", "/webhook", content=b"x" * (MAX_BODY_BYTES + 1)).status_code == 413
    assert not seen


def test_a_card_that_was_made_is_offered_to_be_linked(app: App) -> None:
    made = send(app, "/issues/create", {"fields": {"title": "It broke", "board": "Sprint"}, "issueId": 1}).json()
    assert made == {"webUrl": f"{URL}/cards/1", "project": "Sprint", "identifier": "1"}
    offered = app.ask("GET", "/options/cards", headers={"Sentry-App-Signature": sign(b"", secret=SECRET)}).json()
    assert offered == [{"value": "It broke", "label": "It broke"}]


def test_every_address_that_the_manifest_names_is_answered(app: App) -> None:
    named = set(addresses_in(acme_kanban(URL)))
    assert {"/webhook", "/setup", "/issues/link", "/options/boards", "/source"} <= named
    # Of another method, so that nothing happens: an address that there is not is a 404.
    assert [path for path in named if app.ask("PATCH", path).status_code == 404] == []


def addresses_in(value: Any) -> Iterator[str]:
    if isinstance(value, dict):
        for name, each in value.items():
            if name == "uri" or name.endswith("Url"):
                yield urlsplit(each).path
            yield from addresses_in(each)
    elif isinstance(value, list):
        for each in value:
            yield from addresses_in(each)
