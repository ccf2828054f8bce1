"""Control alone behind a real server, for tests of who may do what there."""

from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest

from shared.http.serve import HttpServer
from tests.integration.control.api.conftest import Stage
from tests.integration.control.api.world import World, open_world


@pytest.fixture
def world(tmp_path: Path) -> Iterator[World]:
    """The organizations acme and globex, and whoever a test makes."""
    stage = Stage()
    server = HttpServer(stage, listen="127.0.0.1:0")
    server.start()
    with (
        httpx.Client(base_url=f"http://{server.address}", timeout=30) as client,
        open_world(f"sqlite:///{tmp_path / 'control.db'}", client=client) as world,
    ):
        stage.application = world.application
        yield world
    server.stop()
