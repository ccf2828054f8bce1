"""Control and the regions behind HTTP servers, and a world in the region ``us`` for each test."""

from collections.abc import Iterator

import httpx
import pytest

from tests.http_silos import HttpSilos, serving_http
from tests.integration.region.issues.world import World
from tests.silos import Silos


@pytest.fixture(scope="module")
def http(module_silos: Silos) -> Iterator[HttpSilos]:
    """Every silo on a port of its own."""
    with serving_http(module_silos) as http:
        yield http


@pytest.fixture(scope="module")
def client(http: HttpSilos) -> Iterator[httpx.Client]:
    """Talks to the region ``us``."""
    with httpx.Client(base_url=http.url("us"), timeout=30, trust_env=False) as client:
        yield client


@pytest.fixture
def world(silos: Silos, http: HttpSilos, client: httpx.Client) -> World:
    """An organization of this test's own, with an owner and a project."""
    return World(http, client)


@pytest.fixture
def other(silos: Silos, http: HttpSilos, client: httpx.Client) -> World:
    """Another organization in the same region."""
    return World(http, client)
