"""A token that an app was given a moment ago, in regions that have not heard of it."""

import time
from dataclasses import dataclass
from typing import Any

import httpx
import pytest

from control_silo.api.recent_writes import WAIT_SECONDS
from control_silo.models.app import SentryApp
from control_silo.models.application import ApiApplication
from control_silo.models.installation import SentryAppInstallation
from shared.pb.hybridcloud.apps.v1 import app_service_pb2 as pb
from tests.integration.rest.conftest import Web
from tests.silos import fresh


@dataclass(frozen=True)
class Kanban:
    """A public app of acme's; its organization lives in ``us`` or ``de``."""

    web: Web
    slug: str
    client: ApiApplication
    installation: SentryAppInstallation
    code: str
    organization: str

    def send(self, **fields: Any) -> httpx.Response:
        path = f"/api/0/sentry-app-installations/{self.installation.uuid}/authorizations/"
        body = {"client_id": self.client.client_id, "client_secret": self.client.client_secret} | fields
        return self.web.http.call("POST", "control", path, json=body)

    def exchange(self) -> dict[str, Any]:
        issued: dict[str, Any] = self.send(grant_type="authorization_code", code=self.code).json()
        return issued

    def refresh(self, refresh_token: str) -> dict[str, Any]:
        issued: dict[str, Any] = self.send(grant_type="refresh_token", refresh_token=refresh_token).json()
        return issued

    def status(self, token: str, *, silo: str) -> int:
        """What the silo answers when the app reads the organization."""
        return self.web.http.get(silo, f"/api/0/organizations/{self.organization}/", token=token).status_code


@pytest.fixture(params=["us", "de"])
def region(request: pytest.FixtureRequest) -> str:
    return str(request.param)


@pytest.fixture
def kanban(web: Web, region: str) -> Kanban:
    organization = web.acme if region == "us" else web.globex
    scopes = ["org:read", "event:read"]
    app: SentryApp = web.silos.create_app(fresh("Kanban"), owner=web.acme, creator=web.owner.user, scopes=scopes)
    installation = web.silos.install(app, organization=organization)
    with web.silos.control.database.session():
        client, grant = app.application, SentryAppInstallation.get_by_id(installation.id).api_grant
    assert client
    assert grant
    return Kanban(web, app.slug, client, installation, grant.code, organization.slug)


def test_a_token_works_in_its_region_at_once(kanban: Kanban, region: str) -> None:
    token = kanban.exchange()["token"]
    assert [kanban.status(token, silo=silo) for silo in ("control", region)] == [200, 200]


def test_a_refreshed_token_works_in_its_region_at_once(kanban: Kanban, region: str) -> None:
    before = kanban.exchange()
    kanban.web.silos.replicate()
    after = kanban.refresh(before["refreshToken"])
    assert kanban.status(after["token"], silo=region) == 200


def test_once_replicated_a_token_works_without_control(kanban: Kanban, region: str) -> None:
    token = kanban.exchange()["token"]
    kanban.web.silos.replicate()
    kanban.web.silos.stop("control")
    status = kanban.status(token, silo=region)
    kanban.web.silos.start("control")
    assert status == 200


def test_a_token_that_was_refreshed_ends_in_its_region(kanban: Kanban, region: str) -> None:
    before = kanban.exchange()
    kanban.web.silos.replicate()
    kanban.refresh(before["refreshToken"])
    kanban.web.silos.replicate()
    assert kanban.status(before["token"], silo=region) == 401


def test_a_token_confirms_its_installation_at_once(kanban: Kanban) -> None:
    token = kanban.exchange()["token"]
    path = f"/api/0/sentry-app-installations/{kanban.installation.uuid}/"
    answer = kanban.web.http.call("PUT", "control", path, token=token, json={"status": "installed"})
    assert (answer.status_code, answer.json()["status"]) == (200, "installed")


def test_confirming_gives_the_region_a_moment_to_hear_of_it(kanban: Kanban) -> None:
    token = kanban.exchange()["token"]
    path = f"/api/0/sentry-app-installations/{kanban.installation.uuid}/"
    began = time.monotonic()
    assert kanban.web.http.call("PUT", "control", path, token=token, json={"status": "installed"}).status_code == 200
    assert time.monotonic() - began >= WAIT_SECONDS
    kanban.web.silos.replicate()


def test_a_new_secret_reaches_the_region(kanban: Kanban, region: str) -> None:
    answer = kanban.web.http.call(
        "POST", "control", f"/api/0/sentry-apps/{kanban.slug}/rotate-secret/", token=kanban.web.owner.token
    )
    kanban.web.silos.replicate()
    found = kanban.web.silos.ask(region, pb.GetSentryAppBySlugRequest(slug=kanban.slug)).sentry_app
    assert found.application.client_secret == answer.json()["clientSecret"]


def test_control_forwards_nothing_for_a_token_that_is_over_and_of_which_no_region_was_told(kanban: Kanban) -> None:
    before = kanban.exchange()
    kanban.web.silos.replicate()
    assert kanban.status(before["token"], silo="control") == 200
    kanban.refresh(before["refreshToken"])
    assert kanban.status(before["token"], silo="control") == 401
    kanban.web.silos.replicate()
