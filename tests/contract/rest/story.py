"""The golden story: every endpoint once, as people and an app would come by them. Control's part is told here."""

from typing import Any
from uuid import uuid4

import jwt

from shared.domain.peer import CONTROL
from tests.contract.rest import region_story
from tests.contract.rest.stage import Stage
from tests.pictures import picture

HEADERS = ["X-Board: 7"]
JWT_GRANT = "urn:sentry:params:oauth:grant-type:jwt-bearer"


def tell(stage: Stage) -> None:
    """Everything, in an order in which each endpoint has something to answer."""
    tell_of_people(stage)
    kanban = tell_of_apps(stage)
    installation = tell_of_an_installation(stage, kanban)
    tell_of_tokens(stage)
    region_story.tell(stage, installation)
    tell_of_webhooks(stage)
    tell_of_the_end(stage, installation)


def tell_of_people(stage: Stage) -> None:
    def ask(*args: Any, **kwargs: Any) -> Any:
        return stage.ask(CONTROL, *args, **kwargs)

    ask("GET", "/", by="nobody")
    ask("GET", "/")
    ask("GET", "/auth/", by="owner in a session")
    ask("POST", "/auth/", by="nobody", password=("member@acme.example", "correct horse"))
    ask("GET", "/users/me/", by="member")
    ask("GET", "/users/me/regions/")
    made = ask("POST", "/users/", {"email": "ann@acme.example", "organization": "acme"}, by="superuser")
    stage.has_token("ann", made["token"])
    ask("POST", f"/users/{made['id']}/impersonation/", by="superuser")
    ask("DELETE", "/auth/", by="member in a session")
    ask("POST", "/organizations/", {"slug": "globex", "name": "Globex", "region": "us"}, by="superuser")
    ask("GET", "/organizations/")
    ask("PUT", "/organizations/acme/features/", {"feature": "organizations:x", "enabled": False}, by="superuser")


def tell_of_apps(stage: Stage) -> dict[str, Any]:
    """Answers the public app."""

    def ask(*args: Any, **kwargs: Any) -> Any:
        return stage.ask(CONTROL, *args, **kwargs)

    kanban: dict[str, Any] = ask("POST", "/sentry-apps/", _kanban(stage))
    robot = {"name": "Robot", "organization": "acme", "isInternal": True, "scopes": ["org:read", "event:read"]}
    stage.naming.name(ask("POST", "/sentry-apps/", robot)["slug"], "robot")
    ask("GET", "/sentry-apps/kanban/", by="member")
    ask("PUT", "/sentry-apps/kanban/", {"overview": "Cards for issues.", "popularity": 3}, by="superuser")
    ask("GET", "/sentry-apps/?status=unpublished")
    ask("GET", "/sentry-apps/?status=internal", by="member")
    ask("GET", "/organizations/acme/sentry-apps/")
    ask("GET", "/sentry-apps/kanban/features/")
    ask("GET", "/sentry-apps/kanban/components/")
    for color, mode in ((True, "RGBA"), (False, "LA")):
        photo: dict[str, Any] = {"color": color, "avatar_type": "upload", "avatar_photo": picture(mode=mode)}
        stage.naming.name(photo["avatar_photo"], "a picture in base64")
        ask("PUT", "/sentry-apps/kanban/avatar/", photo)
    ask("GET", "/sentry-apps/kanban/avatar/")
    kanban |= ask("POST", "/sentry-apps/kanban/rotate-secret/")
    return kanban


def _kanban(stage: Stage) -> dict[str, Any]:
    select = {"type": "select", "name": "board", "label": "Board", "uri": "/boards"}
    title = {"type": "text", "name": "title", "label": "Title", "default": "issue.title"}
    settings = {"type": "alert-rule-settings", "uri": "/alert", "required_fields": [title]}
    elements = [
        {
            "type": "issue-link",
            "link": {"uri": "/link", "required_fields": [select]},
            "create": {"uri": "/create", "required_fields": [title]},
        },
        {"type": "stacktrace-link", "uri": "/code"},
        {"type": "alert-rule-action", "title": "Make a card", "settings": settings},
    ]
    return {
        "name": "Kanban",
        "organization": "acme",
        "author": "Acme",
        "scopes": ["event:admin", "org:integrations", "project:read"],
        "events": ["issue", "comment"],
        "webhookUrl": f"{stage.third_party.url}/hook",
        "webhookHeaders": HEADERS,
        "redirectUrl": f"{stage.third_party.url}/setup",
        "isAlertable": True,
        "schema": {"elements": elements},
        "allowedOrigins": ["https://kanban.example"],
    }


