"""JWTs that an app signs with its client secret, for a token in place of the one it lost."""

import base64
import json
from typing import Any

import pytest

from control_silo.models.application import ApiToken
from control_silo.services.client import JWT_LEEWAY_SECONDS, MAX_JWT_SECONDS
from tests.integration.control.api.third_party import JWT_GRANT, ThirdParty, install_kanban
from tests.integration.control.api.world import World

INVALID = {"detail": "JWT credentials are missing or invalid"}
NOW = 1_893_456_000.0
"""What the worlds' clock says at first."""
NO_TIMES: tuple[Any, ...] = (None, "soon", str(NOW), True, [], {}, -1, float("inf"), float("nan"), 10**400, -(10**400))
WRONG: dict[str, tuple[Any, ...]] = {
    "iss": (None, "f" * 64, "\x00", "x" * 5000),
    "sub": (None, "f" * 64, "", 7, []),
    "exp": (*NO_TIMES, NOW + MAX_JWT_SECONDS + JWT_LEEWAY_SECONDS + 1, NOW - JWT_LEEWAY_SECONDS - 1),
    "iat": (*NO_TIMES, NOW + JWT_LEEWAY_SECONDS + 1, NOW - 3600),
    "nbf": (NOW + JWT_LEEWAY_SECONDS + 1, "soon", float("nan")),
}
"""What no claim may be; None leaves it out."""


@pytest.fixture
def kanban(world: World) -> ThirdParty:
    return install_kanban(world)


def encoded(part: Any) -> str:
    return base64.urlsafe_b64encode(json.dumps(part).encode()).decode().rstrip("=")


def test_a_jwt_gives_a_pair_to_an_app_that_never_had_one(kanban: ThirdParty) -> None:
    answer = kanban.send_jwt(kanban.sign())
    body = answer.json()
    assert answer.status_code == 201
    assert {"id", "token", "refreshToken", "dateCreated", "expiresAt", "state", "application"} <= set(body)
    assert kanban.works(body["token"])
    assert kanban.refresh(body["refreshToken"]).status_code == 201


def test_a_jwt_ends_the_token_before(kanban: ThirdParty) -> None:
    before = kanban.exchange().json()
    after = kanban.send_jwt(kanban.sign()).json()
    assert [kanban.works(before["token"]), kanban.works(after["token"])] == [False, True]
    assert kanban.refresh(before["refreshToken"]).json() == {"detail": "Given refresh token does not exist"}


def test_another_jwt_gives_another_pair(kanban: ThirdParty) -> None:
    first, second = (kanban.send_jwt(kanban.sign()).json()["token"] for _ in range(2))
    assert [kanban.works(first), kanban.works(second)] == [False, True]


def test_the_same_jwt_again_is_answered_the_same(kanban: ThirdParty) -> None:
    token = kanban.sign()
    first = kanban.send_jwt(token)
    kanban.world.clock.advance(60)
    again = kanban.send_jwt(token)
    assert (again.status_code, again.json()) == (201, first.json())


def test_a_jwt_that_was_overheard_ends_no_token_that_was_issued_since(kanban: ThirdParty) -> None:
    overheard = kanban.sign()
    kanban.send_jwt(overheard)
    newest = kanban.send_jwt(kanban.sign()).json()["token"]
    before = kanban.world.count(ApiToken)
    kanban.send_jwt(overheard)
    assert kanban.world.count(ApiToken) == before
    assert kanban.works(newest)


def test_a_jwt_that_is_spelled_otherwise_is_the_same_jwt(kanban: ThirdParty) -> None:
    overheard = kanban.sign()
    first = kanban.send_jwt(overheard).json()
    newest = kanban.send_jwt(kanban.sign()).json()["token"]
    assert kanban.send_jwt(f"{overheard}=").json() == first
    assert kanban.works(newest)


@pytest.mark.parametrize(
    "claims",
    [
        {"iat": NOW + 0.25, "exp": NOW + 60.75},
        {"iat": int(NOW), "exp": int(NOW) + MAX_JWT_SECONDS},
        {"iat": NOW + JWT_LEEWAY_SECONDS},
        {"iat": NOW - 100, "exp": NOW - JWT_LEEWAY_SECONDS},
        {"jti": None},
        {"nbf": NOW, "aud": "https://sentry.io", "unknown": {}},
    ],
    ids=["fractions", "two minutes", "a clock that is ahead", "a clock that is behind", "without jti", "more claims"],
)
def test_clocks_may_differ_and_more_may_be_said(kanban: ThirdParty, claims: dict[str, Any]) -> None:
    assert kanban.send_jwt(kanban.sign(**claims)).status_code == 201


@pytest.mark.parametrize("claim", WRONG)
def test_a_jwt_that_says_something_else_is_refused(kanban: ThirdParty, claim: str) -> None:
    for value in WRONG[claim]:
        answer = kanban.send_jwt(kanban.sign(**{claim: value}))
        assert (answer.status_code, answer.json()) == (403, INVALID), value


def test_a_jwt_that_is_signed_otherwise_is_refused(kanban: ThirdParty) -> None:
    claims = {"iss": kanban.client_id, "sub": kanban.client_id, "iat": NOW, "exp": NOW + 60}
    tokens = [
        kanban.sign(secret="e" * 64),
        kanban.sign(algorithm="HS512"),
        f"{encoded({'alg': 'none'})}.{encoded(claims)}.",
        f"{kanban.sign()}x",
    ]
    for token in tokens:
        answer = kanban.send_jwt(token)
        assert (answer.status_code, answer.json()) == (403, INVALID)


def test_what_is_no_jwt_is_refused(kanban: ThirdParty) -> None:
    deep = base64.urlsafe_b64encode(b"[" * 20_000).decode().rstrip("=")
    header = encoded({"alg": "HS256"})
    for token in ("x", "a.b.c", "..", f"{header}.{encoded([])}.x", f"{deep}.{deep}.x", f"{header}.{deep}.x"):
        answer = kanban.send_jwt(token)
        assert (answer.status_code, answer.json()) == (403, INVALID)


def test_a_jwt_is_for_the_installations_of_its_own_app(world: World, kanban: ThirdParty) -> None:
    other = install_kanban(world, name="Other Board")
    answer = kanban.send_jwt(other.sign())
    assert answer.status_code == 403
    assert answer.json() == {"detail": "You do not have permission to perform this action."}


def test_without_a_jwt_its_grant_is_refused(kanban: ThirdParty) -> None:
    bare = kanban.world.nobody.post(kanban.path, {"grant_type": JWT_GRANT})
    for answer in (bare, kanban.send(grant_type=JWT_GRANT)):
        assert (answer.status_code, answer.json()) == (403, INVALID)


def test_a_jwt_does_not_stand_for_the_secret_in_other_grants(kanban: ThirdParty) -> None:
    headers = {"authorization": f"Bearer {kanban.sign()}"}
    body = {"grant_type": "authorization_code", "code": kanban.code}
    answer = kanban.world.client.post(f"/api/0{kanban.path}", json=body, headers=headers)
    assert (answer.status_code, answer.json()) == (401, {"detail": "Invalid Client ID / Secret pair"})


def test_an_organization_may_be_without_the_feature(kanban: ThirdParty) -> None:
    switch = {"feature": "organizations:sentry-app-manual-token-refresh", "enabled": False}
    kanban.world.superuser().put("/organizations/acme/features/", switch)
    for answer in (kanban.send_jwt(kanban.sign()), kanban.send(grant_type=JWT_GRANT)):
        assert answer.status_code == 403
        assert answer.json() == {"detail": "Manual token refresh is not enabled for this organization"}
