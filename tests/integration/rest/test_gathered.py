"""A list that is spread over several regions, asked for at control."""

from typing import Any

import httpx
import pytest

from control_silo.api import gathered
from tests.integration.rest.conftest import Web
from tests.silos import fresh


@pytest.fixture(scope="module")
def projects(web: Web) -> list[str]:
    """Slugs of projects in both regions, in the order of the list."""
    for organization, region, slugs in (("acme", "us", "bd"), ("globex", "de", "ace")):
        for slug in slugs:
            path = f"/api/0/organizations/{organization}/projects/"
            made = web.http.call("POST", region, path, token=web.superuser.token, json={"slug": slug})
            assert made.status_code == 201, made.text
    return list("abcde")


def _list(web: Web, silo: str = "control", *, token: str | None = None, **query: Any) -> httpx.Response:
    return web.http.get(silo, "/api/0/projects/", token=token or web.superuser.token, params=query)


def test_control_lists_what_all_regions_have_in_one_order(web: Web, projects: list[str]) -> None:
    shown = _list(web)
    assert [project["slug"] for project in shown.json()] == projects
    assert {project["organization"]["links"]["regionUrl"] for project in shown.json()} == {
        web.http.url("us"),
        web.http.url("de"),
    }


def test_pages_of_several_regions_leave_nothing_out(web: Web, projects: list[str]) -> None:
    pages = [_list(web, cursor=f"2:{number}:0") for number in range(4)]
    assert [[project["slug"] for project in page.json()] for page in pages] == [["a", "b"], ["c", "d"], ["e"], []]
    assert ['rel="next"; results="true"' in page.headers["link"] for page in pages] == [True, True, False, False]


def test_who_is_in_one_region_is_shown_what_that_one_has(web: Web, projects: list[str]) -> None:
    here, there = _list(web, token=web.owner.token), _list(web, "us", token=web.owner.token)
    assert [project["slug"] for project in here.json()] == ["b", "d"]
    assert [project["id"] for project in here.json()] == [project["id"] for project in there.json()]


def test_who_is_in_no_organization_is_shown_nothing(web: Web) -> None:
    alone = web.http.create_user(f"{fresh('alone')}@nowhere.example")
    token = web.http.create_token(alone.user.id, ["project:read"])
    answer = _list(web, token=token)
    assert (answer.status_code, answer.json(), "link" in answer.headers) == (200, [], True)
    assert _list(web, token=web.http.create_token(alone.user.id, ["event:read"])).status_code == 403


def test_a_region_that_is_away_fails_the_list_and_does_not_shorten_it(web: Web, projects: list[str]) -> None:
    web.http.stop("de")
    try:
        answer = _list(web)
    finally:
        web.http.start("de")
    assert answer.status_code == 503


def test_a_page_far_into_the_list_of_several_regions_is_refused(web: Web) -> None:
    answer = _list(web, cursor=f"100:{gathered.MAX_ITEMS // 100}:0")
    assert (answer.status_code, "first 1000" in answer.text) == (400, True)


@pytest.mark.parametrize("silo", ["control", "us"])
def test_a_path_that_nothing_serves_says_that_it_is_not_offered(web: Web, silo: str) -> None:
    for path in ("organizations/acme/teams/", "projects/acme/web/releases/", "nothing/"):
        answer = web.http.get(silo, f"/api/0/{path}", token=web.owner.token)
        expected = {"detail": "The requested resource does not exist", "silo": "not offered"}
        assert (answer.status_code, answer.json()) == (404, expected), path
        assert answer.headers["silo-not-offered"] == "path"
