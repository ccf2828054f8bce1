"""The region ``us`` behind a real HTTP server, and a world for each test."""

from collections.abc import Iterator

import httpx
import pytest

from region_silo.api.app import create_api
from shared.http.serve import HttpServer
from tests.integration.region.issues.world import World
from tests.silos import Silos


@pytest.fixture(scope="module")
def client(module_silos: Silos) -> Iterator[httpx.Client]:
    """Talks to the region's application over TCP."""
    running = module_silos.regions["us"]
    application = create_api(running.region, control=running.control, keyring=module_silos.keyring)
    server = HttpServer(application, listen="127.0.0.1:0")
    server.start()
    try:
        with httpx.Client(base_url=f"http://{server.address}", timeout=30) as client:
            yield client
    finally:
        server.stop()


@pytest.fixture
def world(silos: Silos, client: httpx.Client) -> World:
    """An organization of this test's own, with an owner and a project."""
    return World(silos, client)
