from typing import Any

import pytest

from control_silo.models.application import ApiToken
from control_silo.models.installation import SentryAppInstallationToken
from control_silo.services.internal_token import MAX_TOKENS
from shared.consistency import TOKEN_NAME, decode
from shared.domain.scopes import Role
from tests.integration.control.api.world import Caller, World

MASK = "*" * 64
PATH = "/sentry-apps/{}/api-tokens/"
PERMISSION = {"detail": "You do not have permission to perform this action."}
INTERNAL_ONLY = "This route is limited to internal integrations only"
PARTNERSHIP = {
    "detail": (
        "This integration is managed by an active partnership and cannot be modified until the end of the partnership."
    )
}


@pytest.fixture
def owner(world: World) -> Caller:
    return world.person(session=True)


@pytest.fixture
def path(world: World) -> str:
    """Of the tokens of an internal app that a manager can do less than."""
    return PATH.format(world.app("Bot", status="internal", scopes=["org:admin", "event:read"]).slug)


def acting(world: World, token: str) -> Caller:
    return Caller(world.client, {"authorization": f"Bearer {token}"})


def test_a_token_is_made_and_shown_once(world: World, owner: Caller, path: str) -> None:
    answer = owner.post(path)
    body = answer.json()
    token = body.pop("token")
    assert (answer.status_code, len(token), token[-4:]) == (201, 64, body.pop("tokenLastCharacters"))
    assert body.pop("id").isdecimal()
    assert body == {
        "name": None,
        "scopes": ["event:read", "org:admin", "org:integrations", "org:read", "org:write"],
        "application": None,
        "expiresAt": None,
        "dateCreated": "2030-01-01T00:00:00Z",
        "state": None,
        "refreshToken": None,
    }
    assert acting(world, token).get("/organizations/").json()[0]["slug"] == "acme"


def test_the_answer_names_the_token_that_a_region_may_still_lack(owner: Caller, path: str) -> None:
    answer = owner.post(path)
    [written] = decode(answer.headers[TOKEN_NAME])
    assert written.object_id == int(answer.json()["id"])
    deleted = owner.delete(f"{path}{written.object_id}/")
    assert [each.version for each in decode(deleted.headers[TOKEN_NAME])] == [written.version + 1]


def test_tokens_are_listed_newest_first_and_never_shown_again(owner: Caller, path: str) -> None:
    made = [owner.post(path).json() for _ in range(2)]
    listed = owner.get(path)
    assert listed.json() == [
        {name: value for name, value in each.items() if name != "token"} for each in reversed(made)
    ]
    assert 'rel="next"; results="false"' in listed.headers["link"]
    first = owner.get(path, params={"per_page": 1})
    assert [each["id"] for each in first.json()] == [made[1]["id"]]
    assert 'rel="next"; results="true"' in first.headers["link"]


def test_who_lacks_the_apps_scopes_sees_asterisks(world: World, path: str) -> None:
    manager = world.person(Role.MANAGER, session=True)
    made = manager.post(path)
    assert (made.status_code, made.json()["token"], made.json()["refreshToken"]) == (201, MASK, MASK)
    [listed] = manager.get(path).json()
    assert (listed["token"], listed["refreshToken"]) == (MASK, MASK)


def test_scopes_that_no_role_grants_mask_nothing(world: World, owner: Caller) -> None:
    app = world.app("Bot", status="internal", scopes=["org:ci", "project:distribution"])
    assert owner.post(PATH.format(app.slug)).json()["token"] != MASK


@pytest.mark.parametrize("status", ["unpublished", "published"])
def test_a_public_app_has_no_tokens_here(world: World, owner: Caller, status: str) -> None:
    path = PATH.format(world.app(status=status).slug)
    listed, made = owner.get(path), owner.post(path)
    assert (listed.status_code, listed.json()) == (200, [])
    assert "link" in listed.headers
    assert (made.status_code, made.json()) == (403, INTERNAL_ONLY)


