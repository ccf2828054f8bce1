from typing import Any

import pytest

from control_silo.models.application import ApiToken
from control_silo.models.user import BrowserSession, User
from control_silo.services.session import IMPERSONATION_SECONDS
from shared.domain.scopes import Role
from tests.integration.control.api.world import World

PERMISSION = {"detail": "You do not have permission to perform this action."}


def test_a_superuser_gets_a_session_for_an_hour(world: World) -> None:
    answer = world.superuser().post(f"/users/{world.person().user_id}/impersonation/")
    body = answer.json()
    assert (answer.status_code, len(body.pop("session"))) == (201, 64)
    assert body == {"id": 2, "email": "person-2@acme.example", "expiresAt": "2030-01-01T01:00:00Z"}


def test_a_user_is_named_by_address_too(world: World) -> None:
    world.person()
    answer = world.superuser().post("/users/PERSON-1@acme.example/impersonation/")
    assert answer.json()["email"] == "person-1@acme.example"


def test_the_session_sees_what_the_user_sees_and_no_more(world: World) -> None:
    acting = world.impersonated(world.person(Role.MEMBER))
    assert acting.get("/users/me/").json()["email"] == "person-1@acme.example"
    assert [each["slug"] for each in acting.get("/organizations/").json()] == ["acme"]
    assert acting.put(f"/sentry-apps/{world.app().slug}/", {"overview": "x"}).status_code == 403
    assert acting.post(f"/users/{world.person().user_id}/impersonation/").status_code == 403


def test_the_session_lists_tokens_but_neither_makes_nor_ends_one(world: World) -> None:
    owner, path = world.person(session=True), f"/sentry-apps/{world.app(status='internal').slug}/api-tokens/"
    made = owner.post(path).json()["id"]
    acting = world.impersonated(owner)
    assert [token["id"] for token in acting.get(path).json()] == [made]
    for refused in (acting.post(path), acting.delete(f"{path}{made}/"), acting.delete(f"{path}404/")):
        assert (refused.status_code, refused.json()) == (403, PERMISSION)
    assert world.count(ApiToken) == 2, "the app's, and the superuser's own"


def test_the_audit_log_names_who_acted(world: World) -> None:
    owner, app = world.person(session=True), world.app()
    acting = world.impersonated(owner)
    acting.post("/organizations/acme/sentry-app-installations/", {"slug": app.slug})
    entry = owner.get("/organizations/acme/audit-logs/").json()["rows"][0]
    with world.control.database.session():
        root = User.get(User.is_superuser)
    assert entry["actor"]["id"] == str(owner.user_id)
    assert entry["data"]["impersonator"] == {"id": str(root.id), "name": root.email}


def test_the_session_ends_by_itself_and_by_signing_out(world: World) -> None:
    person = world.person(session=True)
    first, second = world.impersonated(person), world.impersonated(person)
    assert second.delete("/auth/").status_code == 204
    assert second.get("/auth/").status_code == 401
    world.clock.advance(IMPERSONATION_SECONDS - 1)
    assert first.get("/auth/").status_code == 200
    world.clock.advance(1)
    assert first.get("/auth/").status_code == 401
    assert person.get("/auth/").status_code == 200


@pytest.mark.parametrize("change", [{"is_superuser": False}, {"is_active": False}])
def test_who_may_act_no_longer_does_not(world: World, change: dict[str, bool]) -> None:
    acting = world.impersonated(world.person())
    with world.control.database.transaction():
        User.update(change).where(User.is_superuser).execute()
    assert acting.get("/auth/").json() == {"detail": "The session is over; sign in again."}


def test_nobody_borrows_the_rights_of_superusers_and_staff(world: World) -> None:
    root = world.superuser()
    for other in (world.superuser(), world.staff()):
        answer = root.post(f"/users/{other.user_id}/impersonation/")
        assert (answer.status_code, answer.json()) == (400, {"detail": "Superusers and staff cannot be impersonated."})
    assert world.count(BrowserSession) == 0


def test_only_people_who_may_sign_in_are_acted_as(world: World) -> None:
    root, person, app = world.superuser(), world.person(), world.app()
    with world.control.database.transaction():
        User.update(is_active=False).where(User.id == person.user_id).execute()
    for user in (person.user_id, app.proxy_user_id, 404, 2**70, "nobody@acme.example", "%00", "%0A"):
        assert root.post(f"/users/{user}/impersonation/").status_code == 404, user


def test_only_superusers_may(world: World) -> None:
    person = world.person()
    for caller in (world.person(), world.staff(), person):
        assert caller.post(f"/users/{person.user_id}/impersonation/").status_code == 403
    assert world.nobody.post(f"/users/{person.user_id}/impersonation/").status_code == 401


def test_a_deleted_superuser_leaves_no_session(world: World) -> None:
    acting = world.impersonated(world.person())
    with world.control.database.transaction():
        User.delete().where(User.is_superuser).execute()
    assert acting.get("/auth/").status_code == 401
    assert world.count(BrowserSession) == 0


@pytest.mark.parametrize("right", [User.is_superuser, User.is_staff], ids=["superuser", "staff"])
def test_the_session_ends_when_the_user_gets_rights_that_must_not_be_borrowed(world: World, right: Any) -> None:
    owner = world.person(session=True)
    acting = world.impersonated(owner)
    with world.control.database.transaction():
        User.update({right: True}).where(User.id == owner.user_id).execute()
    assert acting.get("/users/me/").status_code == 401
    assert owner.get("/users/me/").status_code == 200
