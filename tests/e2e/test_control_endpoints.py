"""Every endpoint that control serves itself, asked of real processes: an app from its creation to its end."""

import base64
from collections.abc import Iterator
from contextlib import closing
from typing import Any

import pytest

from control_silo.services.audit import AuditEvent
from shared.http.application import PREFIX
from tests.e2e.silo_up import silo_up
from tests.e2e.walk import SIGNED_IN, Step, Walk
from tests.integration.third_party import running_app
from tests.pictures import picture

pytestmark = [pytest.mark.e2e, pytest.mark.slow]

NOBODY, OWNER, SESSION, ROOT, ANN, APP = "nobody", "owner", "owner's session", "superuser", "ann", "app"
SIGNING_IN = "ann, with her password"
EMAIL, PASSWORD = "ann@acme.example", "correct horse battery"
CALLERS = {
    NOBODY: {},
    OWNER: {"Authorization": "Bearer {owner_token}"},
    SESSION: {"Cookie": "sentrysid={owner_session}"},
    ROOT: {"Authorization": "Bearer {superuser_token}"},
    SIGNING_IN: {"Authorization": f"Basic {base64.b64encode(f'{EMAIL}:{PASSWORD}'.encode()).decode()}"},
    ANN: {"Cookie": f"sentrysid={{{SIGNED_IN}}}"},
    APP: {"Authorization": "Bearer {token}"},
}
APPS, ONE_APP = "/sentry-apps/", "/sentry-apps/{app_id_or_slug}/"
ORGANIZATION = "/organizations/{organization_id_or_slug}"
INSTALLATIONS, INSTALLATION = f"{ORGANIZATION}/sentry-app-installations/", "/sentry-app-installations/{uuid}/"
AUTHORIZATIONS = f"{INSTALLATION}authorizations/"
DELIVERIES = f"{ONE_APP}deliveries/"

SCOPES = ["event:read", "event:write"]
FORM = {
    "type": "alert-rule-settings",
    "uri": "/alert",
    "required_fields": [{"type": "text", "name": "t", "label": "T"}],
}
ACTION = {"type": "alert-rule-action", "title": "Create a card", "settings": FORM}
KANBAN = {
    "name": "Kanban",
    "organization": "{organization_id_or_slug}",
    "author": "Acme",
    "scopes": ["event:write"],
    "events": ["issue"],
    "webhookUrl": "{receiver}/hook",
    "schema": {"elements": [ACTION]},
}
BOT = {"name": "Bot", "organization": "{organization_id_or_slug}", "isInternal": True, "scopes": ["org:read"]}
GRANT = {"grant_type": "authorization_code", "code": "{code}", "client_id": "{client_id}", "client_secret": "{secret}"}
QUESTIONNAIRE = [{"question": "What does it do?", "answer": "Cards."}]
LOGO = {"color": True, "avatar_type": "upload", "avatar_photo": picture()}
FEATURE = {"feature": "organizations:integrations-event-hooks", "enabled": True}
NEW_USER = {"email": EMAIL, "password": PASSWORD, "organization": "{organization_id_or_slug}", "role": "member"}
INSTALLED = {"app": {"slug": "kanban", "sentryAppId": int}, "organization": {"slug": "acme", "id": 1}, "uuid": "{uuid}"}
CALLED = [{"eventType": "installation.created", "responseCode": 200, "organization": {"slug": "acme"}}]
DELIVERED = {"event": "installation.created", "status": "delivered", "attempts": [{"responseCode": 200}]}

CLIENT = {"app_id_or_slug": "slug", "client_id": "clientId", "secret": "clientSecret"}
CODE = {"uuid": "uuid", "code": "code"}

