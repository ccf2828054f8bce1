import pytest

from control_silo.models.app import SentryApp
from shared.category import Category
from shared.consistency import TOKEN_NAME, decode
from shared.domain.scopes import Role
from tests.integration.control.api.third_party import install_kanban
from tests.integration.control.api.world import World

NOT_FOUND = {"detail": "Could not find the requested sentry app"}
EXCEEDS = (
    "Requested permission of {} exceeds requester's permission. Please contact an owner to make the requested change."
)


def test_a_new_secret_is_shown_and_takes_the_place_of_the_one_before(world: World) -> None:
    kanban = install_kanban(world)
    answer = world.person().post("/sentry-apps/acme-kanban/rotate-secret/")
    new = answer.json()
    assert (answer.status_code, list(new), len(new["clientSecret"])) == (200, ["clientSecret"], 64)
    assert kanban.exchange().json() == {"detail": "Invalid Client ID / Secret pair"}
    assert kanban.send_jwt(kanban.sign()).status_code == 403
    assert kanban.exchange(client_secret=new["clientSecret"]).status_code == 201
    assert kanban.send_jwt(kanban.sign(secret=new["clientSecret"])).status_code == 201


def test_regions_are_told_of_the_new_secret(world: World) -> None:
    app = world.app()
    answer = world.person().post("/sentry-apps/kanban/rotate-secret/")
    [written] = decode(answer.headers[TOKEN_NAME])
    assert (written.category, written.object_id, written.version) == (Category.CREDENTIAL, app.id, 2)


def test_tokens_outlive_the_secret(world: World) -> None:
    kanban = install_kanban(world)
    token = kanban.exchange().json()["token"]
    world.person().post("/sentry-apps/acme-kanban/rotate-secret/")
    assert kanban.works(token)


@pytest.mark.parametrize("status", ["unpublished", "published"])
def test_to_others_the_app_does_not_exist(world: World, status: str) -> None:
    world.app(status=status)
    for caller in (world.person(organization="globex"), world.person(organization="globex", session=True)):
        for slug in ("kanban", "nothing"):
            answer = caller.post(f"/sentry-apps/{slug}/rotate-secret/")
            assert (answer.status_code, answer.json()) == (404, NOT_FOUND)


def test_who_can_do_less_than_the_app_is_told_what_is_missing(world: World) -> None:
    app = world.app(scopes=["org:admin", "event:read"])
    answer = world.person(Role.MANAGER).post(f"/sentry-apps/{app.slug}/rotate-secret/")
    assert (answer.status_code, answer.json()) == (403, {"detail": EXCEEDS.format("org:admin")})


def test_every_missing_scope_is_named(world: World) -> None:
    app = world.app(scopes=["event:read", "team:read"])
    narrow = world.token_with(world.person(), ["org:write"])
    detail = narrow.post(f"/sentry-apps/{app.slug}/rotate-secret/").json()["detail"]
    assert [EXCEEDS.format(scope) in detail for scope in ("event:read", "team:read")] == [True, True]


def test_scopes_that_no_role_grants_stop_nobody(world: World) -> None:
    app = world.app(scopes=["org:ci", "project:distribution", "event:read"])
    assert world.person(Role.MANAGER).post(f"/sentry-apps/{app.slug}/rotate-secret/").status_code == 200


def test_a_superuser_may_whatever_the_app_can(world: World) -> None:
    app = world.app(scopes=["org:admin"])
    assert world.token_with(world.superuser(), []).post(f"/sentry-apps/{app.slug}/rotate-secret/").status_code == 200


def test_an_app_without_an_application_has_no_secret(world: World) -> None:
    app = world.app()
    with world.control.database.transaction():
        SentryApp.update(application=None).execute()
    world.mend_editions()
    answer = world.person().post(f"/sentry-apps/{app.slug}/rotate-secret/")
    assert (answer.status_code, answer.json()) == (404, {"detail": "Corresponding application was not found."})
