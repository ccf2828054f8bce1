"""Apps that are disabled (spec §2.11): without the switch nothing is different, with it they cannot be read."""

import dataclasses

import pytest

from control_silo.models.app import SentryApp
from control_silo.models.installation import SentryAppInstallation
from tests.integration.control.api.world import World

DISABLED = {"detail": "This app is disabled."}


@pytest.fixture
def app(world: World) -> SentryApp:
    app = world.app()
    world.staff().put(f"/sentry-apps/{app.slug}/", {"isDisabled": True})
    return app


@pytest.fixture
def installation(world: World, app: SentryApp) -> SentryAppInstallation:
    return world.install(app)


def enforce(world: World) -> None:
    world.application.state.control = dataclasses.replace(world.control, enforces_disabled=True)


def test_only_superusers_and_staff_disable_an_app_and_enable_it_again(world: World, app: SentryApp) -> None:
    owner = world.person()
    assert owner.get("/sentry-apps/kanban/").json()["isDisabled"] is True
    assert owner.put("/sentry-apps/kanban/", {"isDisabled": False}).json()["isDisabled"] is True
    assert world.superuser().put("/sentry-apps/kanban/", {"isDisabled": False}).json()["isDisabled"] is False


def test_without_the_switch_a_disabled_app_reads_like_any_other(
    world: World, installation: SentryAppInstallation
) -> None:
    owner = world.person()
    for path in ("/sentry-apps/kanban/", f"/sentry-app-installations/{installation.uuid}/"):
        assert owner.get(path).status_code == 200


def test_with_the_switch_neither_the_app_nor_its_installation_is_read(
    world: World, installation: SentryAppInstallation
) -> None:
    enforce(world)
    for caller in (world.person(), world.superuser()):
        for path in ("/sentry-apps/kanban/", f"/sentry-app-installations/{installation.uuid}/"):
            answer = caller.get(path)
            assert (answer.status_code, answer.json()) == (403, DISABLED)


def test_with_the_switch_a_disabled_app_can_be_changed_uninstalled_and_deleted(
    world: World, installation: SentryAppInstallation
) -> None:
    enforce(world)
    owner = world.person()
    assert owner.put("/sentry-apps/kanban/", {"overview": "Back soon."}).status_code == 200
    assert owner.delete(f"/sentry-app-installations/{installation.uuid}/").status_code == 204
    assert owner.delete("/sentry-apps/kanban/").status_code == 204


def test_with_the_switch_other_apps_read_as_before(world: World, app: SentryApp) -> None:
    enforce(world)
    world.app("Other")
    assert world.person().get("/sentry-apps/other/").status_code == 200
