"""``external-issues/``: links that apps keep by themselves, and what an issue shows of them."""

import threading
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest

from region_silo.models.issue import PlatformExternalIssue
from shared.domain.scopes import Role
from tests.integration.region.apps.world import Caller, World


def body(world: World, **changes: Any) -> dict[str, Any]:
    ticket = {"webUrl": "https://kanban.example/card/7", "project": "web", "identifier": "7"}
    return {"issueId": str(world.issue.id)} | ticket | changes


def post(world: World, caller: Caller | None = None, **changes: Any) -> Any:
    return (caller or world.robot).post(f"{world.path}/external-issues/", body(world, **changes))


def count_links(world: World) -> int:
    with world.region.database.session():
        links = PlatformExternalIssue.select().where(PlatformExternalIssue.group_id == world.issue.id)
        return int(links.count())


def test_an_app_links_an_issue_to_its_ticket(world: World) -> None:
    answer = post(world)
    assert answer.status_code == 200
    assert answer.json() | {"id": ""} == {
        "id": "",
        "issueId": str(world.issue.id),
        "serviceType": world.app.slug,
        "displayName": "web#7",
        "webUrl": "https://kanban.example/card/7",
    }
    assert isinstance(answer.json()["id"], str)


def test_an_issue_may_be_named_by_number_and_by_short_id(world: World) -> None:
    assert [post(world, issueId=issue_id).status_code for issue_id in (world.issue.id, "WEB-1", "web-1")] == [200] * 3


def test_a_second_link_of_an_app_takes_the_place_of_the_first(world: World) -> None:
    first, second = post(world), post(world, identifier="8", webUrl="https://kanban.example/card/8")
    assert first.json()["id"] == second.json()["id"]
    assert second.json()["displayName"] == "web#8"
    assert count_links(world) == 1


def test_two_identical_links_at_once_are_one(world: World) -> None:
    start = threading.Barrier(6)

    def link(_: int) -> Any:
        start.wait()
        return post(world)

    with ThreadPoolExecutor(6) as threads:
        answers = list(threads.map(link, range(6)))
    assert [answer.status_code for answer in answers] == [200] * 6
    assert len({answer.json()["id"] for answer in answers}) == 1
    assert count_links(world) == 1


@pytest.mark.parametrize(
    ("changes", "errors"),
    [
        ({"webUrl": "javascript:alert(1)"}, {"webUrl": ["Enter a valid URL."]}),
        ({"webUrl": ""}, {"webUrl": ["This field may not be blank."]}),
        ({"project": None}, {"project": ["This field may not be null."]}),
        ({"identifier": []}, {"identifier": ["Not a valid string."]}),
        ({"identifier": "\x00"}, {"identifier": ["Null characters are not allowed."]}),
        ({"issueId": {}, "project": True}, {"issueId": ["Not a valid string."], "project": ["Not a valid string."]}),
    ],
)
def test_each_wrong_field_is_named(world: World, changes: dict[str, Any], errors: dict[str, Any]) -> None:
    answer = post(world, **changes)
    assert (answer.status_code, answer.json()) == (400, errors)


def test_every_field_is_required(world: World) -> None:
    answer = world.robot.post(f"{world.path}/external-issues/", {})
    names = ("issueId", "webUrl", "project", "identifier")
    assert (answer.status_code, answer.json()) == (400, {name: ["This field is required."] for name in names})


@pytest.mark.parametrize("issue_id", ["1", "99999999999999999999", "NO-1", 1.5])
def test_an_issue_that_is_none_is_not_found(world: World, issue_id: Any) -> None:
    answer = post(world, issueId=issue_id)
    text = "Could not find the corresponding issue for the given issueId"
    assert (answer.status_code, answer.json()) == (404, {"detail": text})


def test_an_issue_of_another_organization_is_not_found(world: World) -> None:
    other = world.other_organization()
    issue = world.create_issue(world.create_project("web", organization_id=other.id))
    answer = post(world, issueId=str(issue.id))
    text = "Could not find the corresponding issue for the given issueId"
    assert (answer.status_code, answer.json()) == (404, {"detail": text})


def test_only_the_app_itself_and_members_may_link(world: World) -> None:
    other = world.create_app()
    token = world.http.create_app_token(other).text
    world.silos.replicate()
    callers = [Caller(world.http, token=token), world.stranger(), world.nobody, world.person(Role.MEMBER)]
    assert [post(world, caller).status_code for caller in callers] == [403, 404, 401, 200]


def test_an_app_without_a_scope_for_events_may_not_link(world: World) -> None:
    app = world.create_app(scopes=["org:read"], events=[])
    token = world.http.create_app_token(app).text
    world.silos.replicate()
    uuid = world.installation_of(app).uuid
    answer = Caller(world.http, token=token).post(f"/sentry-app-installations/{uuid}/external-issues/", body(world))
    detail = "You do not have permission to perform this action."
    assert (answer.status_code, answer.json()) == (403, {"detail": detail})


def test_an_app_deletes_its_own_link_and_no_other(world: World) -> None:
    link_id = post(world).json()["id"]
    other = world.create_app()
    uuid, token = world.installation_of(other).uuid, world.http.create_app_token(other).text
    world.silos.replicate()
    refused = Caller(world.http, token=token).delete(f"/sentry-app-installations/{uuid}/external-issues/{link_id}/")
    text = "Could not find the corresponding external issue from given external_issue_id"
    assert (refused.status_code, refused.json()) == (404, {"detail": text})
    assert world.robot.delete(f"{world.path}/external-issues/{link_id}/").status_code == 204
    assert count_links(world) == 0


def test_of_two_deletions_at_once_one_succeeds(world: World) -> None:
    link_id = post(world).json()["id"]
    start = threading.Barrier(2)

    def delete(_: int) -> int:
        start.wait()
        return world.robot.delete(f"{world.path}/external-issues/{link_id}/").status_code

    with ThreadPoolExecutor(2) as threads:
        assert sorted(threads.map(delete, range(2))) == [204, 404]


def test_an_issue_lists_its_links_page_by_page(world: World) -> None:
    first = post(world).json()
    path = f"/organizations/{world.acme.slug}/issues/{world.issue.id}/external-issues/"
    answer = world.owner.get(path)
    assert answer.json() == [first]
    assert 'rel="previous"; results="false"' in answer.headers["link"]
    assert world.owner.get("/issues/WEB-1/external-issues/").json() == [first]


def test_a_link_is_deleted_from_the_issue(world: World) -> None:
    link_id = post(world).json()["id"]
    path = f"/issues/{world.issue.id}/external-issues/"
    assert world.stranger().delete(f"{path}{link_id}/").status_code == 404
    assert world.owner.delete(f"{path}{link_id}/").status_code == 204
    assert world.owner.delete(f"{path}{link_id}/").status_code == 404
    assert world.owner.get(path).json() == []


@pytest.mark.parametrize("link_id", ["0", "-1", "x", "99999999999999999999"])
def test_a_link_that_is_none_is_not_found(world: World, link_id: str) -> None:
    assert world.robot.delete(f"{world.path}/external-issues/{link_id}/").status_code == 404


def test_control_carries_the_request_to_the_region(world: World) -> None:
    through_control = Caller(world.http, token=world.robot.token, silo="control")
    assert post(world, through_control).status_code == 200
    assert through_control.get(f"/issues/{world.issue.id}/external-issues/").json()[0]["displayName"] == "web#7"
