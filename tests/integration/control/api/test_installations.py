from typing import Any

import pytest

from control_silo.models.installation import SentryAppInstallation
from shared.domain.scopes import Role
from tests.integration.control.api.world import Caller, World

INSTALLATIONS = "/organizations/acme/sentry-app-installations/"
PERMISSION = {"detail": "You do not have permission to perform this action."}


@pytest.fixture
def owner(world: World) -> Caller:
    return world.person()


def test_an_installation_is_answered_with_its_code(world: World, owner: Caller) -> None:
    app = world.app()
    answer = owner.post(INSTALLATIONS, {"slug": "kanban"})
    body = answer.json()
    assert answer.status_code == 200
    assert len(body.pop("uuid")) == 36
    assert len(body.pop("code")) == 64
    assert body == {
        "app": {"uuid": app.uuid, "slug": "kanban", "sentryAppId": app.id},
        "organization": {"slug": "acme", "id": 1},
        "status": "pending",
    }


def test_list_and_read_show_what_installing_answered(world: World, owner: Caller) -> None:
    world.app()
    created = owner.post(INSTALLATIONS, {"slug": "kanban"}).json()
    assert owner.get(INSTALLATIONS).json() == [created]
    assert owner.get(f"/sentry-app-installations/{created['uuid']}/").json() == created


def test_a_member_does_not_see_the_code(world: World) -> None:
    world.install(world.app())
    assert "code" not in world.person(Role.MEMBER).get(INSTALLATIONS).json()[0]


def test_installing_again_answers_with_the_installation_that_exists(world: World, owner: Caller) -> None:
    world.app()
    assert owner.post(INSTALLATIONS, {"slug": "kanban"}).json() == owner.post(INSTALLATIONS, {"slug": "kanban"}).json()


@pytest.mark.parametrize("slug", ["123", "Kanban", "a b", "\u00e4", "x" * 65, "\x00"])
def test_what_is_no_slug_is_refused(owner: Caller, slug: str) -> None:
    answer = owner.post(INSTALLATIONS, {"slug": slug})
    assert answer.status_code == 400
    assert list(answer.json()) == ["slug"]


def test_an_app_that_cannot_be_installed_is_not_found_in_silence(world: World, owner: Caller) -> None:
    world.app("Private", owner=2)
    for slug in ("nothing", "private"):
        answer = owner.post(INSTALLATIONS, {"slug": slug})
        assert (answer.status_code, answer.content) == (404, b"")


def test_a_superuser_installs_any_app_anywhere(world: World) -> None:
    world.app("Private", owner=2)
    assert world.superuser().post(INSTALLATIONS, {"slug": "private"}).status_code == 200


def test_an_app_without_any_enabled_feature_is_not_installed(world: World, owner: Caller) -> None:
    world.app()
    switch = {"feature": "organizations:integrations-api", "enabled": False}
    world.superuser().put("/organizations/acme/features/", switch)
    answer = owner.post(INSTALLATIONS, {"slug": "kanban"})
    assert answer.status_code == 403
    assert answer.json() == {
        "detail": "At least one feature from this list has to be enabled in order to install the app",
        "missing_features": ["organizations:integrations-api"],
    }


def test_an_organization_of_others_is_not_found(world: World) -> None:
    stranger = world.person(organization="globex")
    for path in (INSTALLATIONS, "/organizations/nothing/sentry-app-installations/"):
        answer = stranger.get(path)
        assert (answer.status_code, answer.json()) == (404, {"detail": "Could not find requested organization"})


def test_an_installation_of_others_is_not_found(world: World) -> None:
    installation = world.install(world.app())
    answer = world.person(organization="globex").get(f"/sentry-app-installations/{installation.uuid}/")
    assert (answer.status_code, answer.json()) == (404, {"detail": "Given organization is not valid"})


def test_an_unknown_installation_is_not_found(world: World, owner: Caller) -> None:
    for uuid in ("nothing", "%00"):
        answer = owner.get(f"/sentry-app-installations/{uuid}/")
        assert (answer.status_code, answer.json()) == (404, {"detail": "Could not find given sentry app installation"})


def test_an_app_confirms_its_installation_whatever_its_scopes(world: World) -> None:
    app = world.app(scopes=[])
    installation = world.install(app)
    acting = world.acting_as(app, installation)
    answer = acting.put(f"/sentry-app-installations/{installation.uuid}/", {"status": "installed"})
    assert (answer.status_code, answer.json()["status"], answer.json()["app"]["slug"]) == (200, "installed", "kanban")
    assert acting.get(f"/sentry-app-installations/{installation.uuid}/").json()["status"] == "installed"


@pytest.mark.parametrize("status", ["pending", "", None, 7, []])
def test_an_app_can_only_say_installed(world: World, status: Any) -> None:
    app = world.app()
    installation = world.install(app)
    answer = world.acting_as(app, installation).put(
        f"/sentry-app-installations/{installation.uuid}/", {"status": status}
    )
    assert (answer.status_code, list(answer.json())) == (400, ["status"])
    if status == "pending":
        assert answer.json() == {"status": ["Invalid value 'pending' for status. Valid values: 'installed'"]}


def test_another_apps_token_is_refused(world: World) -> None:
    installation, other = world.install(world.app()), world.app("Other")
    acting = world.acting_as(other, world.install(other))
    for answer in (
        acting.put(f"/sentry-app-installations/{installation.uuid}/", {"status": "installed"}),
        acting.get(f"/sentry-app-installations/{installation.uuid}/"),
    ):
        assert (answer.status_code, answer.json()) == (403, PERMISSION)


def test_a_person_does_not_confirm(world: World, owner: Caller) -> None:
    installation = world.install(world.app())
    for caller in (owner, world.person(session=True)):
        answer = caller.put(f"/sentry-app-installations/{installation.uuid}/", {"status": "installed"})
        assert (answer.status_code, answer.json()) == (403, PERMISSION)


def test_an_uninstalled_app_is_gone_with_its_tokens(world: World, owner: Caller) -> None:
    app = world.app()
    installation = world.install(app)
    acting = world.acting_as(app, installation)
    answer = owner.delete(f"/sentry-app-installations/{installation.uuid}/")
    assert (answer.status_code, answer.content) == (204, b"")
    assert owner.get(INSTALLATIONS).json() == []
    assert owner.delete(f"/sentry-app-installations/{installation.uuid}/").status_code == 404
    assert acting.get("/sentry-apps/").json() == {"detail": "Invalid token"}


def test_an_app_does_not_uninstall_itself_where_its_token_does_not_act(world: World) -> None:
    app = world.app(status="published", scopes=["org:integrations"])
    here, elsewhere = world.install(app), world.install(app, organization_id=world.globex.id)
    answer = world.acting_as(app, here).delete(f"/sentry-app-installations/{elsewhere.uuid}/")
    assert (answer.status_code, answer.json()) == (403, PERMISSION)
    assert world.count(SentryAppInstallation) == 2


def test_an_app_may_uninstall_itself_with_the_scope_for_it(world: World) -> None:
    app = world.app(scopes=["org:integrations"])
    installation = world.install(app)
    narrow = world.acting_as(app, installation, scopes=["event:read"])
    assert narrow.delete(f"/sentry-app-installations/{installation.uuid}/").status_code == 403
    acting = world.acting_as(app, installation)
    assert acting.delete(f"/sentry-app-installations/{installation.uuid}/").status_code == 204
