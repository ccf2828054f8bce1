"""Which apps ``sentry-apps/`` shows to whom, newest first (spec §4.1)."""

from collections.abc import Callable

import pytest

from tests.integration.control.api.world import Caller, World

CALLERS: dict[str, Callable[[World], Caller]] = {
    "owner": lambda world: world.person(),
    "stranger": lambda world: world.person(organization="globex"),
    "staff": World.staff,
    "superuser": World.superuser,
    "narrow": lambda world: world.token_with(world.person(), ["event:read"]),
}
"""``narrow`` is acme's owner with a token that may not read the organization."""

TABLE = """
                    owner               stranger  staff                superuser            narrow
status=published    Published           Published Published            Published            Published
status=unpublished  Unpublished         Foreign   Foreign,Unpublished  Foreign,Unpublished  -
status=internal     Internal            -         Internal             Internal             -
status=             Published           Published ALL                  ALL                  Published
status=unheard-of   Published           Published ALL                  ALL                  Published
"""
ALL = "Requested,Foreign,Published,Internal,Unpublished"


@pytest.fixture
def apps(world: World) -> World:
    for name, status in (
        ("Unpublished", "unpublished"),
        ("Internal", "internal"),
        ("Published", "published"),
        ("Foreign", "unpublished"),
        ("Requested", "publish_request_inprogress"),
    ):
        world.clock.advance(1)
        world.app(name, status=status, owner=2 if name == "Foreign" else 1)
    return world


@pytest.mark.parametrize("line", TABLE.strip().splitlines()[1:])
def test_everyone_lists_what_they_may_read(apps: World, line: str) -> None:
    query, *cells = line.replace("ALL", ALL).split()
    for make, names in zip(CALLERS.values(), cells, strict=True):
        listed = make(apps).get(f"/sentry-apps/?{query}").json()
        assert (",".join(app["name"] for app in listed) or "-") == names


@pytest.mark.parametrize(
    ("query", "names"),
    [
        ("", ["Requested", "Published", "Internal", "Unpublished"]),
        ("?status=internal", ["Internal"]),
        ("?status=publish_request_inprogress", ["Requested"]),
    ],
)
def test_an_organization_lists_the_apps_that_it_owns(apps: World, query: str, names: list[str]) -> None:
    answer = apps.person().get(f"/organizations/acme/sentry-apps/{query}")
    assert [app["name"] for app in answer.json()] == names
