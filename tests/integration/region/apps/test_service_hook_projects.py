"""``service-hook-projects/``: which projects an installation hears of, and every text of a refusal."""

import threading
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest

from region_silo.models.hook import ServiceHook
from shared.domain.scopes import Role
from tests.integration.region.apps.world import World

UNKNOWN = "One or more project identifier is duplicate, not accessible, or does not exist."
WRONG_TYPE = "Project identifiers must be either all strings (slugs) or all integers (IDs)"
MIXED = (
    "Mixed types detected. All project identifiers must be of the same type (either all strings/slugs or all "
    "integers/IDs)"
)


def post(world: World, projects: Any) -> Any:
    return world.owner.post(f"{world.path}/service-hook-projects/", {"projects": projects})


def listed(world: World) -> Any:
    return world.owner.get(f"{world.path}/service-hook-projects/").json()


def test_a_new_installation_hears_of_every_project(world: World) -> None:
    answer = world.owner.get(f"{world.path}/service-hook-projects/")
    assert (answer.status_code, answer.json()) == (200, [])
    assert answer.headers["link"].count('results="false"') == 2


def test_projects_are_named_by_id_or_by_slug(world: World) -> None:
    api = world.create_project("api")
    by_slug, by_id = post(world, ["web", "api"]), post(world, [api.id, world.project.id])
    ids = [str(world.project.id), str(api.id)]
    assert [item["project_id"] for item in by_slug.json()] == ids
    assert (by_id.status_code, by_id.json()) == (200, by_slug.json())
    assert listed(world) == by_id.json()
    assert all(isinstance(item["id"], str) for item in by_id.json())


def test_a_list_replaces_the_one_before(world: World) -> None:
    world.create_project("api")
    kept = post(world, ["web", "api"]).json()[0]
    assert post(world, ["web"]).json() == [kept]


def test_without_a_list_every_project_is_heard_of_again(world: World) -> None:
    post(world, ["web"])
    assert world.owner.delete(f"{world.path}/service-hook-projects/").status_code == 204
    assert listed(world) == []


@pytest.mark.parametrize(
    ("projects", "text"),
    [
        ("web", "Projects must be a list, not str"),
        ({"a": 1}, "Projects must be a list, not dict"),
        ([], "Projects list cannot be empty"),
        ([None], WRONG_TYPE),
        ([1.5, 2], WRONG_TYPE),
        ([True], WRONG_TYPE),
        (["web", 1], MIXED),
        ([1, "web"], MIXED),
        ([1, True], MIXED),
    ],
)
def test_a_list_of_another_shape_is_refused(world: World, projects: Any, text: str) -> None:
    answer = post(world, projects)
    assert (answer.status_code, answer.json()) == (400, {"projects": [text]})


@pytest.mark.parametrize("projects", [["web", "web"], ["none"], [1], [-1], [2**70], ["\x00"], ["web", "none"]])
def test_a_project_that_is_none_or_is_named_twice_is_refused(world: World, projects: Any) -> None:
    answer = post(world, projects)
    assert (answer.status_code, answer.json()) == (400, {"detail": UNKNOWN})
    assert listed(world) == []


def test_a_project_of_another_organization_is_refused(world: World) -> None:
    other = world.other_organization()
    project = world.create_project("theirs", organization_id=other.id)
    assert post(world, [project.id]).json() == {"detail": UNKNOWN}


def test_the_list_is_required(world: World) -> None:
    answer = world.owner.post(f"{world.path}/service-hook-projects/", {})
    assert (answer.status_code, answer.json()) == (400, {"projects": ["This field is required."]})


def test_an_installation_is_confined_before_its_replica_has_arrived(world: World) -> None:
    installation = world.create_public_app(events=["issue"])
    path = f"/sentry-app-installations/{installation.uuid}/service-hook-projects/"
    before, removed = world.owner.get(path), world.owner.delete(path)
    confined = world.owner.post(path, {"projects": ["web"]})
    world.silos.replicate()
    assert (before.json(), removed.status_code, confined.status_code) == ([], 204, 200)
    assert world.owner.get(path).json() == confined.json()
    with world.region.database.session():
        [hook] = ServiceHook.select().where(ServiceHook.installation_id == installation.id)
    assert "issue.created" in hook.expanded_events


@pytest.mark.parametrize("has_arrived", [True, False])
@pytest.mark.parametrize("method", ["get", "post", "delete"])
def test_an_installation_without_a_hook_has_no_projects(world: World, method: str, *, has_arrived: bool) -> None:
    app = world.create_app(webhook_url=None, events=[])
    if has_arrived:
        world.silos.replicate()
    path = f"/sentry-app-installations/{world.installation_of(app).uuid}/service-hook-projects/"
    answer = world.owner.post(path, {"projects": ["web"]}) if method == "post" else getattr(world.owner, method)(path)
    assert (answer.status_code, answer.json()) == (404, {"detail": "Service hook not found for installation"})


def test_members_may_read_and_not_change(world: World) -> None:
    member, path = world.person(Role.MEMBER), f"{world.path}/service-hook-projects/"
    statuses = [member.get(path), member.post(path, {"projects": ["web"]}), member.delete(path)]
    assert [answer.status_code for answer in statuses] == [200, 403, 403]


def test_of_two_lists_at_once_one_is_the_result(world: World) -> None:
    slugs = ["web", *(world.create_project(slug).slug for slug in ("api", "app", "db"))]
    start = threading.Barrier(2)

    def replace(half: list[str]) -> Any:
        start.wait()
        return post(world, half)

    with ThreadPoolExecutor(2) as threads:
        answers = [answer.json() for answer in threads.map(replace, [slugs[:2], slugs[2:]])]
    assert listed(world) in answers
