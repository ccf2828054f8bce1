from typing import Any

import pytest

from control_silo.models.user import User
from control_silo.services.delete import uninstall
from shared.domain.scopes import Role
from tests.integration.control.api.world import World
from tests.pictures import picture

HOUR = 3600


def now(world: World) -> int:
    return int(world.clock.now().timestamp())


def test_installations_are_counted_by_the_hour_over_a_day_this_hour_included(world: World) -> None:
    app, start = world.app(status="published"), now(world)
    world.install(app)
    world.clock.advance(2 * HOUR + 60)
    world.install(app, organization_id=2)
    stats = world.person().get("/sentry-apps/kanban/stats/").json()
    hours = [start + 2 * HOUR - HOUR * back for back in range(24, -1, -1)]
    expected = [[hour, int(hour in {start, start + 2 * HOUR})] for hour in hours]
    assert stats == {
        "totalInstalls": 2,
        "totalUninstalls": 0,
        "installStats": expected,
        "uninstallStats": [[hour, 0] for hour in hours],
    }


def test_a_period_of_ones_own_is_counted_as_finely_as_asked(world: World) -> None:
    app, start = world.app(status="published"), now(world)
    world.install(app)
    query = f"since={start - 24 * HOUR}&until={start}&resolution=1d"
    stats = world.person().get(f"/sentry-apps/kanban/stats/?{query}").json()
    assert stats["installStats"] == [[start - 24 * HOUR, 0], [start, 1]]


def test_installations_outside_the_period_count_in_the_total_alone(world: World) -> None:
    app, start = world.app(status="published"), now(world)
    world.install(app)
    stats = world.person().get(f"/sentry-apps/kanban/stats/?since={start - 9 * HOUR}&until={start - 1}").json()
    assert stats["totalInstalls"] == 1
    assert sum(count for _, count in stats["installStats"]) == 0


def test_an_installation_that_was_removed_counts_nowhere(world: World) -> None:
    app, owner = world.app(status="published"), world.person()
    installation = world.install(app)
    with world.control.database.session():
        actor = User.get_by_id(owner.user_id)
    uninstall(world.control, uuid=installation.uuid, actor=actor)
    stats = owner.get("/sentry-apps/kanban/stats/").json()
    assert (stats["totalInstalls"], stats["totalUninstalls"]) == (0, 0)
    assert sum(count for _, count in stats["installStats"]) == 0


@pytest.mark.parametrize(
    ("query", "detail"),
    [
        ("since=2&until=1", "start must be before end"),
        ("since=x", "since must be a time in Unix seconds."),
        ("until=nan", "until must be a time in Unix seconds."),
        ("until=-1", "until must be a time in Unix seconds."),
        ("until=1e300", "until must be a time in Unix seconds."),
        ("resolution=10s", "The resolution must be whole hours or days, such as 1h or 1d."),
        ("resolution=0h", "The resolution must be whole hours or days, such as 1h or 1d."),
        ("resolution=soon", "The resolution must be whole hours or days, such as 1h or 1d."),
        ("since=0&resolution=1h", "The period has more than 10000 intervals."),
    ],
)
def test_a_period_that_cannot_be_is_refused(world: World, query: str, detail: str) -> None:
    world.app()
    answer = world.person().get(f"/sentry-apps/kanban/stats/?{query}")
    assert (answer.status_code, answer.json()) == (400, {"detail": detail})


def test_a_stranger_sees_no_counts_of_a_published_app(world: World) -> None:
    world.app(status="published")
    assert world.person(Role.OWNER, organization="globex").get("/sentry-apps/kanban/stats/").status_code == 403


def most_installed(world: World, query: str = "") -> Any:
    return world.staff().get(f"/sentry-apps-stats/{query}")


def test_apps_are_listed_the_most_installed_first(world: World) -> None:
    _, liked, known = (world.app(name, status="published") for name in ("Unknown", "Liked", "Known"))
    for app, organization_id in ((liked, 1), (liked, 2), (known, 1)):
        world.install(app, organization_id=organization_id)
    answer = most_installed(world)
    assert [(each["slug"], each["installs"]) for each in answer.json()] == [("liked", 2), ("known", 1), ("unknown", 0)]
    assert answer.json()[2] == {
        "id": 1,
        "uuid": answer.json()[2]["uuid"],
        "slug": "unknown",
        "name": "Unknown",
        "installs": 0,
        "avatars": [],
    }


def test_listed_apps_show_their_pictures(world: World) -> None:
    world.app()
    body = {"color": True, "avatar_type": "upload", "avatar_photo": picture()}
    shown = world.person().put("/sentry-apps/kanban/avatar/", body).json()["avatars"]
    assert most_installed(world).json()[0]["avatars"] == shown


def test_a_page_of_the_most_installed_is_as_long_as_asked(world: World) -> None:
    for name in ("One", "Two", "Three"):
        world.app(name)
    first = most_installed(world, "?per_page=2")
    rest = most_installed(world, f"?cursor={first.links['next']['cursor']}")
    assert [each["slug"] for each in first.json() + rest.json()] == ["one", "two", "three"]
    assert (first.links["next"]["results"], rest.links["next"]["results"]) == ("true", "false")
