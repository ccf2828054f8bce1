"""Control and two regions over HTTP, and a real server of a third party."""

from collections.abc import Iterator

import pytest

from tests.http_silos import HttpSilos, serving_http
from tests.integration.region.apps.world import World
from tests.integration.third_party import ThirdPartyApp, running_app
from tests.patience import patient_silos
from tests.silos import Silos


@pytest.fixture(scope="module")
def http(module_silos: Silos) -> Iterator[HttpSilos]:
    with patient_silos(), serving_http(module_silos) as http:
        yield http


@pytest.fixture
def third_party() -> Iterator[ThirdPartyApp]:
    with running_app() as app:
        yield app


@pytest.fixture
def world(silos: Silos, http: HttpSilos, third_party: ThirdPartyApp) -> World:
    """An organization of this test's own in ``us``, with an issue, and an app of the third party installed in it."""
    return World(silos, http, third_party)
