"""What control alone serves is named by control's address, whichever silo a client asks (photos, organizationUrl)."""

from collections.abc import Iterator
from dataclasses import replace

import httpx
import pytest

import region_silo.bootstrap
from shared.http.serve import HttpServer
from tests.integration.rest.conftest import Web
from tests.pictures import picture

CONTROL = "https://control.example"
COMPONENTS = "/api/0/organizations/acme/sentry-app-components/"


@pytest.fixture
def told(web: Web) -> Iterator[httpx.Client]:
    """The region ``us``, told where control is; the robot has a photo."""
    logo = {"color": True, "avatar_type": "upload", "avatar_photo": picture()}
    path = f"/api/0/sentry-apps/{web.robot.slug}/avatar/"
    assert web.http.call("PUT", "control", path, token=web.owner.token, json=logo).status_code == 200
    web.silos.replicate()
    running = web.silos.regions["us"]
    api = region_silo.bootstrap.make_api(
        replace(running.region, control_url=CONTROL), running.config, control=running.control
    )
    server = HttpServer(api, listen="127.0.0.1:0")
    server.start()
    headers = {"Authorization": f"Bearer {web.owner.token}"}
    with httpx.Client(base_url=f"http://{server.address}", headers=headers, trust_env=False) as client:
        yield client
    server.stop()


def photo_url(answer: httpx.Response) -> str:
    return str(answer.json()[0]["sentryApp"]["avatars"][0]["avatarUrl"])


def test_a_region_that_is_asked_directly_names_control_for_photos(told: httpx.Client) -> None:
    assert photo_url(told.get(COMPONENTS)).startswith(f"{CONTROL}/sentry-app-avatar/")


def test_a_region_that_is_asked_through_control_names_it_as_the_client_does(web: Web, told: httpx.Client) -> None:
    url = photo_url(web.http.get("control", COMPONENTS, token=web.owner.token))
    assert url.startswith(f"{web.http.url('control')}/sentry-app-avatar/")


def test_an_organization_s_own_url_is_control_s(told: httpx.Client) -> None:
    assert told.get("/api/0/organizations/acme/").json()["links"]["organizationUrl"] == CONTROL
