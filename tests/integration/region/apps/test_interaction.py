"""``interaction/``: counting what people do, and reading it back as a series."""

from collections.abc import Iterator
from dataclasses import replace
from typing import Any

import pytest

from control_silo.models.region import OrganizationReplica
from control_silo.services.update_app import SentryAppUpdater
from shared.domain.scopes import Role
from tests.integration.region.apps.world import Caller, World

NOW = 1893456000  # 2030-01-01T00:00:00Z, where the clock of the tests begins
VIEWED = {"tsdbField": "sentry_app_viewed"}


def path(world: World) -> str:
    return f"/sentry-apps/{world.app.slug}/interaction/"


def at_browser(world: World, *, of: OrganizationReplica | None = None) -> Caller:
    """A member of acme or another organization, with a session."""
    return Caller(world.http, session=world.create_user(organization=of).session_key)


def interacted(component: Any) -> dict[str, Any]:
    return {"tsdbField": "sentry_app_component_interacted", "componentType": component}


def test_a_member_at_a_browser_is_counted(world: World) -> None:
    browser = at_browser(world)
    answers = [browser.post(path(world), VIEWED), browser.post(path(world), interacted("issue-link"))]
    assert [(answer.status_code, answer.json()) for answer in answers] == [(201, {})] * 2


def test_who_cannot_see_an_app_is_not_counted(world: World) -> None:
    stranger = at_browser(world, of=world.other_organization())
    assert stranger.post(path(world), VIEWED).status_code == 404
    published = world.create_app(is_internal=False)
    world.silos.publish(published)
    world.silos.replicate()
    assert stranger.post(f"/sentry-apps/{published.slug}/interaction/", VIEWED).status_code == 201


def test_a_token_counts_nothing(world: World) -> None:
    answers = [caller.post(path(world), VIEWED) for caller in (world.owner, world.robot, world.nobody)]
    assert [answer.status_code for answer in answers] == [403, 403, 401]


@pytest.mark.parametrize("body", [{}, {"tsdbField": "other"}, {"tsdbField": 1}, {"tsdbField": None}])
def test_what_is_counted_is_one_of_two(world: World, body: dict[str, Any]) -> None:
    answer = at_browser(world).post(path(world), body)
    text = "The tsdbField must be one of: sentry_app_viewed, sentry_app_component_interacted"
    assert (answer.status_code, answer.json()) == (400, {"detail": text})


@pytest.mark.parametrize("component", [None, "alert-rule-action", ["issue-link"], 1])
def test_a_component_is_one_that_people_use(world: World, component: Any) -> None:
    answer = at_browser(world).post(path(world), interacted(component))
    text = "The field componentType is required and must be one of ['stacktrace-link', 'issue-link']"
    assert (answer.status_code, answer.json()) == (400, {"detail": text})


def test_the_owner_reads_a_day_by_the_hour_the_current_one_included(world: World) -> None:
    start = int(world.silos.clock.now().timestamp())
    browser = at_browser(world)
    for body in (VIEWED, VIEWED, interacted("issue-link")):
        browser.post(path(world), body)
    counts = world.owner.get(path(world)).json()
    hour = start - start % 3600
    assert [point[0] for point in counts["views"]] == [hour - 3600 * back for back in range(24, -1, -1)]
    assert counts["views"][-1] == [hour, 2]
    assert sum(count for _, count in counts["views"][:-1]) == 0
    assert list(counts["componentInteractions"]) == ["issue-link", "stacktrace-link"]
    assert counts["componentInteractions"]["issue-link"][-1] == [hour, 1]


def test_an_app_without_components_has_no_interactions(world: World) -> None:
    app = world.create_app(schema={})
    answer = world.owner.get(f"/sentry-apps/{app.slug}/interaction/")
    assert (answer.status_code, answer.json()["componentInteractions"]) == (200, {})


def test_a_period_may_be_counted_by_the_day(world: World) -> None:
    at_browser(world).post(path(world), VIEWED)
    until = int(world.silos.clock.now().timestamp())
    counts = world.owner.get(path(world), since=until - 2 * 86400, until=until, resolution="1d").json()["views"]
    day = until - until % 86400
    assert counts == [[day - 2 * 86400, 0], [day - 86400, 0], [day, 1]]


@pytest.mark.parametrize(
    ("query", "text"),
    [
        ({"since": 10, "until": 5}, "start must be before end"),
        ({"since": "x"}, "since must be a time in Unix seconds."),
        ({"until": "inf"}, "until must be a time in Unix seconds."),
        ({"until": "nan"}, "until must be a time in Unix seconds."),
        ({"since": "-1"}, "since must be a time in Unix seconds."),
        ({"resolution": "10s"}, "The resolution must be whole hours or days, such as 1h or 1d."),
        ({"resolution": "0h"}, "The resolution must be whole hours or days, such as 1h or 1d."),
        ({"resolution": "hour"}, "The resolution must be whole hours or days, such as 1h or 1d."),
        ({"since": 0, "resolution": "1h"}, "The period has more than 10000 intervals."),
    ],
)
def test_a_period_that_is_none_is_refused(world: World, query: dict[str, Any], text: str) -> None:
    answer = world.owner.get(path(world), **query)
    assert (answer.status_code, answer.json()) == (400, {"detail": text})


def test_the_owners_members_alone_read_the_counts(world: World) -> None:
    callers = [world.person(Role.MEMBER), world.stranger(), world.nobody]
    assert [caller.get(path(world)).status_code for caller in callers] == [200, 403, 401]


def test_an_app_is_counted_where_its_owner_lives(world: World) -> None:
    elsewhere = world.other_organization(region="de")
    app = world.create_app(owner=elsewhere)
    answer = at_browser(world).post(f"/sentry-apps/{app.slug}/interaction/", VIEWED)
    assert (answer.status_code, answer.json()) == (404, {"detail": "Could not find the requested sentry app"})
    through_control = Caller(world.http, session=at_browser(world, of=elsewhere).session, silo="control")
    assert through_control.post(f"/sentry-apps/{app.slug}/interaction/", VIEWED).status_code == 201


@pytest.mark.parametrize("slug", ["none", "0", "99999999999999999999", "%00"])
def test_an_unknown_app_is_not_found(world: World, slug: str) -> None:
    answer = world.owner.get(f"/sentry-apps/{slug}/interaction/")
    assert (answer.status_code, answer.json()) == (404, {"detail": "Could not find the requested sentry app"})


@pytest.fixture
def enforcing(world: World) -> Iterator[World]:
    """The region refuses to show what is counted about disabled apps."""
    running, region = world.silos.regions["us"], world.region
    running.region = replace(region, enforces_disabled=True)
    world.http.stop("us")
    world.http.start("us")
    yield world
    running.region = region
    world.http.stop("us")
    world.http.start("us")


def test_counts_of_a_disabled_app_are_shown_unless_that_is_enforced(world: World) -> None:
    disable(world)
    assert world.owner.get(path(world)).status_code == 200


def test_where_it_is_enforced_a_disabled_app_is_counted_and_not_shown(enforcing: World) -> None:
    assert enforcing.owner.get(path(enforcing)).status_code == 200
    disable(enforcing)
    answer = enforcing.owner.get(path(enforcing))
    assert (answer.status_code, answer.json()) == (403, {"detail": "This app is disabled."})
    assert at_browser(enforcing).post(path(enforcing), VIEWED).status_code == 201


def disable(world: World) -> None:
    SentryAppUpdater(columns={"is_disabled": True}).run(world.silos.control, app_id=world.app.id, is_elevated=True)
    world.silos.replicate()
