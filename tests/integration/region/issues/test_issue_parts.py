"""What is shown beside an issue: tags, hashes, integrations, where an event is, and every project."""

from typing import Any

import pytest

from region_silo.services import tags
from tests.integration.region.issues.world import World, exception


def _issue(world: World, *releases: str, **fields: Any) -> str:
    world.send(*(exception(release=release, **fields) for release in releases))
    return str(world.issue()["id"])


def test_a_tag_shows_how_its_values_are_distributed(world: World) -> None:
    issue = _issue(world, "1.0", "1.1", "1.1")
    shown = world.owner.get(f"/issues/{issue}/tags/release/").json()
    assert (shown["name"], shown["uniqueValues"], shown["totalValues"]) == ("Release", 2, 3)
    assert [(value["value"], value["count"]) for value in shown["topValues"]] == [("1.1", 2), ("1.0", 1)]


def test_values_of_a_tag_come_in_pages(world: World) -> None:
    issue = _issue(world, "1.0", "1.1", "1.1")
    answer = world.owner.get(f"/issues/{issue}/tags/release/values/", per_page=1)
    assert [value["value"] for value in answer.json()] == ["1.1"]
    assert 'rel="next"; results="true"' in answer.headers["link"]


def test_tags_are_listed_by_key(world: World) -> None:
    issue = _issue(world, "1.0", environment="production")
    keys = [tag["key"] for tag in world.owner.get(f"/issues/{issue}/tags/").json()]
    assert keys == sorted(keys)
    assert {"environment", "level", "release"} <= set(keys)


def test_tags_are_counted_in_an_environment(world: World) -> None:
    issue = _issue(world, "1.0", environment="production")
    world.send(exception(release="1.1"))
    for environment, release in (("production", "1.0"), ("", "1.1")):
        shown = world.owner.get(f"/issues/{issue}/tags/release/", environment=environment).json()
        assert ([value["value"] for value in shown["topValues"]], shown["totalValues"]) == ([release], 1)


def test_a_tag_that_no_event_has_does_not_exist(world: World) -> None:
    issue = _issue(world, "1.0")
    for path in ("color/", "color/values/"):
        assert world.owner.get(f"/issues/{issue}/tags/{path}").status_code == 404


def test_tags_of_the_newest_events_are_counted(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(tags, "MAX_EVENTS", 2)
    issue = _issue(world, "1.0", "1.1", "1.1")
    assert world.owner.get(f"/issues/{issue}/tags/release/").json()["totalValues"] == 2


def test_an_issue_has_one_hash_with_its_newest_event(world: World) -> None:
    issue = _issue(world, "1.0")
    [only] = world.owner.get(f"/issues/{issue}/hashes/").json()
    assert (len(only["id"]), only["latestEvent"]["groupID"]) == (32, issue)
    assert world.owner.get(f"/issues/{issue}/hashes/", cursor="100:1:0").json() == []


def test_an_event_is_found_by_its_id_alone(world: World) -> None:
    [event] = world.send(exception())
    dashed = f"{event[:8]}-{event[8:12]}-{event[12:16]}-{event[16:20]}-{event[20:]}"
    for name in (event, event.upper(), dashed):
        shown = world.owner.get(f"/organizations/{world.org}/eventids/{name}/").json()
        assert (shown["eventId"], shown["groupId"]) == (event, str(world.issue()["id"]))
    assert world.owner.get(f"/organizations/{world.org}/eventids/{'0' * 32}/").status_code == 404


def test_a_list_of_issues_says_what_was_not_handled(world: World) -> None:
    raised = exception()
    raised["exception"]["values"][-1]["mechanism"] = {"type": "generic", "handled": False}
    world.send(raised)
    assert [issue["isUnhandled"] for issue in world.issues()] == [True]
    assert "isUnhandled" not in world.issues(collapse="unhandled")[0]


def test_every_project_is_listed_with_where_its_organization_is(world: World) -> None:
    world.send(exception(environment="production"))
    shown = [each for each in world.owner.get("/projects/").json() if each["organization"]["slug"] == world.org]
    assert {"organizationUrl", "regionUrl"} == shown[0]["organization"]["links"].keys()
    assert ["production"] in [each["environments"] for each in shown]
