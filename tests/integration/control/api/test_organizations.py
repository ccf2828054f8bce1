from collections.abc import Callable
from typing import Any

import pytest

from shared.domain.scopes import Role
from tests.integration.control.api.world import Caller, World
from tests.silos import running_silos


def test_a_user_lists_their_own_organizations(world: World) -> None:
    answer = world.person().get("/organizations/")
    assert answer.json() == [
        {
            "id": "1",
            "slug": "acme",
            "name": "Acme",
            "status": {"id": "active", "name": "active"},
            "dateCreated": "2030-01-01T00:00:00Z",
            "avatar": {"avatarType": "letter_avatar", "avatarUuid": None, "avatarUrl": None},
            "isEarlyAdopter": False,
            "require2FA": False,
            "hasAuthProvider": False,
            "allowMemberInvite": True,
            "allowMemberProjectCreation": False,
            "allowSuperuserAccess": True,
            "links": {"organizationUrl": str(world.client.base_url).rstrip("/"), "regionUrl": "http://127.0.0.1:8001"},
        }
    ]


def test_an_app_lists_the_organization_of_its_token_and_a_superuser_all(world: World) -> None:
    app = world.app("Bot", status="internal")
    acting = world.acting_as(app, world.installation_of(app))
    assert [each["slug"] for each in acting.get("/organizations/").json()] == ["acme"]
    assert [each["slug"] for each in world.superuser().get("/organizations/").json()] == ["acme", "globex"]
    assert world.person(None).get("/organizations/").json() == []


def test_regions_are_listed_with_their_addresses(world: World) -> None:
    answer = world.person().get("/users/me/regions/")
    assert answer.json() == {"regions": [{"name": "us", "url": "http://127.0.0.1:8001"}]}


def test_an_organization_is_created_in_its_region(new_database_url: Callable[[], str], world: World) -> None:
    with running_silos(new_database_url, regions=("de",)) as silos:
        world.application.state.control = silos.control
        root = _superuser_of(world, silos.control)
        answer = root.post("/organizations/", {"slug": "initech", "region": "de"})
        assert (answer.status_code, answer.json()) == (
            201,
            {"id": "1", "slug": "initech", "name": "initech", "region": "de"},
        )
        assert root.post("/organizations/", {"slug": "initech", "region": "de"}).status_code == 409


def _superuser_of(world: World, control: Any) -> Caller:
    world.control = control
    return world.superuser()


@pytest.mark.parametrize(
    ("body", "status", "answer"),
    [
        ({}, 400, {"slug": ["This field is required."], "region": ["This field is required."]}),
        (
            {"slug": "initech", "region": "atlantis"},
            404,
            {"detail": "No region is registered under the name 'atlantis'."},
        ),
    ],
)
def test_an_organization_that_cannot_be_is_refused(world: World, body: Any, status: int, answer: Any) -> None:
    refused = world.superuser().post("/organizations/", body)
    assert (refused.status_code, refused.json()) == (status, answer)


def test_an_organizations_apps_are_those_it_owns(world: World) -> None:
    world.app("One")
    world.app("Two", status="published")
    world.app("Other", owner=2, status="published")
    owner = world.person()
    assert [each["slug"] for each in owner.get("/organizations/acme/sentry-apps/").json()] == ["two", "one"]
    assert [each["slug"] for each in owner.get("/organizations/1/sentry-apps/?status=published").json()] == ["two"]


def test_an_unknown_organization_is_not_found(world: World) -> None:
    answer = world.person().get("/organizations/nothing/sentry-apps/")
    assert (answer.status_code, answer.json()) == (404, {"detail": "Could not find requested organization"})


def test_a_feature_switched_twice_is_what_was_said_last(world: World) -> None:
    root = world.superuser()
    for enabled in (False, True):
        body = {"feature": "organizations:integrations-issue-link", "enabled": enabled}
        answer = root.put("/organizations/acme/features/", body)
        assert (answer.status_code, answer.json()) == (200, body)


def test_a_feature_without_its_full_name_is_refused(world: World) -> None:
    answer = world.superuser().put("/organizations/acme/features/", {"feature": "issue-link", "enabled": True})
    assert (answer.status_code, list(answer.json())) == (400, ["feature"])


def test_a_created_user_gets_credentials_that_work(world: World) -> None:
    body = {"email": "Jane@Acme.example", "organization": "acme", "role": "manager", "password": "correct horse"}
    created = world.superuser().post("/users/", body)
    shown = created.json()
    assert (created.status_code, shown["email"], shown["password"]) == (201, "jane@acme.example", "correct horse")
    for headers in ({"authorization": f"Bearer {shown['token']}"}, {"cookie": f"sentrysid={shown['session']}"}):
        assert Caller(world.client, headers).get("/users/me/").json()["id"] == str(shown["id"])
    scopes = Caller(world.client, {"authorization": f"Bearer {shown['token']}"}).get("/").json()["auth"]["scopes"]
    assert scopes == sorted(Role.MANAGER.scopes)


def test_an_address_belongs_to_one_person(world: World) -> None:
    root = world.superuser()
    assert root.post("/users/", {"email": "jane@acme.example"}).status_code == 201
    answer = root.post("/users/", {"email": "JANE@acme.example"})
    assert (answer.status_code, answer.json()) == (409, {"detail": "A user with this e-mail address exists."})


def test_a_user_with_wrong_fields_is_refused(world: World) -> None:
    root = world.superuser()
    answer = root.post("/users/", {"email": 7, "role": "king", "isStaff": "perhaps"})
    assert (answer.status_code, list(answer.json())) == (400, ["role", "isStaff"])
    answer = root.post("/users/", {"email": "nobody", "password": "short"})
    assert (answer.status_code, list(answer.json())) == (400, ["email", "password"])
    assert root.post("/users/", {"email": "a@b.c", "organization": "nothing"}).status_code == 404
