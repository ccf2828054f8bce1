"""Refreshing (spec §2.8): what a lost answer, a late one and somebody else's refresh token are answered."""

import pytest

from control_silo.models.application import ApiToken
from control_silo.models.installation import TokenExchange
from control_silo.services.exchange import REFRESH_GRACE_SECONDS
from control_silo.services.exchange_memory import MAX_REMEMBERED
from control_silo.services.secret import hash_token
from shared.consistency import TOKEN_NAME, decode
from tests.integration.control.api.third_party import ThirdParty, install_in, install_kanban
from tests.integration.control.api.world import KANBAN, World

UNKNOWN = {"detail": "Given refresh token does not exist"}


@pytest.fixture
def kanban(world: World) -> ThirdParty:
    return install_kanban(world)


@pytest.fixture
def refresh_token(kanban: ThirdParty) -> str:
    return str(kanban.exchange().json()["refreshToken"])


def test_a_refresh_ends_the_token_before_and_gives_a_new_pair(kanban: ThirdParty) -> None:
    before = kanban.exchange().json()
    kanban.world.clock.advance(60)
    answer = kanban.refresh(before["refreshToken"], state={"n": 1})
    after = answer.json()
    assert (answer.status_code, after["state"], after["expiresAt"]) == (201, {"n": 1}, "2030-01-01T08:01:00Z")
    assert len({before["token"], before["refreshToken"], after["token"], after["refreshToken"]}) == 4
    assert not kanban.works(before["token"])
    assert kanban.works(after["token"])


def test_a_token_that_ended_can_be_refreshed(kanban: ThirdParty, refresh_token: str) -> None:
    kanban.world.clock.advance(30 * 24 * 3600)
    assert kanban.works(kanban.refresh(refresh_token).json()["token"])


def test_a_lost_answer_is_given_again(kanban: ThirdParty, refresh_token: str) -> None:
    first = kanban.refresh(refresh_token)
    kanban.world.clock.advance(REFRESH_GRACE_SECONDS)
    assert kanban.works(first.json()["token"])
    again = kanban.refresh(refresh_token)
    assert (again.status_code, again.json()) == (201, first.json())


def test_a_repeated_answer_names_the_token_as_the_first_did(kanban: ThirdParty, refresh_token: str) -> None:
    first, again = kanban.refresh(refresh_token), kanban.refresh(refresh_token)
    [written] = decode(again.headers[TOKEN_NAME])
    assert written in decode(first.headers[TOKEN_NAME])
    assert written.object_id == int(again.json()["id"])


def test_a_repeated_answer_changes_nothing(kanban: ThirdParty, refresh_token: str) -> None:
    kanban.refresh(refresh_token)
    before = kanban.world.count(ApiToken)
    kanban.refresh(refresh_token)
    assert kanban.world.count(ApiToken) == before


def test_the_answer_is_repeated_although_its_pair_was_used(kanban: ThirdParty, refresh_token: str) -> None:
    first = kanban.refresh(refresh_token).json()
    second = kanban.refresh(first["refreshToken"]).json()
    assert kanban.refresh(refresh_token).json() == first
    assert kanban.refresh(first["refreshToken"]).json() == second
    assert kanban.works(second["token"])


def test_a_refresh_token_is_spent_ten_minutes_after_its_first_use(kanban: ThirdParty, refresh_token: str) -> None:
    first = kanban.refresh(refresh_token).json()
    kanban.world.clock.advance(REFRESH_GRACE_SECONDS / 2)
    kanban.refresh(refresh_token)
    kanban.world.clock.advance(REFRESH_GRACE_SECONDS / 2 + 1)
    answer = kanban.refresh(refresh_token)
    assert (answer.status_code, answer.json()["error"]) == (401, "invalid_grant")
    assert answer.json()["detail"]
    assert kanban.works(first["token"])


def test_a_spent_answer_is_erased_by_the_next_refresh(kanban: ThirdParty, refresh_token: str) -> None:
    renewed = kanban.refresh(refresh_token).json()
    kanban.world.clock.advance(REFRESH_GRACE_SECONDS + 1)
    kanban.refresh(renewed["refreshToken"])
    with kanban.world.control.database.session():
        row = TokenExchange.get(TokenExchange.credential_hash == hash_token(refresh_token))
    assert row.sealed_answer is None
    assert kanban.refresh(refresh_token).json()["error"] == "invalid_grant"


def test_what_is_remembered_of_an_installation_is_bounded(kanban: ThirdParty, refresh_token: str) -> None:
    for _ in range(MAX_REMEMBERED + 2):
        refresh_token = kanban.refresh(refresh_token).json()["refreshToken"]
    assert kanban.world.count(TokenExchange) == MAX_REMEMBERED


def test_a_refresh_token_that_was_never_given_is_unknown(kanban: ThirdParty) -> None:
    for made_up in ("f" * 64, "\N{SNOWMAN}", 7):
        answer = kanban.refresh(made_up)
        assert (answer.status_code, answer.json()) == (401, UNKNOWN)


def test_another_apps_refresh_token_is_refused_and_lives_on(world: World, kanban: ThirdParty) -> None:
    other = install_kanban(world, name="Other Board")
    theirs = other.exchange().json()["refreshToken"]
    answer = kanban.refresh(theirs)
    assert (answer.status_code, answer.json()) == (401, {"detail": "Token does not belong to the application"})
    assert other.refresh(theirs).status_code == 201


def test_a_refresh_token_renews_its_own_installation_alone(world: World) -> None:
    made = world.person().post("/sentry-apps/", KANBAN).json()
    here, there = (install_in(world, made, organization=slug) for slug in ("acme", "globex"))
    theirs = there.exchange().json()["refreshToken"]
    answer = here.refresh(theirs)
    assert (answer.status_code, answer.json()) == (401, {"detail": "Token does not belong to the installation"})
    there.refresh(theirs)
    assert here.refresh(theirs).json() == UNKNOWN


def test_a_refreshed_token_has_the_scopes_that_the_app_has_now(kanban: ThirdParty, refresh_token: str) -> None:
    kanban.world.person().put("/sentry-apps/acme-kanban/", {"scopes": ["event:read"], "events": ["issue"]})
    assert kanban.refresh(refresh_token).json()["scopes"] == ["event:read"]
