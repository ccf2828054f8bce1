"""From an event sent to control to the issue read through control: the region is found by the ids alone."""

from collections.abc import Iterator
from typing import Any

import pytest

from control_silo.models.region import RegisteredRegion
from control_silo.models.user import Member
from region_silo.models.project import Project
from region_silo.services.projects import create_project
from shared.domain.scopes import Role
from shared.outgoing.reach import parse_networks
from tests.integration.rest.conftest import Web


@pytest.fixture(scope="module")
def project(web: Web) -> Project:
    """``shop`` of globex, which lives in ``de``."""
    return create_project(web.silos.regions["de"].region, organization_id=web.globex.id, slug="shop")


@pytest.fixture(scope="module")
def issue(web: Web, project: Project) -> dict[str, Any]:
    """The issue that an event made, which an SDK sent to control."""
    path = f"/api/{project.id}/store/?sentry_key={project.public_key}"
    answer = web.http.call("POST", "control", path, json={"message": "Out of stock"})
    assert answer.status_code == 200
    listed = web.http.get("de", "/api/0/organizations/globex/issues/", token=web.superuser.token)
    (found,) = listed.json()
    return dict(found)


def test_an_issue_is_found_by_its_id_alone(web: Web, issue: dict[str, Any]) -> None:
    answer = web.http.get("control", f"/api/0/issues/{issue['id']}/", token=web.superuser.token)
    assert answer.json()["title"] == "Out of stock"


def test_an_issue_is_found_by_its_short_id_among_ones_own(web: Web, issue: dict[str, Any]) -> None:
    buyer = web.http.create_user("buyer@globex.example", organization="globex")
    answer = web.http.get("control", f"/api/0/issues/{issue['shortId']}/", token=buyer.token)
    assert answer.json()["id"] == issue["id"]


def test_an_issue_is_found_by_its_short_id_in_an_organization_that_is_named(web: Web, issue: dict[str, Any]) -> None:
    path = f"/api/0/issues/{issue['shortId']}/?organization_id_or_slug=globex"
    assert web.http.get("control", path, token=web.superuser.token).json()["id"] == issue["id"]


def test_a_short_id_says_nothing_to_who_has_no_projects(web: Web, issue: dict[str, Any]) -> None:
    path = f"/api/0/issues/{issue['shortId']}/"
    outsider = web.http.create_user("outsider@nowhere.example")
    statuses = [web.http.get("control", path, token=token).status_code for token in (outsider.token, "")]
    assert statuses == [404, 401]


def test_a_short_id_is_looked_for_in_every_region_that_the_client_sees(web: Web, issue: dict[str, Any]) -> None:
    path = f"/api/0/issues/{issue['shortId'].lower()}/"
    seen = web.http.get("control", path, token=web.superuser.token)
    changed = web.http.call("PUT", "control", path, session=web.superuser.session_key, json={"status": "ignored"})
    opened = web.http.call("PUT", "control", path, token=web.superuser.token, json={"status": "unresolved"})
    assert (seen.json()["id"], changed.json()["status"], opened.json()["status"]) == (
        issue["id"],
        "ignored",
        "unresolved",
    )
    assert web.http.get("control", "/api/0/issues/SHOP-99/", token=web.superuser.token).status_code == 404


def test_a_short_id_is_found_or_the_region_named_that_is_away(web: Web, issue: dict[str, Any]) -> None:
    paths = [f"/api/0/issues/{name}/" for name in (issue["shortId"], "SHOP-99")]
    web.http.stop("us")
    found, unknown = (web.http.get("control", path, token=web.superuser.token) for path in paths)
    web.http.start("us")
    assert (found.status_code, unknown.status_code) == (200, 503)
    assert unknown.json() == {"detail": "The region us is not available right now."}


def test_a_short_id_goes_round_in_no_circle_when_regions_are_registered_at_control_s_address(
    web: Web, issue: dict[str, Any]
) -> None:
    with web.silos.control.database.transaction():
        right = {region.name: region.http_address for region in RegisteredRegion.select()}
        RegisteredRegion.update(http_address=web.http.url("control")).execute()
    try:
        answer = web.http.get("control", f"/api/0/issues/{issue['shortId']}/", token=web.superuser.token)
    finally:
        with web.silos.control.database.transaction():
            for name, address in right.items():
                RegisteredRegion.update(http_address=address).where(RegisteredRegion.name == name).execute()
    assert answer.status_code == 503
    assert answer.json()["detail"].endswith("leads back to where it was asked from.")