PEOPLE = [
    Step(NOBODY, "GET", "/", 200, {"version": "0", "auth": None, "user": None}),
    Step(ROOT, "POST", "/users/", 201, {"email": EMAIL, "token": str, "session": str}, NEW_USER),
    Step(SIGNING_IN, "POST", "/auth/", 200, {"email": EMAIL, "isSuperuser": False}),
    Step(ANN, "GET", "/auth/", 200, {"email": EMAIL}),
    Step(ANN, "GET", "/users/me/", 200, {"email": EMAIL}),
    Step(ANN, "GET", "/users/me/regions/", 200, {"regions": [{"name": "de"}, {"name": "us"}]}),
    Step(ANN, "DELETE", "/auth/", 204),
]
ORGANIZATIONS = [
    Step(ROOT, "POST", "/organizations/", 201, {"id": str, "region": "de"}, {"slug": "globex", "region": "de"}),
    Step(ROOT, "GET", "/organizations/", 200, [{"id": "1", "slug": "acme"}, {"slug": "globex"}]),
    Step(ROOT, "PUT", f"{ORGANIZATION}/features/", 200, FEATURE, FEATURE),
]
MAKING = [
    Step(OWNER, "POST", APPS, 201, {"status": "unpublished", "scopes": SCOPES}, KANBAN, keep=CLIENT),
    Step(OWNER, "GET", APPS, 200, [{"slug": "kanban"}], query="?status=unpublished"),
    Step(OWNER, "GET", ONE_APP, 200, {"clientSecret": "{secret}", "owner": {"id": 1, "slug": "acme"}, "avatars": []}),
    Step(OWNER, "PUT", ONE_APP, 200, {"overview": "Cards", "events": ["issue"]}, {"overview": "Cards"}),
    Step(OWNER, "GET", f"{ORGANIZATION}/sentry-apps/", 200, [{"slug": "kanban", "overview": "Cards"}]),
    Step(OWNER, "GET", f"{ONE_APP}features/", 200, [{"featureId": 0, "featureGate": "integrations-api"}]),
    Step(OWNER, "GET", f"{ONE_APP}components/", 200, [{"type": "alert-rule-action", "schema": ACTION, "error": ""}]),
    Step(OWNER, "PUT", f"{ONE_APP}avatar/", 200, {"avatars": [{"avatarType": "upload", "photoType": "logo"}]}, LOGO),
    Step(OWNER, "GET", f"{ONE_APP}avatar/", 200, {"slug": "kanban", "avatars": [{"color": True}]}),
    Step(OWNER, "POST", f"{ONE_APP}rotate-secret/", 200, {"clientSecret": str}, keep={"secret": "clientSecret"}),
    Step(OWNER, "POST", f"{ONE_APP}publish-request/", 201, None, {"questionnaire": QUESTIONNAIRE}),
]
INSTALLING = [
    Step(OWNER, "POST", INSTALLATIONS, 200, {"status": "pending"}, {"slug": "kanban"}, keep=CODE),
    Step(OWNER, "GET", INSTALLATIONS, 200, [{**INSTALLED, "status": "pending", "code": "{code}"}]),
    Step(NOBODY, "POST", AUTHORIZATIONS, 201, {"scopes": SCOPES}, GRANT, keep={"token": "token"}),
    Step(APP, "PUT", INSTALLATION, 200, {**INSTALLED, "status": "installed"}, {"status": "installed"}),
    Step(APP, "GET", INSTALLATION, 200, {**INSTALLED, "status": "installed"}),
]
WATCHING = [
    Step(OWNER, "GET", DELIVERIES, 200, [DELIVERED], keep={"delivery_id": "0.id"}, is_awaited=True),
    Step(OWNER, "GET", f"{DELIVERIES}{{delivery_id}}/", 200, {"id": "{delivery_id}", **DELIVERED}),
    Step(OWNER, "POST", f"{DELIVERIES}{{delivery_id}}/redeliver/", 202, {"id": "{delivery_id}"}),
    Step(OWNER, "GET", f"{ONE_APP}webhook-requests/", 200, CALLED, is_awaited=True),
    Step(OWNER, "GET", f"{ONE_APP}requests/", 200, CALLED),
    Step(OWNER, "GET", f"{ONE_APP}stats/", 200, {"totalInstalls": 1, "totalUninstalls": 0}),
    Step(ROOT, "GET", "/sentry-apps-stats/", 200, [{"id": int, "slug": "kanban", "installs": 1}]),
]
ENDING = [
    Step(OWNER, "DELETE", INSTALLATION, 204),
    Step(OWNER, "POST", APPS, 201, {"status": "internal", "author": "Acme"}, BOT, keep={"app_id_or_slug": "slug"}),
    Step(SESSION, "POST", f"{ONE_APP}api-tokens/", 201, {"token": str, "expiresAt": None}, keep={"token_id": "id"}),
    Step(SESSION, "GET", f"{ONE_APP}api-tokens/", 200, [{"id": "{token_id}", "scopes": ["org:read"]}]),
    Step(SESSION, "DELETE", f"{ONE_APP}api-tokens/{{token_id}}/", 204),
    Step(OWNER, "DELETE", ONE_APP, 204),
    Step(OWNER, "GET", f"{ORGANIZATION}/audit-logs/", 200, {"rows": [{"event": str(each)} for each in AuditEvent]}),
]
STEPS = [*PEOPLE, *ORGANIZATIONS, *MAKING, *INSTALLING, *WATCHING, *ENDING]
OPEN = {("GET", "/"), ("DELETE", "/auth/"), ("POST", AUTHORIZATIONS)}
"""What takes no credentials, or takes them in its body."""


@pytest.fixture(scope="module")
def walk(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Walk]:
    data = tmp_path_factory.mktemp("endpoints") / "data"
    with silo_up(data, "--region", "us", "--region", "de") as up, running_app() as receiver:
        receiver.answers("/hook")
        users: dict[str, Any] = up.topology["users"]
        known = {
            "organization_id_or_slug": "acme",
            "receiver": receiver.url,
            "owner_token": users["owner"]["token"],
            "owner_session": users["owner"]["session"],
            "superuser_token": users["superuser"]["token"],
        }
        with closing(Walk(up.topology["control"]["http"], callers=CALLERS, known=known)) as walk:
            yield walk


def test_every_endpoint_answers_as_the_table_says(walk: Walk) -> None:
    walk.go(STEPS)


def test_the_table_has_every_endpoint_that_is_documented(walk: Walk) -> None:
    assert {step.operation for step in STEPS} == walk.operations


def test_who_shows_no_credentials_is_asked_for_them(walk: Walk) -> None:
    walk.known.update(dict.fromkeys(("app_id_or_slug", "uuid", "token_id", "delivery_id"), "nothing"))
    refusal = (401, {"detail": "Authentication credentials were not provided."})
    for method, path in walk.operations - {(method, PREFIX + path) for method, path in OPEN}:
        answer = walk.ask(NOBODY, method, path, {})
        assert (answer.status_code, answer.json()) == refusal, f"{method} {path}"


def test_every_path_tells_its_methods_and_refuses_others(walk: Walk) -> None:
    walk.known.update(dict.fromkeys(("app_id_or_slug", "uuid", "token_id", "delivery_id"), "nothing"))
    for path, methods in walk.document["paths"].items():
        allowed = {method.upper() for method in methods} | {"OPTIONS"} | ({"HEAD"} if "get" in methods else set())
        told, refused = (walk.ask(NOBODY, method, path) for method in ("OPTIONS", "PATCH"))
        assert (told.status_code, set(told.headers["allow"].split(", "))) == (200, allowed), path
        assert (refused.status_code, refused.json()) == (405, {"detail": 'Method "PATCH" not allowed.'}), path
