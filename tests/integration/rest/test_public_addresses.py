"""Behind a proxy that ends TLS: what names an own address names the one that the operator said, and nobody else's."""

from collections.abc import Iterator

import httpx
import pytest

import control_silo.bootstrap
import region_silo.bootstrap
from shared.http.serve import HttpServer
from tests.integration.rest.conftest import Web
from tests.pictures import picture

CONTROL = "https://silo.example"
US = "https://us.silo.example:8443"
CLAIMS = {
    "X-Forwarded-Host": "evil.example",
    "X-Forwarded-Proto": "https",
    "Forwarded": "proto=https;host=evil.example",
}


@pytest.fixture
def control(web: Web) -> Iterator[httpx.Client]:
    """Control, told its public address, as the proxy asks it."""
    config = web.silos.control_config.model_copy(update={"public_url": CONTROL})
    server = HttpServer(control_silo.bootstrap.make_api(web.silos.control, config), listen="127.0.0.1:0")
    server.start()
    with httpx.Client(base_url=f"http://{server.address}/api/0", headers=_bearer(web), trust_env=False) as client:
        yield client
    server.stop()


@pytest.fixture
def us(web: Web) -> Iterator[httpx.Client]:
    """The region ``us``, told its own."""
    running = web.silos.regions["us"]
    config = running.config.model_copy(update={"advertised_http": US})
    api = region_silo.bootstrap.make_api(running.region, config, control=running.control)
    server = HttpServer(api, listen="127.0.0.1:0")
    server.start()
    with httpx.Client(base_url=f"http://{server.address}/api/0", headers=_bearer(web), trust_env=False) as client:
        yield client
    server.stop()


def test_links_of_lists_name_control_s_public_address(control: httpx.Client) -> None:
    answer = control.get("/organizations/acme/sentry-apps/", params={"per_page": "1"})
    assert answer.links["next"]["url"].startswith(f"{CONTROL}/api/0/organizations/acme/sentry-apps/?")


def test_what_a_region_answers_through_control_names_control_s_public_address(control: httpx.Client) -> None:
    answer = control.get("/organizations/acme/projects/")
    assert answer.links["next"]["url"].startswith(f"{CONTROL}/api/0/organizations/acme/projects/?")
    assert control.get("/organizations/acme/").json()["links"]["organizationUrl"] == CONTROL


def test_organizations_and_photos_are_at_control_s_public_address(web: Web, control: httpx.Client) -> None:
    logo = {"color": True, "avatar_type": "upload", "avatar_photo": picture()}
    app = control.put(f"/sentry-apps/{web.robot.slug}/avatar/", json=logo).json()
    assert app["avatars"][0]["avatarUrl"].startswith(f"{CONTROL}/sentry-app-avatar/")
    assert {each["links"]["organizationUrl"] for each in control.get("/organizations/").json()} == {CONTROL}


def test_a_session_s_cookie_goes_over_tls_alone_where_clients_come_by_tls(web: Web, control: httpx.Client) -> None:
    signed_in = control.post("/auth/", auth=("owner@acme.example", "correct horse"))
    signed_out = control.delete("/auth/")
    assert "Secure" in signed_in.headers["set-cookie"].split("; ")
    assert "Secure" in signed_out.headers["set-cookie"].split("; ")
    plain = web.http.call("POST", "control", "/api/0/auth/", auth=("owner@acme.example", "correct horse"))
    assert "Secure" not in plain.headers["set-cookie"].split("; ")


def test_a_region_s_own_links_name_the_address_that_it_advertises(us: httpx.Client) -> None:
    answer = us.get("/organizations/acme/projects/", headers=CLAIMS)
    assert answer.links["next"]["url"].startswith(f"{US}/api/0/organizations/acme/projects/?")


def test_nobody_who_claims_to_have_forwarded_is_believed(web: Web, control: httpx.Client) -> None:
    path = "/organizations/acme/sentry-apps/"
    plain = web.http.get("control", f"/api/0{path}", token=web.owner.token, headers=CLAIMS)
    for answer, place in ((plain, web.http.url("control")), (control.get(path, headers=CLAIMS), CONTROL)):
        assert answer.links["next"]["url"].startswith(f"{place}/")


def _bearer(web: Web) -> dict[str, str]:
    return {"Authorization": f"Bearer {web.owner.token}"}
