"""Lists of issues by when and where they were seen."""

import contextlib
from datetime import UTC, datetime, timedelta

import pytest

import region_silo.bootstrap
from region_silo.models.event import Event
from shared.database.connect import connect
from tests.integration.region.issues.world import World, message

THEN = datetime(2030, 1, 1, tzinfo=UTC)
EVENT = {"project_id": 1, "issue_id": 7, "occurred_at": THEN, "received_at": THEN, "size": 2, "payload": {}}


@pytest.fixture
def world(world: World) -> World:
    """``old`` was seen an hour before ``new``, and again a second before it; each in an environment of its own."""
    world.send(message("old", environment="staging"), message("silent"))
    world.silos.clock.advance(3600)
    world.send(message("old", environment="staging"))
    world.silos.clock.advance(1)
    world.send(message("new", environment="production"))
    return world


def titles(world: World, **query: object) -> list[str]:
    return [issue["title"] for issue in world.issues(**query)]


def at(world: World, **ago: float) -> str:
    instant: datetime = world.silos.clock.now() - timedelta(**ago)
    return instant.isoformat().removesuffix("+00:00")


@pytest.mark.parametrize(
    ("period", "expected"),
    [("30m", ["new", "old"]), ("1s", ["new", "old"]), ("0s", ["new"]), ("14d", ["new", "old", "silent"])],
)
def test_a_stats_period_shows_what_was_seen_since(world: World, period: str, expected: list[str]) -> None:
    assert titles(world, statsPeriod=period) == expected


def test_a_start_and_an_end_show_what_was_seen_between(world: World) -> None:
    assert titles(world, start=at(world, minutes=70), end=at(world, minutes=50)) == ["old", "silent"]
    assert titles(world, start=at(world, minutes=50), end=at(world, minutes=40)) == []
    assert titles(world, start=at(world, seconds=1), end=f"{at(world)}Z") == ["new", "old"]
    assert titles(world, end=at(world, minutes=50)) == ["old", "silent"]


def test_a_stats_period_outranks_start_and_end(world: World) -> None:
    assert titles(world, statsPeriod="0s", start="2001-01-01", end="2001-01-02") == ["new"]


@pytest.mark.parametrize(
    ("environments", "expected"),
    [
        (["production"], ["new"]),
        (["staging", "production"], ["new", "old"]),
        ([""], ["silent"]),
        (["none", "a\x00b"], []),
    ],
)
def test_an_environment_shows_what_was_seen_in_it(world: World, environments: list[str], expected: list[str]) -> None:
    assert titles(world, environment=environments) == expected


def test_a_project_s_list_is_limited_likewise(world: World) -> None:
    shown = world.owner.get(f"/projects/{world.org}/web/issues/", environment="production", statsPeriod="1h").json()
    assert [issue["title"] for issue in shown] == ["new"]


@pytest.mark.parametrize(
    ("query", "text"),
    [
        ({"statsPeriod": "soon"}, "Invalid statsPeriod: 'soon'"),
        ({"statsPeriod": "999999w"}, "Invalid statsPeriod: '999999w'"),
        ({"start": "yesterday"}, "yesterday is not a valid ISO8601 date query"),
        ({"end": "0001-01-01T00:00:00+14:00"}, "0001-01-01T00:00:00+14:00 is not a valid ISO8601 date query"),
        ({"start": "2030-01-02", "end": "2030-01-01"}, "start must be before end"),
        ({"environment": [str(number) for number in range(101)]}, "At most 100 environments can be asked for at once."),
    ],
)
def test_what_makes_no_sense_is_refused(world: World, query: dict[str, object], text: str) -> None:
    answer = world.owner.get(f"/organizations/{world.org}/issues/", **query)
    assert (answer.status_code, answer.json()) == (400, {"detail": text})


def test_environments_of_events_that_were_there_before_are_known(database_url: str) -> None:
    with contextlib.closing(connect(database_url, create=True)) as database:
        region_silo.bootstrap.migrate(database)
        with database.transaction():
            database.rows("DROP TABLE issue_environment")
            database.rows("DELETE FROM schema_migration WHERE name = '0005_issue_environments'")
            for number, environment in enumerate(["production", "production", None]):
                Event.create(event_id=str(number), outline={"environment": environment}, **EVENT)
        region_silo.bootstrap.migrate(database)
        with database.session():
            rows = database.rows("SELECT issue_id, environment FROM issue_environment ORDER BY environment")
    assert [tuple(row) for row in rows] == [(7, ""), (7, "production")]
