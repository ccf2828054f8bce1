"""Searching events: those of an issue by a query, and those of an organization as a table."""

from typing import Any

import pytest

from region_silo.services import event_search
from tests.integration.region.issues.world import World, exception, message


@pytest.fixture
def ids(world: World) -> list[str]:
    """Three events of one issue, oldest first."""
    sent = []
    for release, color, user in (("1.0", "blue", "ann"), ("1.1", "blueish", "bob"), ("1.1", "red", "ann")):
        world.silos.clock.advance(1)
        whom = {"id": user, "email": f"{user}@shop.example"}
        sent += world.send(exception(release=release, tags={"color": color}, user=whom))
    return sent


def _table(world: World, *fields: str, **query: Any) -> Any:
    return world.owner.get(f"/organizations/{world.org}/events/", field=list(fields), **query)


@pytest.mark.parametrize(
    ("query", "found"),
    [
        ("level:error", [0, 1, 2]),
        ("release:1.1", [1, 2]),
        ("!release:1.1", [0]),
        ("release:[1.0, 2.0]", [0]),
        ("color:blue", [0]),
        ("color:blue*", [0, 1]),
        ("tags[color]:*ue*", [0, 1]),
        ("user.email:ann@shop.example color:red", [2]),
        ("has:dist", []),
        ("!has:dist", [0, 1, 2]),
        ('dist:""', [0, 1, 2]),
        ("color:green", []),
        ('"DIVISION by zero"', [0, 1, 2]),
        ("divided", []),
    ],
)
def test_events_of_an_issue_are_those_that_the_query_looks_for(
    world: World, ids: list[str], query: str, found: list[int]
) -> None:
    shown = world.owner.get(f"/issues/{world.issue()['id']}/events/", query=query).json()
    assert [event["eventID"] for event in shown] == [ids[each] for each in reversed(found)]


@pytest.mark.parametrize("query", ["age:-24h", "timestamp:>2030-01-01", "level:error OR level:info", "user.id:>7"])
def test_what_a_query_cannot_be_answered_for_is_refused(world: World, ids: list[str], query: str) -> None:
    for path in (f"/issues/{world.issue()['id']}/events/", f"/organizations/{world.org}/events/"):
        assert world.owner.get(path, query=query, field="title").status_code == 400


def test_events_of_an_issue_are_those_of_a_time(world: World, ids: list[str]) -> None:
    shown = world.owner.get(f"/issues/{world.issue()['id']}/events/", statsPeriod="1s").json()
    assert [event["eventID"] for event in shown] == [ids[2], ids[1]]


def test_events_are_shown_as_a_table(world: World, ids: list[str]) -> None:
    table = _table(world, "id", "color", "user.email", "issue", query="release:1.0").json()
    row = {"id": ids[0], "color": "blue", "user.email": "ann@shop.example", "issue": "WEB-1"}
    assert table["data"] == [row]
    assert table["meta"]["fields"] == dict.fromkeys(row, "string")


def test_events_are_counted_in_groups(world: World, ids: list[str]) -> None:
    world.send(message("It broke"))
    table = _table(world, "release", "count()", "count_unique(user)", query="title:Zero*", sort="-count()").json()
    assert [(row["release"], row["count()"], row["count_unique(user)"]) for row in table["data"]] == [
        ("1.1", 2, 2),
        ("1.0", 1, 1),
    ]
    assert table["meta"]["fields"] == {"release": "string", "count()": "integer", "count_unique(user)": "integer"}


def test_a_table_comes_in_pages(world: World, ids: list[str]) -> None:
    answer = _table(world, "id", per_page=2)
    assert [row["id"] for row in answer.json()["data"]] == [ids[2], ids[1]]
    assert 'rel="next"; results="true"' in answer.headers["link"]


@pytest.mark.parametrize(
    ("fields", "query"),
    [
        ([], {}),
        (["p95(span.duration)"], {}),
        (["title"], {"dataset": "spans"}),
        (["title"], {"sort": "-count()"}),
        ([f"f{number}" for number in range(21)], {}),
    ],
)
def test_what_no_table_can_show_is_refused(world: World, fields: list[str], query: Any) -> None:
    assert _table(world, *fields, **query).status_code == 400


def test_a_search_looks_at_the_newest_events(world: World, ids: list[str], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(event_search, "MAX_EVENTS", 1)
    assert [row["id"] for row in _table(world, "id").json()["data"]] == [ids[2]]


def test_a_search_is_judged_part_by_part(world: World) -> None:
    path = f"/organizations/{world.org}/events/validate/"
    good = world.owner.get(path, field=["title", "count()"], query="level:error", orderby="-count()").json()
    assert (good["valid"], [each["attrType"] for each in good["field"]]) == (True, ["string", "number"])
    bad = world.owner.get(path, field="p95(x)", query="age:-24h", dataset="spans").json()
    assert bad["valid"] is False
    assert [bad["field"][0]["valid"], bad["query"]["valid"], bad["dataset"][0]["valid"]] == [False] * 3


def test_what_was_done_to_an_issue_is_read_alone(world: World) -> None:
    issue = world.raise_issue()
    shown = world.owner.get(f"/issues/{issue['id']}/activities/").json()["activity"]
    assert shown == world.owner.get(f"/issues/{issue['id']}/").json()["activity"]
