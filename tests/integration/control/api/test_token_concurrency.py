"""The same exchange, refresh or token twice at once: one effect, a clear answer, never a 500."""

import itertools
from functools import partial

import httpx
import pytest

from control_silo.models.application import ApiToken
from control_silo.models.installation import SentryAppInstallationToken
from control_silo.services.internal_token import MAX_TOKENS
from tests.integration.control.api.test_concurrency import TWINS, at_once, statuses
from tests.integration.control.api.third_party import ThirdParty, install_kanban
from tests.integration.control.api.world import World


@pytest.fixture
def kanban(world: World) -> ThirdParty:
    return install_kanban(world)


def tokens_of_apps(world: World) -> int:
    with world.control.database.session():
        return int(ApiToken.select().where(~ApiToken.application.is_null()).count())


def test_a_code_exchanged_at_once_is_exchanged_once(kanban: ThirdParty) -> None:
    answers = at_once(kanban.exchange)
    assert statuses(answers) == [201, *[401] * (TWINS - 1)]
    refused = [answer.json() for answer in answers if answer.status_code == 401]
    assert refused == [{"detail": "Could not find grant for given code"}] * (TWINS - 1)
    assert tokens_of_apps(kanban.world) == 1


def test_a_refresh_at_once_is_one_refresh_with_one_answer(kanban: ThirdParty) -> None:
    refresh_token = kanban.exchange().json()["refreshToken"]
    answers = at_once(lambda: kanban.refresh(refresh_token))
    assert statuses(answers) == [201] * TWINS
    assert [answer.json() for answer in answers] == [answers[0].json()] * TWINS
    assert tokens_of_apps(kanban.world) == 1
    assert kanban.works(answers[0].json()["token"])


def test_a_jwt_sent_at_once_is_exchanged_once(kanban: ThirdParty) -> None:
    token = kanban.sign()
    answers = at_once(lambda: kanban.send_jwt(token))
    assert statuses(answers) == [201] * TWINS
    assert [answer.json() for answer in answers] == [answers[0].json()] * TWINS


def test_different_jwts_at_once_leave_one_token(kanban: ThirdParty) -> None:
    tokens = itertools.count(1)
    answers = at_once(lambda: kanban.send_jwt(kanban.sign(jti=str(next(tokens)))))
    assert statuses(answers) == [201] * TWINS
    assert [kanban.works(answer.json()["token"]) for answer in answers].count(True) == tokens_of_apps(kanban.world) == 1


def test_a_refresh_and_an_uninstall_at_once_leave_no_token(kanban: ThirdParty) -> None:
    refresh_token = kanban.exchange().json()["refreshToken"]
    owner, path = kanban.world.person(), f"/sentry-app-installations/{kanban.uuid}/"
    calls = itertools.cycle([partial(kanban.refresh, refresh_token), partial(owner.delete, path)])

    def either() -> httpx.Response:
        return next(calls)()

    answers = at_once(either)
    assert set(statuses(answers)) <= {201, 204, 404}
    assert tokens_of_apps(kanban.world) == 0


def test_the_last_token_that_an_app_may_have_is_made_once(world: World) -> None:
    path = f"/sentry-apps/{world.app('Bot', status='internal').slug}/api-tokens/"
    owner = world.person(session=True)
    for _ in range(MAX_TOKENS - 1):
        owner.post(path)
    assert statuses(at_once(lambda: owner.post(path))) == [201, *[403] * (TWINS - 1)]
    assert world.count(SentryAppInstallationToken) == MAX_TOKENS


def test_a_token_deleted_at_once_is_deleted_once(world: World) -> None:
    path = f"/sentry-apps/{world.app('Bot', status='internal').slug}/api-tokens/"
    owner = world.person(session=True)
    token_id = owner.post(path).json()["id"]
    assert statuses(at_once(lambda: owner.delete(f"{path}{token_id}/"))) == [204, *[404] * (TWINS - 1)]


def test_secrets_rotated_at_once_leave_the_last_one(kanban: ThirdParty) -> None:
    owner = kanban.world.person()
    answers = at_once(lambda: owner.post("/sentry-apps/acme-kanban/rotate-secret/"))
    assert statuses(answers) == [200] * TWINS
    secrets = [answer.json()["clientSecret"] for answer in answers]
    accepted = [kanban.exchange(client_secret=secret).status_code for secret in secrets].count(201)
    assert (len(set(secrets)), accepted) == (TWINS, 1)
