import base64
from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta

import pytest

from control_silo.api.sign_in_limits import PAIR
from control_silo.models.application import ApiToken
from control_silo.models.user import BrowserSession, User
from control_silo.services.secret import hash_token
from control_silo.services.session import SESSION_SECONDS
from shared.domain.scopes import Role
from tests.integration.control.api.world import Caller, World

OLD_HASH = (
    "scrypt$000102030405060708090a0b0c0d0e0f$"
    "25b376840366f4d3b0e21e414476676e3cd0e89af4430356a234ce0b65a021b5"
    "6233e7b0b24f07bc9340195f19c90a1da7562514ed0762a6dae3c27ff5b07d62"
)
"""Of ``correct horse``, as the first releases kept it."""
MISSING = {"detail": "Authentication credentials were not provided."}


def basic(email: str, password: str) -> dict[str, str]:
    return {"authorization": f"Basic {base64.b64encode(f'{email}:{password}'.encode()).decode()}"}


def test_without_credentials_the_answer_says_so(world: World) -> None:
    answer = world.nobody.get("/sentry-apps/")
    assert (answer.status_code, answer.json()) == (401, MISSING)
    assert answer.headers["www-authenticate"].startswith("Bearer")
    assert answer.headers["silo-reason"] == "CREDENTIALS_MISSING"


@pytest.mark.parametrize(
    ("header", "detail"),
    [
        ("Bearer nonsense", "Invalid token"),
        ("bearer \xff\xfe", "Invalid token"),
        ("Bearer", "Invalid token header. No credentials provided."),
        ("Bearer a b", "Invalid token header. Token string should not contain spaces."),
        ("Digest x", MISSING["detail"]),
        ("Basic eDp5", MISSING["detail"]),
    ],
)
def test_every_wrong_header_is_refused(world: World, header: str, detail: str) -> None:
    answer = world.client.get("/api/0/sentry-apps/", headers=[(b"authorization", header.encode("latin-1"))])
    assert (answer.status_code, answer.json()) == (401, {"detail": detail})


def test_a_token_is_stored_as_its_hash_alone(world: World) -> None:
    token = world.person().headers["authorization"].removeprefix("Bearer ")
    with world.control.database.session():
        stored = [row.token_hash for row in ApiToken.select()]
    assert token not in stored
    assert hash_token(token) in stored


def test_nobody_can_sign_in_with_what_the_database_holds(world: World) -> None:
    world.password_holder("ann@acme.example", "correct horse")
    token = world.person().headers["authorization"].removeprefix("Bearer ")
    session = world.person(session=True).headers["cookie"].removeprefix("sentrysid=")
    database = world.control.database
    with database.session():
        held = repr([database.rows(f'SELECT * FROM "{table}"') for table in database.peewee.get_tables()])
    assert hash_token(session) in held
    assert [secret for secret in ("correct horse", token, session) if secret in held] == []


def test_an_expired_token_is_refused(world: World) -> None:
    owner = world.person()
    with world.control.database.transaction():
        ApiToken.update(expires_at=world.clock.now() + timedelta(seconds=1)).execute()
    assert owner.get("/sentry-apps/").status_code == 200
    world.clock.advance(1)
    assert owner.get("/sentry-apps/").json() == {"detail": "Token expired"}


def test_a_user_who_was_switched_off_is_refused(world: World) -> None:
    callers = [world.person(), world.person(session=True)]
    with world.control.database.transaction():
        User.update(is_active=False).execute()
    for caller in callers:
        answer = caller.get("/sentry-apps/")
        assert (answer.status_code, answer.json()) == (401, {"detail": "User inactive or deleted."})


def test_a_wrong_token_is_refused_beside_a_good_session(world: World) -> None:
    session = world.person(session=True)
    assert session.get("/sentry-apps/", headers={"authorization": "Bearer nonsense"}).status_code == 401


def test_signing_in_answers_with_a_session_that_only_this_site_sends(world: World) -> None:
    world.password_holder("person-1@acme.example", "correct horse")
    answer = world.client.post("/api/0/auth/", headers=basic(" Person-1@ACME.example", "correct horse"))
    cookie = answer.headers["set-cookie"]
    world.client.cookies.clear()
    assert answer.status_code == 200
    assert {"HttpOnly", "SameSite=strict", "Path=/"} <= set(cookie.split("; "))
    session = Caller(world.client, {"cookie": cookie.split(";")[0]})
    assert session.get("/users/me/").json() == answer.json()


def stored_hash(world: World, *, replaced_by: str | None = None) -> str:
    """The password's hash of the one user who has one; replaced first, if so wished."""
    with world.control.database.transaction():
        if replaced_by:
            User.update(password_hash=replaced_by).where(~User.password_hash.is_null()).execute()
        return str(User.get(~User.password_hash.is_null()).password_hash)