def test_a_region_says_itself_what_the_token_may_not(web: Web, issue: dict[str, Any]) -> None:
    buyer = web.http.create_user("reader@globex.example", organization="globex")
    with web.silos.control.database.transaction():
        Member.create(user=buyer.user, organization_id=web.acme.id, role=Role.OWNER, created_at=web.silos.clock.now())
    path = f"/api/0/issues/{issue['shortId']}/"
    tokens = [web.http.create_token(buyer.user.id, [scope]) for scope in ("event:read", "org:read")]
    assert [web.http.get("control", path, token=token).status_code for token in tokens] == [200, 403]


def test_links_of_a_forwarded_list_lead_back_to_control(web: Web, issue: dict[str, Any]) -> None:
    answer = web.http.get("control", "/api/0/organizations/globex/issues/?limit=1", token=web.superuser.token)
    assert answer.json()[0]["id"] == issue["id"]
    assert answer.headers["link"].startswith(f"<{web.http.url('control')}/api/0/organizations/globex/issues/?")


def test_a_browser_that_monitors_a_page_may_send_through_control(web: Web, project: Project) -> None:
    asked = {"Origin": "https://any.example", "Access-Control-Request-Method": "POST"}
    answer = web.http.call("OPTIONS", "control", f"/api/{project.id}/envelope/", headers=asked)
    assert answer.headers["access-control-allow-origin"] == "*"


@pytest.mark.parametrize(("project_id", "status"), [("999999", 403), ("web", 400)])
def test_control_refuses_a_sender_as_regions_do(web: Web, project_id: str, status: int) -> None:
    path = f"/api/{project_id}/store/?sentry_key={'f' * 32}"
    there, here = (web.http.call("POST", silo, path, json={}) for silo in ("de", "control"))
    assert (here.status_code, here.json()) == (there.status_code, there.json())
    assert (here.status_code, here.headers["access-control-allow-origin"]) == (status, "*")


def test_a_browser_may_read_that_a_region_is_away(web: Web, project: Project) -> None:
    path, asked = f"/api/{project.id}/store/", {"Access-Control-Request-Method": "POST"}
    web.http.stop("de")
    answers = [web.http.call("POST", "control", path), web.http.call("OPTIONS", "control", path, headers=asked)]
    web.http.start("de")
    assert [answer.status_code for answer in answers] == [503, 200]
    assert {answer.headers["access-control-allow-origin"] for answer in answers} == {"*"}


@pytest.fixture
def behind_proxies(web: Web) -> Iterator[None]:
    """The silos believe this very machine, and one network more."""
    networks = parse_networks(["127.0.0.0/8", "10.0.0.0/8"])
    for silo in ("control", "de"):
        web.http.stop(silo)
        web.http.start(silo, trusted_proxies=networks)
    yield
    for silo in ("control", "de"):
        web.http.stop(silo)
        web.http.start(silo)


@pytest.mark.parametrize("silo", ["control", "de"])
def test_a_sender_does_not_say_itself_from_which_address_it_sends(web: Web, project: Project, silo: str) -> None:
    assert stored_address(web, project, silo, claimed="203.0.113.7") == "127.0.0.1"


@pytest.mark.usefixtures("behind_proxies")
@pytest.mark.parametrize("silo", ["control", "de"])
@pytest.mark.parametrize(
    ("claimed", "address"),
    [
        ("203.0.113.7, 10.0.0.1", "203.0.113.7"),
        ("1.2.3.4, 203.0.113.7:80, 10.0.0.1", "203.0.113.7"),
        ("1.2.3.4, nobody, [10.0.0.1]:80", "10.0.0.1"),
        ("", "127.0.0.1"),
    ],
)
def test_the_senders_address_stays_known_through_control_and_proxies(
    web: Web, project: Project, silo: str, claimed: str, address: str
) -> None:
    assert stored_address(web, project, silo, claimed=claimed) == address


def stored_address(web: Web, project: Project, silo: str, *, claimed: str) -> str:
    event = {"message": "where from", "user": {"ip_address": "{{auto}}"}}
    path, headers = f"/api/{project.id}/store/?sentry_key={project.public_key}", {"x-forwarded-for": claimed}
    event_id = web.http.call("POST", silo, path, json=event, headers=headers).json()["id"]
    shown = web.http.get("de", f"/api/0/projects/globex/shop/events/{event_id}/", token=web.superuser.token).json()
    return str(shown["user"]["ip_address"])
