"""The platform as an unmodified third-party app and its owner use it: REST against real processes, one base URL."""

import time
from collections.abc import Iterator
from typing import Any

import httpx
import jwt
import pytest

from tests.e2e.silo_up import SiloUp, silo_up

pytestmark = [pytest.mark.e2e, pytest.mark.slow]

APP = {"author": "Acme", "organization": "acme", "scopes": ["event:write", "org:read"], "events": ["issue"]}
HOOK = {"webhookUrl": "https://kanban.example/hook"}


class Platform:
    """Requests to control, and to a region's own address."""

    def __init__(self, up: SiloUp) -> None:
        self.data = up.data
        self.topology = up.topology
        self.owner = {"Authorization": f"Bearer {up.topology['users']['owner']['token']}"}
        self.session = {"Cookie": f"sentrysid={up.topology['users']['owner']['session']}"}

    def ask(self, method: str, path: str, body: Any = None, *, headers: dict[str, str], region: str = "") -> Any:
        silo = self.topology["regions"][region] if region else self.topology["control"]
        return httpx.request(method, f"{silo['http']}/api/0{path}", json=body, headers=headers, timeout=30)

    def send(self, url: str, event: Any) -> Any:
        """Sends an event, as an SDK does."""
        return httpx.post(url, json=event, timeout=30)

    def exchange(self, uuid: str, body: dict[str, str], **headers: str) -> Any:
        return self.ask("POST", f"/sentry-app-installations/{uuid}/authorizations/", body, headers=headers)


@pytest.fixture(scope="module")
def platform(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Platform]:
    with silo_up(tmp_path_factory.mktemp("platform") / "data") as up:
        yield Platform(up)


@pytest.fixture(scope="module")
def installed(platform: Platform) -> tuple[dict[str, Any], dict[str, Any]]:
    """A public app and its installation, which waits for the app's confirmation."""
    app = platform.ask("POST", "/sentry-apps/", {"name": "Kanban", **APP, **HOOK}, headers=platform.owner).json()
    path = "/organizations/acme/sentry-app-installations/"
    return app, platform.ask("POST", path, {"slug": app["slug"]}, headers=platform.owner).json()


@pytest.fixture(scope="module")
def token(platform: Platform, installed: tuple[dict[str, Any], dict[str, Any]]) -> dict[str, Any]:
    app, installation = installed
    grant = {"grant_type": "authorization_code", "code": installation["code"], **credentials(app)}
    answer = platform.exchange(installation["uuid"], grant)
    assert answer.status_code == 201
    found: dict[str, Any] = answer.json()
    return found


def credentials(app: dict[str, Any]) -> dict[str, str]:
    return {"client_id": app["clientId"], "client_secret": app["clientSecret"]}


def bearer(text: str) -> dict[str, str]:
    return {"Authorization": f"Bearer {text}"}


@pytest.mark.parametrize("region", ["", "us"], ids=["through control", "in the region"])
def test_an_app_token_works_at_once(platform: Platform, token: dict[str, Any], region: str) -> None:
    path = "/organizations/acme/issues/"
    assert platform.ask("GET", path, headers=bearer(token["token"]), region=region).status_code == 200


def test_an_app_confirms_its_installation_with_its_token(
    platform: Platform, installed: tuple[dict[str, Any], dict[str, Any]], token: dict[str, Any]
) -> None:
    path = f"/sentry-app-installations/{installed[1]['uuid']}/"
    answer = platform.ask("PUT", path, {"status": "installed"}, headers=bearer(token["token"]))
    assert (answer.status_code, answer.json()["app"]["slug"], answer.json()["status"]) == (200, "kanban", "installed")


def test_a_lost_refresh_answer_is_repeated(
    platform: Platform, installed: tuple[dict[str, Any], dict[str, Any]], token: dict[str, Any]
) -> None:
    app, installation = installed
    refresh = {"grant_type": "refresh_token", "refresh_token": token["refreshToken"], **credentials(app)}
    first, again = (platform.exchange(installation["uuid"], refresh) for _ in range(2))
    assert (first.status_code, again.status_code) == (201, 201)
    assert first.json()["token"] == again.json()["token"] != token["token"]


def test_an_app_gets_a_token_for_a_signed_assertion(
    platform: Platform, installed: tuple[dict[str, Any], dict[str, Any]], token: dict[str, Any]
) -> None:
    app, installation = installed
    now = time.time()
    claims = {"iss": app["clientId"], "sub": app["clientId"], "iat": now, "exp": now + 60, "jti": "once"}
    assertion = jwt.encode(claims, app["clientSecret"], algorithm="HS256")
    grant = {"grant_type": "urn:sentry:params:oauth:grant-type:jwt-bearer"}
    answer = platform.exchange(installation["uuid"], grant, **bearer(assertion))
    assert {"id", "token", "refreshToken", "dateCreated", "expiresAt", "state", "application"} <= set(answer.json())


def test_the_tools_that_make_and_clean_up_internal_apps_work(platform: Platform) -> None:
    body = {"name": "Bot", "isInternal": True, "isAlertable": True, "verifyInstall": False, **APP, **HOOK}
    slug = platform.ask("POST", "/sentry-apps/", body, headers=platform.owner).json()["slug"]
    made = platform.ask("POST", f"/sentry-apps/{slug}/api-tokens/", headers=platform.session).json()
    issues = platform.ask("GET", "/organizations/acme/issues/", headers=bearer(made["token"]), region="us")
    off = {"events": None, "isAlertable": False, "name": "Bot (disabled)", "webhookUrl": None}
    cleaned = platform.ask("PUT", f"/sentry-apps/{slug}/", off, headers=platform.owner)
    gone = platform.ask("DELETE", f"/sentry-apps/{slug}/", headers=platform.owner)
    assert (issues.status_code, cleaned.status_code, gone.status_code) == (200, 200, 204)


@pytest.mark.parametrize(
    "part", ["", "features/", "components/", "avatar/", "stats/", "api-tokens/", "webhook-requests/", "interaction/"]
)
def test_every_part_of_an_app_is_read_under_one_base_url(
    platform: Platform, installed: tuple[dict[str, Any], dict[str, Any]], part: str
) -> None:
    answer = platform.ask("GET", f"/sentry-apps/{installed[0]['slug']}/{part}", headers=platform.session)
    assert answer.status_code == 200


def test_what_was_done_is_in_the_audit_log(platform: Platform, token: dict[str, Any]) -> None:
    rows = platform.ask("GET", "/organizations/acme/audit-logs/", headers=platform.owner).json()["rows"]
    assert {"sentry-app.add", "sentry-app.install"} <= {row["event"] for row in rows}


def test_the_documentation_is_served(platform: Platform) -> None:
    page = httpx.get(f"{platform.topology['control']['http']}/docs", timeout=30)
    assert page.status_code == 200
    assert "https://" not in page.text.replace("https://www.w3.org", "")
