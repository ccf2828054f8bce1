from typing import Any

import pytest

from control_silo.models.record import AuditLogEntry
from shared.domain.scopes import Role
from tests.integration.control.api.third_party import install_kanban
from tests.integration.control.api.world import KANBAN, Caller, World

PATH = "/organizations/acme/audit-logs/"
EVENTS = [
    "internal-integration.add-token",
    "internal-integration.create",
    "internal-integration.remove-token",
    "sentry-app.add",
    "sentry-app.install",
    "sentry-app.remove",
    "sentry-app.rotate-client-secret",
    "sentry-app.uninstall",
]
BOT = {"name": "Bot", "organization": "acme", "isInternal": True}


@pytest.fixture
def owner(world: World) -> Caller:
    return world.person()


def events(caller: Caller, **query: Any) -> list[str]:
    return [row["event"] for row in caller.get(PATH, params=query).json()["rows"]]


def test_an_entry_says_who_did_what_to_which_app(owner: Caller) -> None:
    made = owner.post("/sentry-apps/", KANBAN).json()
    answer = owner.get(PATH)
    [row] = answer.json()["rows"]
    assert row.pop("id").isdecimal()
    assert row == {
        "event": "sentry-app.add",
        "actor": {"id": str(owner.user_id), "name": "person-1@acme.example"},
        "target": "1",
        "data": {"sentry_app": made["name"]},
        "dateCreated": "2030-01-01T00:00:00Z",
    }
    assert answer.json()["options"] == EVENTS


def test_every_operation_is_in_the_log(world: World, owner: Caller) -> None:
    session = world.person(session=True)
    bot = owner.post("/sentry-apps/", BOT).json()["slug"]
    token = session.post(f"/sentry-apps/{bot}/api-tokens/").json()["id"]
    session.delete(f"/sentry-apps/{bot}/api-tokens/{token}/")
    owner.post(f"/sentry-apps/{bot}/rotate-secret/")
    [installed] = owner.get("/organizations/acme/sentry-app-installations/").json()
    owner.delete(f"/sentry-app-installations/{installed['uuid']}/")
    owner.delete(f"/sentry-apps/{bot}/")
    assert events(owner) == [
        "sentry-app.remove",
        "sentry-app.uninstall",
        "sentry-app.rotate-client-secret",
        "internal-integration.remove-token",
        "internal-integration.add-token",
        "internal-integration.create",
        "sentry-app.install",
        "sentry-app.add",
    ]


def test_what_was_done_to_a_token_names_it(world: World) -> None:
    session = world.person(session=True)
    bot = session.post("/sentry-apps/", BOT).json()["slug"]
    token = session.post(f"/sentry-apps/{bot}/api-tokens/").json()["id"]
    session.delete(f"/sentry-apps/{bot}/api-tokens/{token}/")
    rows = session.get(PATH).json()["rows"]
    assert [row["target"] for row in rows[:2]] == [token, token]


def test_a_rotation_says_which_app_and_its_status(owner: Caller) -> None:
    owner.post("/sentry-apps/", KANBAN)
    owner.post("/sentry-apps/acme-kanban/rotate-secret/")
    row = owner.get(PATH).json()["rows"][0]
    assert row["data"] == {"sentry_app": "Acme Kanban", "status": "unpublished"}


def test_the_log_can_be_narrowed(world: World, owner: Caller) -> None:
    other = world.person()
    owner.post("/sentry-apps/", BOT)
    other.post("/sentry-apps/", KANBAN)
    assert events(owner, event="sentry-app.add") == ["sentry-app.add", "sentry-app.add"]
    assert events(owner, event="sentry-app.add", actor=other.user_id) == ["sentry-app.add"]
    assert events(owner, actor=404) == events(owner, event="issue.edit") == events(owner, event="\x00") == []


@pytest.mark.parametrize("actor", ["me", "-1", "9" * 30, "\x00", "1.5"])
def test_an_actor_is_named_by_id(owner: Caller, actor: str) -> None:
    answer = owner.get(PATH, params={"actor": actor})
    assert (answer.status_code, list(answer.json())) == (400, ["actor"])


def test_the_log_comes_in_pages(owner: Caller) -> None:
    owner.post("/sentry-apps/", BOT)
    first = owner.get(PATH, params={"per_page": 2})
    assert 'rel="next"; results="true"; cursor="2:1:0"' in first.headers["link"]
    second = owner.get(PATH, params={"cursor": "2:1:0"})
    assert [len(page.json()["rows"]) for page in (first, second)] == [2, 1]
    assert 'rel="next"; results="false"' in second.headers["link"]


def test_an_organization_reads_its_own_log_alone(world: World, owner: Caller) -> None:
    owner.post("/sentry-apps/", KANBAN)
    stranger = world.person(organization="globex")
    assert stranger.get("/organizations/globex/audit-logs/").json()["rows"] == []
    answer = stranger.get(PATH)
    assert answer.status_code == 403
    assert answer.json() == {"detail": "You do not have permission to perform this action."}


def test_what_the_platform_did_itself_has_no_actor(world: World) -> None:
    world.install(world.app())
    row = world.person().get(PATH).json()["rows"][0]
    assert (row["event"], row["actor"]) == ("sentry-app.install", None)


def test_a_member_reads_no_log(world: World) -> None:
    assert world.person(Role.MEMBER).get(PATH).status_code == 403


def test_no_entry_holds_a_secret(world: World) -> None:
    session, kanban = world.person(session=True), install_kanban(world)
    issued = kanban.exchange().json()
    bot = session.post("/sentry-apps/", BOT).json()
    token = session.post(f"/sentry-apps/{bot['slug']}/api-tokens/").json()["token"]
    new = session.post(f"/sentry-apps/{bot['slug']}/rotate-secret/").json()["clientSecret"]
    with world.control.database.session():
        stored = repr(list(AuditLogEntry.select().dicts()))
    secrets = [kanban.client_secret, kanban.code, issued["token"], issued["refreshToken"], token, new]
    assert not [secret for secret in (*secrets, bot["clientSecret"]) if secret in stored]
