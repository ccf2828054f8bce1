from collections.abc import Iterator

import pytest

from shared.outgoing.client import AppClient
from shared.outgoing.reach import Reach
from tests.integration.third_party import ThirdPartyApp, running_app


@pytest.fixture
def app() -> Iterator[ThirdPartyApp]:
    with running_app() as app:
        yield app


@pytest.fixture
def client() -> Iterator[AppClient]:
    """A client that may call this machine."""
    client = AppClient(Reach(allow_private=True))
    yield client
    client.close()


@pytest.fixture
def public_client() -> Iterator[AppClient]:
    """A client as operators get it: it calls the public internet alone."""
    client = AppClient(Reach())
    yield client
    client.close()
