import json
from typing import Any

import pytest
from cryptography.exceptions import InvalidTag

from control_silo.bodies.token import AuthorizationBody
from control_silo.models.application import ApiApplication, ApiGrant, ApiToken
from control_silo.models.installation import TokenExchange
from control_silo.services.install import GRANT_LIFETIME_SECONDS
from control_silo.services.issue_token import TOKEN_LIFETIME_SECONDS
from shared.category import Category
from shared.consistency import TOKEN_NAME, decode
from shared.domain.seal import open_sealed
from tests.integration.control.api.third_party import ThirdParty, install_in, install_kanban
from tests.integration.control.api.world import KANBAN, World

INVALID_PAIR = {"detail": "Invalid Client ID / Secret pair"}
PERMISSION = {"detail": "You do not have permission to perform this action."}


@pytest.fixture
def kanban(world: World) -> ThirdParty:
    return install_kanban(world)


def test_a_code_is_exchanged_for_a_token_of_eight_hours(kanban: ThirdParty) -> None:
    answer = kanban.exchange(state="as it was")
    body = answer.json()
    assert answer.status_code == 201
    assert len(body["token"]) == len(body.pop("refreshToken")) == 64
    assert body.pop("token")[-4:] == body.pop("tokenLastCharacters")
    assert body.pop("id").isdecimal()
    assert body == {
        "name": None,
        "scopes": ["event:read", "event:write", "project:read"],
        "application": None,
        "expiresAt": "2030-01-01T08:00:00Z",
        "dateCreated": "2030-01-01T00:00:00Z",
        "state": "as it was",
    }


def test_the_token_confirms_the_installation_at_once(kanban: ThirdParty) -> None:
    acting = kanban.acting(kanban.exchange().json()["token"])
    confirmed = acting.put(f"/sentry-app-installations/{kanban.uuid}/", {"status": "installed"})
    assert (confirmed.status_code, confirmed.json()["status"]) == (200, "installed")
    assert confirmed.json()["app"]["slug"] == "acme-kanban"


def test_the_answer_names_the_token_that_a_region_may_still_lack(kanban: ThirdParty) -> None:
    answer = kanban.exchange()
    [written] = decode(answer.headers[TOKEN_NAME])
    assert (written.category, written.object_id) == (Category.TOKEN, int(answer.json()["id"]))


def test_the_token_ends(kanban: ThirdParty) -> None:
    token = kanban.exchange().json()["token"]
    kanban.world.clock.advance(TOKEN_LIFETIME_SECONDS - 1)
    assert kanban.works(token)
    kanban.world.clock.advance(1)
    assert not kanban.works(token)


def test_a_code_is_good_once(kanban: ThirdParty) -> None:
    kanban.exchange()
    answer = kanban.exchange()
    assert (answer.status_code, answer.json()) == (401, {"detail": "Could not find grant for given code"})
    assert kanban.world.count(ApiGrant) == 0


def test_the_code_is_no_longer_shown_once_exchanged(kanban: ThirdParty) -> None:
    owner, path = kanban.world.person(), f"/sentry-app-installations/{kanban.uuid}/"
    assert owner.get(path).json()["code"] == kanban.code
    kanban.exchange()
    assert "code" not in owner.get(path).json()


def test_a_code_ends(kanban: ThirdParty) -> None:
    kanban.world.clock.advance(GRANT_LIFETIME_SECONDS + 1)
    answer = kanban.exchange()
    assert (answer.status_code, answer.json()) == (401, {"detail": "Grant has already expired"})


def test_the_code_of_another_installation_is_forbidden(world: World, kanban: ThirdParty) -> None:
    other = install_kanban(world, name="Other Board")
    answer = kanban.exchange(code=other.code)
    assert (answer.status_code, answer.json()) == (401, {"detail": "Forbidden grant"})
    assert other.exchange().status_code == 201


@pytest.mark.parametrize("name", ["code", "refresh_token"])
@pytest.mark.parametrize(
    ("value", "text"),
    [
        (None, "This field may not be null."),
        ("", "This field may not be blank."),
        ([], "Not a valid string."),
        ("a\x00b", "Null characters are not allowed."),
        ("x" * 10_000, "Ensure this field has no more than 255 characters."),
    ],
)
def test_a_grant_that_is_no_text_is_refused(kanban: ThirdParty, name: str, value: Any, text: str) -> None:
    grant_type = "refresh_token" if name == "refresh_token" else "authorization_code"
    answer = kanban.send(**{"grant_type": grant_type, name: value})
    assert (answer.status_code, answer.json()) == (400, {name: [text]})


def test_a_grant_that_is_missing_is_required(kanban: ThirdParty) -> None:
    for grant_type, name in (("authorization_code", "code"), ("refresh_token", "refresh_token")):
        answer = kanban.send(grant_type=grant_type)
        assert (answer.status_code, answer.json()) == (400, {name: ["This field is required."]})


@pytest.mark.parametrize("body", [b"", b"{}", b"[]", b"null", b'""'])
def test_without_a_body_the_request_is_invalid(kanban: ThirdParty, body: bytes) -> None:
    answer = kanban.world.client.post(f"/api/0{kanban.path}", content=body)
    assert (answer.status_code, answer.json()) == (401, {"detail": "Invalid request"})