def tell_of_an_installation(stage: Stage, kanban: dict[str, Any]) -> str:
    """Installs the public app in acme, lets it fetch its tokens and confirm; answers the installation's UUID."""

    def ask(*args: Any, **kwargs: Any) -> Any:
        return stage.ask(CONTROL, *args, **kwargs)

    made = ask("POST", "/organizations/acme/sentry-app-installations/", {"slug": "kanban"})
    path, client = f"/sentry-app-installations/{made['uuid']}/", _client(kanban)
    code = {"grant_type": "authorization_code", "code": made["code"], **client}
    pair = ask("POST", f"{path}authorizations/", code, by="nobody")
    refresh = {"grant_type": "refresh_token", "refresh_token": pair["refreshToken"], "state": "s", **client}
    ask("POST", f"{path}authorizations/", refresh, by="nobody")
    stage.has_token("kanban by a JWT", _jwt(stage, kanban))
    pair = ask("POST", f"{path}authorizations/", {"grant_type": JWT_GRANT}, by="kanban by a JWT")
    stage.has_token("kanban", pair["token"])
    ask("PUT", path, {"status": "installed"}, by="kanban")
    ask("GET", path)
    ask("GET", "/organizations/acme/sentry-app-installations/", by="member")
    return str(made["uuid"])


def _client(kanban: dict[str, Any]) -> dict[str, str]:
    return {"client_id": kanban["clientId"], "client_secret": kanban["clientSecret"]}


def _jwt(stage: Stage, kanban: dict[str, Any]) -> str:
    now, client_id = stage.silos.clock.now().timestamp(), kanban["clientId"]
    claims = {"iss": client_id, "sub": client_id, "iat": now, "exp": now + 60, "jti": uuid4().hex}
    return jwt.encode(claims, kanban["clientSecret"], "HS256")


def tell_of_tokens(stage: Stage) -> None:
    def ask(*args: Any, **kwargs: Any) -> Any:
        return stage.ask(CONTROL, *args, by="owner in a session", **kwargs)

    path = f"/sentry-apps/{stage.naming.value_named('robot')}/api-tokens/"
    made = ask("POST", path)
    stage.has_token("robot", made["token"])
    ask("GET", path)
    spare = ask("POST", path)
    ask("DELETE", f"{path}{spare['id']}/")


def tell_of_webhooks(stage: Stage) -> None:
    def ask(*args: Any, **kwargs: Any) -> Any:
        return stage.ask(CONTROL, *args, **kwargs)

    stage.third_party.answers("/hook", json={"got": "it"})
    stage.send_webhooks()
    ask("GET", "/sentry-apps/kanban/deliveries/?per_page=2")
    one = "/sentry-apps/kanban/deliveries/control.1/"
    ask("GET", one)
    ask("POST", f"{one}redeliver/")
    ask("POST", "/sentry-apps/kanban/deliveries/redeliver/", {"event": "installation.created"})
    ask("POST", "/sentry-apps/kanban/test/", {"event": "seer.pr_created", "payload": {"run_id": 7}})
    attempt = {"startedAt": "2030-01-01T00:00:00Z", "durationMs": 1, "responseCode": 200, "response": {"body": "ok"}}
    ask("POST", f"{one}attempts/", attempt)
    channel = ask("GET", "/sentry-apps/kanban/channel/")["url"].rsplit("/", 2)[1]
    ask("GET", "/sentry-apps/kanban/stream/?seconds=0")
    ask("GET", f"/sentry-apps/kanban/stream/{channel}/?seconds=0")
    stage.send_webhooks()
    ask("GET", "/sentry-apps/kanban/webhook-requests/?eventType=installation.created")
    ask("GET", "/sentry-apps/kanban/requests/?errorsOnly=true")


def tell_of_the_end(stage: Stage, installation: str) -> None:
    def ask(*args: Any, **kwargs: Any) -> Any:
        return stage.ask(CONTROL, *args, **kwargs)

    questionnaire = [{"question": "What does it do?", "answer": "Cards."}]
    ask("GET", "/sentry-apps/kanban/stats/")
    ask("GET", "/sentry-apps-stats/", by="superuser")
    ask("DELETE", f"/sentry-app-installations/{installation}/")
    ask("POST", "/sentry-apps/kanban/publish-request/", {"questionnaire": questionnaire})
    ask("DELETE", "/sentry-apps/kanban/")
    ask("DELETE", f"/sentry-apps/{stage.naming.value_named('robot')}/")
    ask("GET", "/organizations/acme/audit-logs/")