def test_a_token_of_a_public_app_is_not_deleted_here(world: World, owner: Caller) -> None:
    app = world.app()
    world.acting_as(app, world.install(app))
    with world.control.database.session():
        token = ApiToken.get(ApiToken.application == app.application_id)
    answer = owner.delete(f"{PATH.format(app.slug)}{token.id}/")
    assert (answer.status_code, answer.json()) == (403, INTERNAL_ONLY)


def test_an_app_under_a_partnership_keeps_its_tokens(world: World, owner: Caller) -> None:
    app = world.app("Bot", status="internal", metadata={"partnership_restricted": True})
    world.acting_as(app, world.installation_of(app))
    path = PATH.format(app.slug)
    [token] = owner.get(path).json()
    for answer in (owner.post(path), owner.delete(f"{path}{token['id']}/")):
        assert (answer.status_code, answer.json()) == (403, PARTNERSHIP)


def test_an_app_has_twenty_tokens_at_most(owner: Caller, path: str) -> None:
    made = [owner.post(path) for _ in range(MAX_TOKENS)]
    refused = owner.post(path)
    assert {answer.status_code for answer in made} == {201}
    assert (refused.status_code, refused.json()) == (
        403,
        "Cannot generate more than 20 tokens for a single integration",
    )
    owner.delete(f"{path}{made[0].json()['id']}/")
    assert owner.post(path).status_code == 201


def test_a_deleted_token_is_gone_at_once(world: World, owner: Caller, path: str) -> None:
    made = owner.post(path).json()
    answer = owner.delete(f"{path}{made['id']}/")
    assert (answer.status_code, answer.content) == (204, b"")
    assert acting(world, made["token"]).get("/organizations/").json() == {"detail": "Invalid token"}
    assert owner.get(path).json() == []
    assert world.count(SentryAppInstallationToken) == 0


@pytest.mark.parametrize("token_id", ["404", "abc", "-1", "1.5", "9" * 19, "9" * 400, "%00", "\N{SNOWMAN}"])
def test_an_id_of_no_token_is_not_found(owner: Caller, path: str, token_id: str) -> None:
    answer = owner.delete(f"{path}{token_id}/")
    assert (answer.status_code, answer.json()) == (404, "Couldn't find the given api token")


def test_a_token_of_others_is_not_deleted(world: World, owner: Caller, path: str) -> None:
    other = world.app("Other", status="internal")
    theirs = owner.post(PATH.format(other.slug)).json()["id"]
    world.person()
    with world.control.database.session():
        personal = ApiToken.get(ApiToken.application.is_null()).id
    for token_id in (theirs, personal):
        answer = owner.delete(f"{path}{token_id}/")
        assert (answer.status_code, answer.json()) == (404, "Given token is not owned by this sentry app")
    assert len(owner.get(PATH.format(other.slug)).json()) == 1


def test_a_token_that_acts_for_no_installation_is_not_found(world: World, owner: Caller, path: str) -> None:
    token_id = owner.post(path).json()["id"]
    with world.control.database.transaction():
        SentryAppInstallationToken.delete().execute()
    world.mend_editions()
    answer = owner.delete(f"{path}{token_id}/")
    assert (answer.status_code, answer.json()) == (404, "Could not find given token")


def test_no_token_makes_or_shows_another_one(world: World, path: str) -> None:
    session = world.person(session=True).headers
    for headers in (world.person().headers, world.superuser().headers, {"authorization": "Basic eDp5"}):
        for answer in (
            Caller(world.client, headers | session).get(path),
            Caller(world.client, headers).post(path),
            Caller(world.client, headers).delete(f"{path}1/"),
        ):
            assert (answer.status_code, answer.json()) == (403, PERMISSION)


def test_another_organizations_app_is_refused_with_ones_own_organizations(world: World, path: str) -> None:
    answer = world.person(organization="globex", session=True).get(path)
    body: dict[str, Any] = answer.json()
    assert (answer.status_code, body["context"]) == (403, {"user_organizations": ["globex"]})
