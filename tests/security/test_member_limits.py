"""An organization takes no more of a silo than an operator lets it: each bound, and how the next one is refused."""

from collections.abc import Callable, Iterator
from dataclasses import replace

import pytest

from control_silo.models.app import SentryApp
from control_silo.services.internal_token import MAX_TOKENS
from region_silo.services import rules
from region_silo.services.hook import NewHook, create_hooks
from region_silo.services.region import OrganizationLimits
from shared.errors import LimitReached
from tests.http_silos import serving_http
from tests.integration.region.apps.cast import RULE
from tests.integration.region.apps.world import Caller, World
from tests.integration.third_party import running_app
from tests.silos import fresh, running_silos


@pytest.fixture
def world(new_database_url: Callable[[], str]) -> Iterator[World]:
    """An organization that has an app, an installation, a project and nothing else, and may have two of each."""
    with running_silos(new_database_url, regions=["us"]) as silos:
        few = OrganizationLimits(projects=2, rules=2, hooks=2)
        silos.control = replace(silos.control, max_apps=2, max_installations=3)
        silos.regions["us"].region = replace(silos.regions["us"].region, limits=few)
        with serving_http(silos) as http, running_app() as app:
            yield World(silos, http, app)


def at_control(world: World) -> Caller:
    return Caller(world.http, token=world.owner.token, silo="control")


def make_app(world: World) -> tuple[int, object]:
    body = {"name": fresh("App"), "organization": world.acme.slug, "isInternal": True, "scopes": [], "author": "Acme"}
    answer = at_control(world).post("/sentry-apps/", body)
    return answer.status_code, answer.json().get("detail")


def test_an_organization_owns_so_many_apps(world: World) -> None:
    assert make_app(world)[0] == 201
    assert make_app(world) == (403, "An organization may have at most 2 integrations.")


def test_an_app_that_is_gone_makes_room_for_another(world: World) -> None:
    make_app(world)
    assert at_control(world).delete(f"/sentry-apps/{world.app.slug}/").status_code == 204
    assert make_app(world)[0] == 201


def test_an_organization_has_so_many_installations(world: World) -> None:
    other = world.other_organization()
    apps: list[SentryApp] = [world.create_app(owner=other, is_internal=False) for _ in range(2)]
    more = world.create_app(owner=world.other_organization(), is_internal=False)
    for app in (*apps, more):
        world.silos.publish(app)
    answers = [
        at_control(world).post(f"/organizations/{world.acme.slug}/sentry-app-installations/", {"slug": app.slug})
        for app in (*apps, more)
    ]
    assert [answer.status_code for answer in answers] == [200, 200, 403]
    assert answers[-1].json() == {"detail": "An organization may have at most 3 installations."}


def test_an_installation_has_so_many_tokens(world: World) -> None:
    path, owner = f"/sentry-apps/{world.app.slug}/api-tokens/", Caller(world.http, session=world.owner_user.session_key)
    statuses = [replace(owner, silo="control").post(path, {}).status_code for _ in range(MAX_TOKENS)]
    assert statuses == [201] * (MAX_TOKENS - 1) + [403]  # the world has made one


def test_an_organization_has_so_many_projects(world: World) -> None:
    root = world.http.create_user("root@silo.example", is_superuser=True)
    path = f"/organizations/{world.acme.slug}/projects/"
    answers = [Caller(world.http, token=root.token).post(path, {"slug": slug}) for slug in ("one", "two")]
    assert [answer.status_code for answer in answers] == [201, 403]
    assert answers[-1].json() == {"detail": "An organization may have at most 2 projects."}


def make_rule(world: World, project: str) -> tuple[int, object]:
    answer = world.owner.post(f"/projects/{world.acme.slug}/{project}/rules/", RULE)
    return answer.status_code, answer.json().get("conditions")


def test_an_organization_has_so_many_rules_in_all_its_projects(world: World) -> None:
    world.create_project("api")
    assert [make_rule(world, project)[0] for project in ("web", "api")] == [200, 200]
    assert make_rule(world, "web") == (400, ["You may not exceed 2 rules per organization."])


def test_a_project_has_so_many_rules(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(rules, "MAX_RULES_PER_PROJECT", 1)
    world.create_project("api")
    assert [make_rule(world, project)[0] for project in ("web", "web", "api")] == [200, 400, 200]


def test_services_make_so_many_hooks_for_an_organization(world: World) -> None:
    region, organization_id = world.silos.regions["us"].region, world.acme.id
    hook = NewHook(
        installation_id=None, application_id=None, actor_id=1, organization_id=organization_id, url="https://a.example/",
        events=(),
    )  # fmt: skip
    create_hooks(region, [hook])  # beside the installation's own
    with pytest.raises(LimitReached, match="at most 2 hooks"):
        create_hooks(region, [hook])
