from collections.abc import Iterator

import httpx
import pytest
from starlette.types import ASGIApp, Receive, Scope, Send

from shared.http.serve import HttpServer
from tests.integration.control.api.world import World, open_world


class Stage:
    """One real server for all tests; each puts its own application on it."""

    def __init__(self) -> None:
        self.application: ASGIApp | None = None

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        assert self.application is not None
        await self.application(scope, receive, send)


@pytest.fixture(scope="session")
def stage() -> Stage:
    return Stage()


@pytest.fixture(scope="session")
def client(stage: Stage) -> Iterator[httpx.Client]:
    server = HttpServer(stage, listen="127.0.0.1:0")
    server.start()
    try:
        with httpx.Client(base_url=f"http://{server.address}", timeout=30) as client:
            yield client
    finally:
        server.stop()


@pytest.fixture
def world(database_url: str, stage: Stage, client: httpx.Client) -> Iterator[World]:
    """Control alone, with the organizations acme and globex, behind its HTTP application."""
    with open_world(database_url, client=client) as world:
        stage.application = world.application
        yield world