def test_an_old_hash_of_a_password_is_renewed_by_signing_in_and_by_nothing_else(world: World) -> None:
    world.password_holder("one@acme.example", "correct horse")
    stored_hash(world, replaced_by=OLD_HASH)
    assert world.client.post("/api/0/auth/", headers=basic("one@acme.example", "wrong")).status_code == 401
    assert stored_hash(world) == OLD_HASH
    for _ in range(2):
        answer = world.client.post("/api/0/auth/", headers=basic("one@acme.example", "correct horse"))
        assert answer.status_code == 200
    renewed = stored_hash(world)
    assert renewed.startswith("$argon2id$")
    world.client.post("/api/0/auth/", headers=basic("one@acme.example", "correct horse"))
    assert stored_hash(world) == renewed


@pytest.mark.parametrize("credentials", [("person-1@acme.example", "wrong"), ("x@y.z", "correct horse"), ("\x00", "")])
def test_signing_in_with_anything_wrong_is_refused_alike(world: World, credentials: tuple[str, str]) -> None:
    world.password_holder("person-1@acme.example", "correct horse")
    answer = world.client.post("/api/0/auth/", headers=basic(*credentials))
    assert (answer.status_code, answer.json()) == (401, {"detail": "Invalid username/password."})
    assert "set-cookie" not in answer.headers


@pytest.mark.parametrize("header", ["Basic", "Basic !", "Basic eA=="])
def test_a_malformed_basic_header_is_refused(world: World, header: str) -> None:
    assert world.client.post("/api/0/auth/", headers={"authorization": header}).status_code == 401


def test_a_session_ends(world: World) -> None:
    first, second = world.person(session=True), world.person(session=True)
    assert first.delete("/auth/").status_code == 204
    assert first.get("/users/me/").status_code == 401
    world.clock.advance(14 * 24 * 3600)
    assert second.get("/users/me/").status_code == 401


def test_sessions_that_are_over_go_when_their_user_signs_in_again(world: World) -> None:
    world.password_holder("one@acme.example", "correct horse")
    other = world.person(session=True)
    world.clock.advance(SESSION_SECONDS)
    assert world.client.post("/api/0/auth/", headers=basic("one@acme.example", "correct horse")).status_code == 200
    world.client.cookies.clear()
    with world.control.database.session():
        [left, new] = BrowserSession.select().order_by(BrowserSession.id)
    assert left.user_id == other.user_id != new.user_id


def test_a_user_sees_themselves(world: World) -> None:
    owner = world.person()
    expected = {
        "id": str(owner.user_id),
        "name": "person-1@acme.example",
        "username": "person-1@acme.example",
        "email": "person-1@acme.example",
        "isActive": True,
        "isSuperuser": False,
        "isStaff": False,
        "isSentryApp": False,
        "dateJoined": "2030-01-01T00:00:00Z",
    }
    assert owner.get("/users/me/").json() == owner.get("/auth/").json() == expected
    assert owner.get("/").json() == {"version": "0", "auth": {"scopes": sorted(Role.OWNER.scopes)}, "user": expected}


def test_the_root_answers_anyone(world: World) -> None:
    assert world.nobody.get("/").json() == {"version": "0", "auth": None, "user": None}
    assert world.person(session=True).get("/").json()["auth"] is None


def test_an_apps_token_is_held_to_the_apps_origins(world: World) -> None:
    app = world.app("Bot", status="internal", allowed_origins=["https://bot.example"])
    acting = world.acting_as(app, world.installation_of(app))
    assert acting.get("/sentry-apps/", headers={"origin": "https://bot.example"}).status_code == 200
    answer = acting.get("/sentry-apps/", headers={"origin": "https://evil.example"})
    assert (answer.status_code, answer.json()) == (400, {"detail": "Invalid origin: https://evil.example"})
    assert world.person().get("/sentry-apps/", headers={"origin": "https://evil.example"}).status_code == 200


def test_who_fails_too_often_to_sign_in_waits_and_others_do_not(world: World) -> None:
    for email in ("one@acme.example", "two@acme.example"):
        world.password_holder(email, "correct horse")
    for _ in range(PAIR.free):
        assert world.client.post("/api/0/auth/", headers=basic("one@acme.example", "wrong")).status_code == 401
    refused = world.client.post("/api/0/auth/", headers=basic("One@acme.example", "correct horse"))
    assert (refused.status_code, refused.headers["retry-after"]) == (429, "1")
    assert world.client.post("/api/0/auth/", headers=basic("two@acme.example", "correct horse")).status_code == 200
    world.clock.advance(1)
    assert world.client.post("/api/0/auth/", headers=basic("one@acme.example", "correct horse")).status_code == 200


def test_tries_at_the_same_time_pass_the_limit_together(world: World) -> None:
    world.password_holder("one@acme.example", "correct horse")
    wrong, tries = basic("one@acme.example", "wrong"), PAIR.free + 10

    def attempt(_: int) -> int:
        return world.client.post("/api/0/auth/", headers=wrong).status_code

    with ThreadPoolExecutor(8) as pool:
        answers = Counter(pool.map(attempt, range(tries)))
    assert answers == {401: PAIR.free, 429: 10}


def test_who_signs_in_often_is_not_refused_for_it(world: World) -> None:
    world.password_holder("one@acme.example", "correct horse")
    for _ in range(PAIR.free + 1):
        answer = world.client.post("/api/0/auth/", headers=basic("one@acme.example", "correct horse"))
        assert answer.status_code == 200
