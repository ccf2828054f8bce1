"""What control owns, asked at the address of a region: clients send there whatever is below an organization."""

import base64
import threading
from collections.abc import Iterator, Sequence
from queue import SimpleQueue
from typing import Any
from urllib.parse import urlsplit

import httpx
import pytest
from fastapi import FastAPI
from starlette.applications import Starlette
from starlette.routing import Match

import region_silo.bootstrap
from control_silo.api.application import list_endpoints
from region_silo.api.forward import forward_control_paths
from region_silo.replication.kinds import kinds_of
from shared.consistency import TOKEN_NAME, WrittenVersion, decode
from shared.database.database import Database
from shared.domain.peer import CONTROL
from shared.freshness import ReplicaFreshness
from shared.http.application import PREFIX
from shared.http.errors import NOT_OFFERED
from shared.http.forwarded import ForwardingProver
from shared.http.relay import Relay
from shared.http.serve import HttpServer
from shared.outbox.kind import Kinds
from tests.integration.rest.conftest import Web
from tests.keys import keys_of
from tests.pictures import picture
from tests.silos import fresh

INSTALLATIONS = "/api/0/organizations/acme/sentry-app-installations/"
FOR_CONTROL_ALONE = {"/users/", "/users/{user}/impersonation/"}


def create_region_api(web: Web) -> Starlette:
    running = web.silos.regions["us"]
    config = running.config.model_copy(update={"control_http": web.http.url(CONTROL)})
    return region_silo.bootstrap.make_api(running.region, config, control=running.control)


@pytest.fixture
def us(web: Web) -> Iterator[httpx.Client]:
    """The region, told where control is, as acme's owner asks it."""
    server = HttpServer(create_region_api(web), listen="127.0.0.1:0")
    server.start()
    headers = {"Authorization": f"Bearer {web.owner.token}"}
    with httpx.Client(base_url=f"http://{server.address}", headers=headers, trust_env=False, timeout=20) as client:
        yield client
    server.stop()


def test_a_region_knows_every_path_of_control_but_those_of_users(web: Web) -> None:
    routes = create_region_api(web).routes

    def is_known(path: str) -> bool:
        scope = {"type": "http", "method": "GET", "path": PREFIX + path}
        return any(route.matches(scope)[0] is not Match.NONE for route in routes)

    unknown = {endpoint.path for endpoint in list_endpoints() if not is_known(endpoint.path)}
    assert unknown == FOR_CONTROL_ALONE


@pytest.mark.parametrize(
    "path",
    [
        INSTALLATIONS,
        "/api/0/organizations/acme/sentry-apps/",
        "/api/0/organizations/acme/audit-logs/",
        "/api/0/sentry-apps/?status=internal",
        "/api/0/sentry-apps/{robot}/",
        "/api/0/sentry-apps/{robot}/webhook-requests/",
        "/api/0/sentry-apps/nowhere/",
        "/api/0/organizations/globex/sentry-apps/",
        "/api/0/sentry-apps-stats/",
    ],
)
def test_both_answer_alike(web: Web, us: httpx.Client, path: str) -> None:
    path = path.format(robot=web.robot.slug)
    here, there = us.get(path), web.http.get(CONTROL, path, token=web.owner.token)
    assert (here.status_code, here.json()) == (there.status_code, there.json())


def test_a_picture_of_an_app_is_shown_at_a_region_too(web: Web, us: httpx.Client) -> None:
    logo: dict[str, Any] = {"color": True, "avatar_type": "upload", "avatar_photo": picture()}
    shown = us.put(f"/api/0/sentry-apps/{web.robot.slug}/avatar/", json=logo)
    (avatar,) = shown.json()["avatars"]
    answer = us.get(f"/sentry-app-avatar/{avatar['avatarUuid']}/")
    assert (answer.status_code, answer.content) == (200, base64.b64decode(logo["avatar_photo"]))


def test_pages_name_the_address_that_was_asked(us: httpx.Client) -> None:
    link = us.get(INSTALLATIONS, params={"per_page": 1}).headers["link"]
    assert link.startswith(f"<{str(us.base_url).rstrip('/')}{INSTALLATIONS}?per_page=1&cursor=")


def test_an_app_is_made_and_installed_through_a_region(web: Web, us: httpx.Client) -> None:
    body = {"name": fresh("Kanban"), "organization": "acme", "author": "Acme", "webhookUrl": "https://a.example"}
    app = us.post("/api/0/sentry-apps/", json=body)
    assert app.status_code == 201, app.text
    made = us.post(INSTALLATIONS, json={"slug": app.json()["slug"]})
    assert (made.status_code, made.json()["status"]) == (200, "pending")
    assert TOKEN_NAME in made.headers
    assert us.get(f"/api/0/sentry-app-installations/{made.json()['uuid']}/").json() == made.json()
    web.silos.replicate()


class WatchedFreshness(ReplicaFreshness):
    """Tells that it was asked, once it knows the answer."""

    def __init__(self, database: Database, kinds: Kinds) -> None:
        super().__init__(database, kinds)
        self.answers: SimpleQueue[bool] = SimpleQueue()

    def is_fresh(self, required: Sequence[WrittenVersion]) -> bool:
        answer = super().is_fresh(required)
        self.answers.put(answer)
        return answer


def test_what_is_written_through_a_region_is_answered_once_the_region_shows_it(web: Web) -> None:
    running, body = web.silos.regions["us"], {"name": fresh("Kanban"), "organization": "acme", "isInternal": True}
    freshness, answers, ended = WatchedFreshness(running.region.database, kinds_of("us")), [], threading.Event()
    app, relay = FastAPI(), Relay(keys_of("us"), clock=web.silos.clock)
    forward_control_paths(app, relay, control_url=web.http.url(CONTROL), freshness=freshness, wait_seconds=60)
    server = HttpServer(app, listen="127.0.0.1:0")
    server.start()

    def create() -> None:
        headers = {"Authorization": f"Bearer {web.owner.token}"}
        url = f"http://{server.address}/api/0/sentry-apps/"
        answers.append(httpx.post(url, json=body, headers=headers, trust_env=False, timeout=60))
        ended.set()

    threading.Thread(target=create, daemon=True).start()
    assert freshness.answers.get(timeout=60) is False
    assert not ended.is_set()
    web.silos.replicate()
    assert ended.wait(60)
    server.stop()
    assert answers[0].status_code == 201
    assert freshness.is_fresh(decode(answers[0].headers[TOKEN_NAME]))


def test_control_that_is_away_is_said_to_be(web: Web, us: httpx.Client) -> None:
    web.http.stop(CONTROL)
    try:
        answer = us.get(INSTALLATIONS)
    finally:
        web.http.start(CONTROL)
    assert (answer.status_code, answer.json()) == (503, {"detail": "Control is not available right now."})


def test_nothing_is_forwarded_twice(web: Web, us: httpx.Client) -> None:
    prover = ForwardingProver(keys_of("control"), clock=web.silos.clock)
    host = urlsplit(str(us.base_url)).netloc
    proof = prover.headers(silo="us", method="GET", target=INSTALLATIONS, protocol="http", host=host)
    answer = us.get(INSTALLATIONS, headers=dict(proof))
    assert (answer.status_code, answer.json()) == (404, NOT_OFFERED)


def test_a_stream_passes_through_a_region_as_it_comes(us: httpx.Client, web: Web) -> None:
    answer = us.get(f"/api/0/sentry-apps/{web.robot.slug}/stream/", params={"seconds": 0})
    assert (answer.status_code, answer.headers["content-type"]) == (200, "text/event-stream; charset=utf-8")
    assert "event: ready" in answer.text
