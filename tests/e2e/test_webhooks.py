"""Webhooks through real processes: the handshake of an app with its platform, as a receiver on loopback sees it."""

from collections.abc import Iterator
from typing import Any

import pytest

from tests.e2e.silo_up import run_silo, silo_up
from tests.e2e.test_platform import Platform, bearer, credentials
from tests.integration.third_party import ReceivedRequest, ThirdPartyApp, running_app

pytestmark = [pytest.mark.e2e, pytest.mark.slow]

INSTALLATIONS = "/organizations/acme/sentry-app-installations/"


@pytest.fixture(scope="module")
def platform(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Platform]:
    with silo_up(tmp_path_factory.mktemp("webhooks") / "data") as up:
        yield Platform(up)


@pytest.fixture(scope="module")
def receiver() -> Iterator[ThirdPartyApp]:
    """Answers 404 until it knows the installation, as receivers do."""
    with running_app() as receiver:
        yield receiver


@pytest.fixture(scope="module")
def app(platform: Platform, receiver: ThirdPartyApp) -> dict[str, Any]:
    body = {
        "name": "Kanban",
        "organization": "acme",
        "author": "Acme",
        "scopes": ["event:read"],
        "events": ["issue", "error"],
        "webhookUrl": f"{receiver.url}/hook",
        "verifyInstall": True,
    }
    found: dict[str, Any] = platform.ask("POST", "/sentry-apps/", body, headers=platform.owner).json()
    receiver.secret = found["clientSecret"]
    return found


@pytest.fixture(scope="module")
def confirmed(platform: Platform, receiver: ThirdPartyApp, app: dict[str, Any]) -> ReceivedRequest:
    """The webhook of the installation, which the app answered by exchanging its code and confirming."""
    platform.ask("POST", INSTALLATIONS, {"slug": app["slug"]}, headers=platform.owner)
    receiver.wait_for(1)
    webhook = receiver.requests[0]
    installation = webhook.json["data"]["installation"]
    grant = {"grant_type": "authorization_code", "code": installation["code"], **credentials(app)}
    token = platform.exchange(installation["uuid"], grant).json()["token"]
    path = f"/sentry-app-installations/{installation['uuid']}/"
    assert platform.ask("PUT", path, {"status": "installed"}, headers=bearer(token)).json()["app"]["slug"] == "kanban"
    receiver.answers("/hook")
    return webhook


def deliveries(platform: Platform, app: dict[str, Any]) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = platform.ask(
        "GET", f"/sentry-apps/{app['slug']}/deliveries/", headers=platform.owner
    ).json()
    return found


def test_an_app_learns_of_its_installation_and_confirms_it_at_once(
    platform: Platform, confirmed: ReceivedRequest, receiver: ThirdPartyApp
) -> None:
    assert confirmed.is_signed(receiver.secret)
    assert (confirmed.headers["sentry-hook-resource"], confirmed.json["action"]) == ("installation", "created")
    (installation,) = platform.ask("GET", INSTALLATIONS, headers=platform.owner).json()
    assert installation["status"] == "installed"


def test_an_issue_of_a_region_is_told_and_can_be_had_again(
    platform: Platform, confirmed: ReceivedRequest, receiver: ThirdPartyApp, app: dict[str, Any]
) -> None:
    before = len(receiver.requests)
    made = run_silo("project", "create", "acme", "web", "--data", str(platform.data), "--json").json
    key = made["dsn"].split("//")[1].split("@")[0]
    event = {"exception": {"values": [{"type": "KeyError", "value": "'x'"}]}}
    url = f"{platform.topology['control']['http']}/api/{made['id']}/store/?sentry_key={key}"
    assert platform.send(url, event).status_code == 200
    receiver.wait_for(before + 2)
    told = {request.headers["sentry-hook-resource"]: request for request in receiver.requests[before:]}
    assert all(request.is_signed(receiver.secret) for request in told.values())
    assert set(told) == {"issue", "error"}
    (item,) = [each for each in deliveries(platform, app) if each["event"] == "issue.created"]
    path = f"/sentry-apps/{app['slug']}/deliveries/{item['id']}/redeliver/"
    assert platform.ask("POST", path, headers=platform.owner).status_code == 202
    receiver.wait_for(before + 3)
    assert receiver.requests[-1].headers["request-id"] == told["issue"].headers["request-id"]


def test_an_app_is_told_when_it_is_uninstalled_and_the_log_has_it_all(
    platform: Platform, confirmed: ReceivedRequest, receiver: ThirdPartyApp, app: dict[str, Any]
) -> None:
    before = len(receiver.requests)
    uuid = confirmed.json["installation"]["uuid"]
    assert platform.ask("DELETE", f"/sentry-app-installations/{uuid}/", headers=platform.owner).status_code == 204
    receiver.wait_for(before + 1)
    assert receiver.requests[-1].json["action"] == "deleted"
    first = deliveries(platform, app)[-1]
    assert [attempt["responseCode"] for attempt in first["attempts"]] == [404]
