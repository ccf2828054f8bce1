"""An app with a token, and what it tries beyond the installation that the token acts for."""

import pytest

from tests.integration.control.api.world import Caller, World

SCOPES = ["org:admin", "org:integrations", "org:read", "org:write"]


@pytest.fixture
def robot(world: World) -> Caller:
    """An internal app of acme's that may do there nearly all that its owner may."""
    app = world.app("Robot", status="internal", scopes=SCOPES)
    return world.acting_as(app, world.installation_of(app))


def test_an_app_installs_nothing(world: World, robot: Caller) -> None:
    target = world.app("Target", status="published")
    for body in ({"slug": target.slug}, {}):
        assert robot.post("/organizations/acme/sentry-app-installations/", body).status_code == 403
    listed = world.person().get("/organizations/acme/sentry-app-installations/").json()
    assert target.slug not in [item["app"]["slug"] for item in listed]


def test_an_app_is_shown_no_code_of_another_one(world: World, robot: Caller) -> None:
    target = world.app("Target", status="published")
    world.install(target)
    listed, seen = (
        caller.get("/organizations/acme/sentry-app-installations/").json() for caller in (robot, world.person())
    )
    assert target.slug not in [item["app"]["slug"] for item in listed if "code" in item]
    assert target.slug in [item["app"]["slug"] for item in seen if "code" in item]


@pytest.mark.parametrize("method", ["get", "put", "delete"])
def test_an_app_reaches_its_own_installation_and_not_that_of_another_organization(world: World, method: str) -> None:
    app = world.app("Everywhere", status="published", scopes=SCOPES)
    here, there = world.install(app), world.install(app, organization_id=world.globex.id)
    acting, body = world.acting_as(app, here), [{"status": "installed"}] if method == "put" else []
    elsewhere, own = (
        getattr(acting, method)(f"/sentry-app-installations/{each.uuid}/", *body) for each in (there, here)
    )
    assert elsewhere.status_code == 403
    assert own.status_code == (204 if method == "delete" else 200)
