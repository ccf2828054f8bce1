"""``projects/``: what is made, listed and refused."""

from typing import Any

import pytest

from shared.domain.region_id import region_number_of
from shared.domain.scopes import Role
from tests.integration.region.issues.world import World, message


def test_a_project_is_made_with_what_was_asked_for(world: World) -> None:
    body = {"slug": "api", "name": "The API", "platform": "python"}
    made = world.owner.post(f"/organizations/{world.org}/projects/", body)
    assert made.status_code == 201
    assert made.json().items() >= body.items()
    # By itself a project leaves out its team, where a list says that there is none.
    alone = world.owner.get(f"/projects/{world.org}/api/").json()
    assert {name: alone.get(name) for name in made.json()} == made.json()
    assert "team" not in alone


def test_a_projects_id_tells_its_region(world: World) -> None:
    with world.region.database.session():
        ((number,),) = world.region.database.rows("SELECT number FROM region_identity")
    assert region_number_of(world.web.id) == number


def test_a_slug_is_made_from_the_name_when_none_is_given(world: World) -> None:
    made = world.owner.post(f"/organizations/{world.org}/projects/", {"name": "Café Shop"})
    assert made.json()["slug"] == "cafe-shop"


def test_a_slug_is_given_once_in_an_organization(world: World) -> None:
    again = world.owner.post(f"/organizations/{world.org}/projects/", {"slug": "web"})
    assert (again.status_code, again.json()) == (409, {"detail": "A project with this slug already exists."})


def test_two_organizations_may_use_the_same_slug(world: World, other: World) -> None:
    assert world.web.slug == other.web.slug
    assert world.web.id != other.web.id


@pytest.mark.parametrize(
    "body",
    [
        {},
        {"slug": "123"},
        {"slug": "Web"},
        {"slug": "a b"},
        {"slug": ""},
        {"slug": None},
        {"slug": ["a"]},
        {"slug": "a" * 65},
        {"slug": "a\x00"},
        {"slug": "api", "name": "a\nb"},
        {"slug": "api", "name": "x" * 201},
        {"slug": "api", "name": "\x00"},
        {"slug": "api", "name": "\ud800"},
        {"slug": "api", "platform": {}},
        {"slug": "api", "platform": "x" * 65},
        {"slug": "x" * 1_000_000},
    ],
)
def test_a_body_that_makes_no_sense_is_refused_by_field(world: World, body: dict[str, Any]) -> None:
    answer = world.owner.post(f"/organizations/{world.org}/projects/", body)
    assert answer.status_code == 400
    assert all(isinstance(texts, list) for texts in answer.json().values())


def test_projects_are_listed_by_slug_in_pages(world: World) -> None:
    for slug in ("zoo", "api"):
        world.project(slug)
    first = world.owner.get(f"/organizations/{world.org}/projects/", per_page=2)
    assert [project["slug"] for project in first.json()] == ["api", "web"]
    second = world.owner.client.get(first.links["next"]["url"], headers=world.owner.headers)
    assert [project["slug"] for project in second.json()] == ["zoo"]
    assert 'rel="next"; results="false"' in second.headers["link"]


@pytest.mark.parametrize("by", ["id", "slug"])
def test_organizations_and_projects_are_named_by_id_or_slug(world: World, by: str) -> None:
    names = (world.organization.id, world.web.id) if by == "id" else (world.org, "web")
    assert world.owner.get(f"/projects/{names[0]}/{names[1]}/").json()["slug"] == "web"


def test_the_key_of_a_project_names_the_regions_own_address(world: World) -> None:
    (key,) = world.owner.get(f"/projects/{world.org}/web/keys/").json()
    host = world.http.url("us").removeprefix("http://")
    assert key["dsn"]["public"] == f"http://{world.web.public_key}@{host}/{world.web.id}"


@pytest.mark.parametrize("project", ["nope", "999999", "%00", "1" * 30])
def test_an_unknown_project_is_not_found(world: World, project: str) -> None:
    assert world.owner.get(f"/projects/{world.org}/{project}/").status_code == 404


def test_a_member_may_read_projects_and_not_make_them(world: World) -> None:
    member = world.person(Role.MEMBER)
    assert member.get(f"/organizations/{world.org}/projects/").status_code == 200
    assert member.post(f"/organizations/{world.org}/projects/", {"slug": "api"}).status_code == 403


def test_another_organizations_projects_do_not_exist(world: World, other: World) -> None:
    assert other.owner.get(f"/organizations/{world.org}/projects/").status_code == 404
    assert other.owner.get(f"/projects/{other.org}/{world.web.id}/").status_code == 404


def test_a_project_says_which_secrets_are_filtered(world: World) -> None:
    path = f"/projects/{world.org}/web/"
    usual = world.owner.get(path).json()
    assert (usual["dataScrubber"], usual["dataScrubberDefaults"], usual["sensitiveFields"]) == (True, True, [])
    changed = world.owner.put(path, usual | {"sensitiveFields": ["order"], "safeFields": ["password"]})
    assert (changed.status_code, changed.json()) == (200, world.owner.get(path).json())
    world.send(message("sale", extra={"order": "A-17", "password": "p", "token": "t"}))
    (event,) = world.owner.get(f"{path}events/").json()
    shown = world.owner.get(f"{path}events/{event['id']}/").json()
    assert shown["context"] == {"order": "[Filtered]", "password": "p", "token": "[Filtered]"}


def test_a_project_may_keep_its_secrets(world: World) -> None:
    path = f"/projects/{world.org}/web/"
    assert world.owner.put(path, {"dataScrubber": False}).json()["dataScrubber"] is False
    (event_id,) = world.send(message("sale", extra={"password": "p"}))
    assert world.owner.get(f"{path}events/{event_id}/").json()["context"] == {"password": "p"}


@pytest.mark.parametrize(
    "body",
    [{"sensitiveFields": "order"}, {"safeFields": ["x"] * 101}, {"sensitiveFields": [""]}, {"dataScrubber": None}],
)
def test_what_cannot_be_filtered_by_is_refused_by_field(world: World, body: dict[str, object]) -> None:
    answer = world.owner.put(f"/projects/{world.org}/web/", body)
    assert (answer.status_code, list(answer.json())) == (400, list(body))


def test_a_member_may_not_change_what_is_filtered(world: World) -> None:
    assert world.person(Role.MEMBER).put(f"/projects/{world.org}/web/", {"dataScrubber": False}).status_code == 403