@pytest.mark.parametrize("wrong", [None, "", "x", 7, [], {"a": 1}, "\x00", "\ud800", "f" * 64, "y" * 10_000])
@pytest.mark.parametrize("name", ["client_id", "client_secret"])
def test_a_wrong_pair_is_refused_before_anything_else(kanban: ThirdParty, name: str, wrong: Any) -> None:
    body = {"client_id": kanban.client_id, "client_secret": kanban.client_secret, "grant_type": 7} | {name: wrong}
    path = "/api/0/sentry-app-installations/nothing/authorizations/"
    answer = kanban.world.client.post(path, content=json.dumps(body).encode())
    assert (answer.status_code, answer.json()) == (401, INVALID_PAIR)


def test_a_body_larger_than_any_grant_is_refused_before_it_is_parsed(kanban: ThirdParty) -> None:
    answer = kanban.send(grant_type="refresh_token", refresh_token="x" * AuthorizationBody.max_bytes)
    assert answer.status_code == 413


def test_an_unknown_installation_is_not_found_before_the_grant_is_read(kanban: ThirdParty) -> None:
    body = {"client_id": kanban.client_id, "client_secret": kanban.client_secret}
    answer = kanban.world.nobody.post("/sentry-app-installations/nothing/authorizations/", body)
    assert (answer.status_code, answer.json()) == (404, {"detail": "Could not find given sentry app installation"})


def test_another_apps_installation_is_refused_before_the_grant_is_read(world: World, kanban: ThirdParty) -> None:
    other = install_kanban(world, name="Other Board")
    answer = kanban.send(client_id=other.client_id, client_secret=other.client_secret)
    assert (answer.status_code, answer.json()) == (403, PERMISSION)


@pytest.mark.parametrize("grant_type", [None, "", "password", 7, [], {}])
def test_an_unknown_kind_of_grant_is_refused(kanban: ThirdParty, grant_type: Any) -> None:
    answer = kanban.exchange(grant_type=grant_type)
    assert (answer.status_code, answer.json()) == (403, {"detail": "Invalid grant_type"})


def test_an_inactive_client_gets_nothing(kanban: ThirdParty) -> None:
    with kanban.world.control.database.transaction():
        ApiApplication.update(is_active=False).execute()
    answer = kanban.exchange()
    assert (answer.status_code, answer.json()) == (401, {"detail": "Application is not active"})
    assert kanban.world.count(ApiGrant) == 1


def test_an_app_that_was_deleted_is_unknown(kanban: ThirdParty) -> None:
    kanban.world.person().delete("/sentry-apps/acme-kanban/")
    assert kanban.exchange().json() == INVALID_PAIR


def test_an_uninstalled_app_leaves_no_token_and_no_memory_of_one(kanban: ThirdParty) -> None:
    issued = kanban.exchange().json()
    token = kanban.refresh(issued["refreshToken"]).json()["token"]
    kanban.world.person().delete(f"/sentry-app-installations/{kanban.uuid}/")
    with kanban.world.control.database.session():
        assert not ApiToken.select().where(~ApiToken.application.is_null()).exists()
    assert kanban.world.count(TokenExchange) == 0
    assert not kanban.works(token)
    assert kanban.refresh(issued["refreshToken"]).status_code == 404


def test_each_installation_has_a_token_of_its_own(world: World) -> None:
    made = world.person().post("/sentry-apps/", KANBAN).json()
    here, there = (install_in(world, made, organization=slug) for slug in ("acme", "globex"))
    tokens = [place.exchange().json()["token"] for place in (here, there)]
    assert [here.works(tokens[0]), there.works(tokens[1])] == [True, True]
    assert here.acting(tokens[1]).get("/organizations/").json()[0]["slug"] == "globex"


def test_no_secret_is_in_the_log_of_an_exchange_that_fails(
    kanban: ThirdParty, capsys: pytest.CaptureFixture[str]
) -> None:
    issued, signed = kanban.exchange().json(), kanban.sign()
    with kanban.world.control.database.transaction():
        kanban.world.control.database.rows("ALTER TABLE token_exchange RENAME TO lost")
    answers = [kanban.refresh(issued["refreshToken"]), kanban.send_jwt(signed)]
    assert [answer.status_code for answer in answers] == [503, 503]
    said = "".join([*capsys.readouterr(), *(answer.text for answer in answers)])
    secrets = [issued["token"], issued["refreshToken"], signed, kanban.client_secret, kanban.code]
    assert not [secret for secret in secrets if secret in said]


def test_no_token_that_was_answered_is_stored(kanban: ThirdParty) -> None:
    issued = kanban.exchange().json()
    renewed = kanban.refresh(issued["refreshToken"]).json()
    with kanban.world.control.database.session():
        rows = [*ApiToken.select().dicts(), *TokenExchange.select().dicts()]
    stored = repr(rows)
    assert rows
    assert not [said[name] for said in (issued, renewed) for name in ("token", "refreshToken") if said[name] in stored]


def test_a_kept_answer_opens_with_nothing_that_is_stored(kanban: ThirdParty) -> None:
    credential = kanban.exchange().json()["refreshToken"]
    renewed, database = kanban.refresh(credential).json(), kanban.world.control.database
    with database.session():
        kept = str(TokenExchange.get().sealed_answer)
        tables = [database.rows(f'SELECT * FROM "{table}"') for table in database.peewee.get_tables()]
    purpose = f"exchange/{kanban.uuid}"
    assert renewed["token"] in open_sealed(kept, secret=credential, purpose=purpose)
    for text in {cell for rows in tables for row in rows for cell in row if isinstance(cell, str)}:
        with pytest.raises(InvalidTag):
            open_sealed(kept, secret=text, purpose=purpose)
