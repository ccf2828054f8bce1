"""Reading the events of issues and projects."""

import pytest

from tests.integration.region.issues.world import World, exception, message


@pytest.fixture
def two(world: World) -> tuple[World, list[str], str]:
    """A world, the ids of two events a second apart, and the path of their issue."""
    ids = world.send(exception(value="one"))
    world.silos.clock.advance(1)
    ids += world.send(exception(value="two"))
    return world, ids, f"/organizations/{world.org}/issues/{world.issue()['id']}/"


def test_the_latest_and_the_oldest_event_are_found(two: tuple[World, list[str], str]) -> None:
    world, ids, path = two
    assert world.owner.get(f"{path}events/latest/").json()["eventID"] == ids[1]
    assert world.owner.get(f"{path}events/oldest/").json()["eventID"] == ids[0]


def test_the_recommended_event_is_the_latest(two: tuple[World, list[str], str]) -> None:
    world, ids, path = two
    assert world.owner.get(f"{path}events/recommended/").json()["eventID"] == ids[1]


def test_an_event_knows_its_neighbours(two: tuple[World, list[str], str]) -> None:
    world, ids, path = two
    latest = world.owner.get(f"{path}events/latest/").json()
    assert (latest["previousEventID"], latest["nextEventID"]) == (ids[0], None)


def test_events_are_listed_newest_first(two: tuple[World, list[str], str]) -> None:
    world, ids, path = two
    answer = world.owner.get(f"{path}events/", per_page=1)
    assert [event["eventID"] for event in answer.json()] == [ids[1]]
    assert answer.links["next"]["results"] == "true"


def test_an_event_is_found_by_its_id_in_its_issue_and_its_project(two: tuple[World, list[str], str]) -> None:
    world, ids, path = two
    in_issue = world.owner.get(f"{path}events/{ids[0].upper()}/")
    in_project = world.owner.get(f"/projects/{world.org}/web/events/{ids[0]}/")
    assert in_issue.json() == in_project.json()
    assert in_issue.json()["id"] == ids[0]


@pytest.mark.parametrize("event", ["newest", "0" * 32, "%00", "x" * 5000])
def test_an_unknown_event_is_not_found(two: tuple[World, list[str], str], event: str) -> None:
    world, _, path = two
    assert world.owner.get(f"{path}events/{event}/").status_code == 404
    assert world.owner.get(f"/projects/{world.org}/web/events/{event}/").status_code == 404


def test_an_event_of_another_issue_is_not_found(two: tuple[World, list[str], str]) -> None:
    world, ids, _ = two
    assert world.owner.get(f"/issues/{world.raise_issue()['id']}/events/{ids[0]}/").status_code == 404


def test_the_events_of_a_project_are_listed_newest_first(world: World) -> None:
    ids = []
    for name in ("first", "second", "third"):
        ids += world.send(message(name))
        world.silos.clock.advance(1)
    world.send(message("elsewhere"), project=world.project("api"))
    path = f"/projects/{world.org}/web/events/"
    first, rest = (world.owner.get(path, per_page=2, cursor=cursor) for cursor in ("2:0:0", "2:1:0"))
    assert [event["eventID"] for event in first.json() + rest.json()] == ids[::-1]
    assert 'rel="next"; results="true"' in first.headers["link"]
    assert 'rel="next"; results="false"' in rest.headers["link"]
