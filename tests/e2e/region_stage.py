"""A running `silo up` with one of everything that a region's paths can name, and an app with a server of its own."""

import gzip
import itertools
import json
from collections.abc import Callable, Mapping
from typing import Any

import httpx

from tests.e2e.region_calls import ALERT, RULE, TICKET, Call
from tests.e2e.silo_up import SiloUp, eventually
from tests.integration.third_party import ThirdPartyApp

SECONDS = 20
"""How long a region may take to learn of the app."""
EVENT = {"platform": "python", "exception": {"values": [{"type": "KeyError", "value": "'x'"}]}}
BOARDS = [{"value": "1", "label": "One"}, {"value": 2, "label": "Two"}]
_BOARD = {"type": "select", "name": "board", "label": "Board", "uri": "/boards"}
_CHANNEL = {"type": "text", "name": "channel", "label": "Channel"}
_SCHEMA = {
    "elements": [
        {
            "type": "issue-link",
            "create": {"uri": "/create", "required_fields": [_BOARD]},
            "link": {"uri": "/link", "required_fields": [_BOARD]},
        },
        {
            "type": "alert-rule-action",
            "title": "Tell a channel",
            "settings": {"type": "alert-rule-settings", "uri": "/alert", "required_fields": [_CHANNEL]},
        },
    ]
}
_APP = {
    "name": "Kanban",
    "organization": "acme",
    "isInternal": True,
    "scopes": ["event:admin", "org:read", "project:read"],
    "schema": _SCHEMA,
}


class Stage:
    """``acme``, which lives in ``us``, asked at the region's address or at control's."""

    def __init__(self, up: SiloUp, third_party: ThirdPartyApp, client: httpx.Client) -> None:
        self._client = client
        self.urls = {silo: str(up.place(silo)["http"]) for silo in ("control", "us")}
        owner = up.topology["users"]["owner"]
        self._credentials = {
            "owner": _bearer(owner["token"]),
            "session": {"Cookie": f"sentrysid={owner['session']}"},
        }
        self._numbers = itertools.count(1)
        self.things = {
            "control_url": self.urls["control"],
            "region_url": self.urls["us"],
            "user_id": str(owner["id"]),
            "organization_id": str(up.topology["organization"]["id"]),
            "organization_id_or_slug": "acme",
            "project_id_or_slug": "web",
            "tag_key": "level",
        }
        self._add_app(third_party)
        self._add_issue()
        eventually(self._knows_app, within_seconds=SECONDS)

    def things_for(self, call: Call, *, via: str) -> Mapping[str, str]:
        """What the names in a call stand for; what it may use up is made anew."""
        made = {name: _MAKERS[name](self) for name in sorted(call.names & _MAKERS.keys())}
        return self.things | made

    def ask(self, call: Call, things: Mapping[str, str], *, via: str) -> httpx.Response:
        path, query, body = (filled(part, things) for part in (call.path, call.query, call.body))
        return self.request(call.method, path, body, via=via, by=call.by, params=query)

    def request(
        self, method: str, path: str, body: Any = None, *, via: str = "us", by: str = "owner", **more: Any
    ) -> httpx.Response:
        url = f"{self.urls[via]}/api/0{path}"
        return self._client.request(method, url, json=body, headers=self._credentials[by], **more)

    def store(self, event: Any, *, via: str = "us") -> str:
        """Sends an event by itself, packed; answers its id."""
        url = f"{self.urls[via]}/api/{self.things['project_id']}/store/?sentry_key={self.things['key']}"
        packed = gzip.compress(json.dumps(event).encode())
        return str(self._client.post(url, content=packed, headers={"Content-Encoding": "gzip"}).json()["id"])

    def document(self) -> Any:
        """The region's ``/openapi.json``."""
        return self._client.get(f"{self.urls['us']}/openapi.json").json()

    def make(self, path: str, body: Any, *, via: str = "us", by: str = "owner") -> Any:
        """What was made at a path."""
        answer = self.request("POST", filled(path, self.things), filled(body, self.things), via=via, by=by)
        assert answer.is_success, answer.text
        return answer.json()

    def next_number(self) -> int:
        return next(self._numbers)

    def _add_app(self, third_party: ThirdPartyApp) -> None:
        third_party.answers("/boards", json=BOARDS)
        third_party.answers("/create", json=TICKET)
        third_party.answers("/alert")
        app = self.make("/sentry-apps/", _APP | {"webhookUrl": f"{third_party.url}/hook"}, via="control")
        token = self.make(f"/sentry-apps/{app['slug']}/api-tokens/", None, via="control", by="session")
        [installation] = self.request("GET", "/organizations/acme/sentry-app-installations/", via="control").json()
        self._credentials["app"] = _bearer(token["token"])
        self.things |= {"sentry_app_id_or_slug": app["slug"], "uuid": installation["uuid"]}

    def _add_issue(self) -> None:
        project = self.make("/organizations/acme/projects/", {"slug": "web"})
        [key] = self.request("GET", "/projects/acme/web/keys/").json()
        self.things |= {"project_id": project["id"], "key": key["public"], "dsn": key["dsn"]["public"]}
        event_id = self.store(EVENT)
        [issue] = self.request("GET", "/organizations/acme/issues/").json()
        self.things |= {"event_id": event_id, "issue_id": issue["id"], "short_id": issue["shortId"]}

    def _knows_app(self) -> bool:
        path = filled("/sentry-app-installations/{uuid}/service-hook-projects/", self.things)
        components = self.request("GET", "/organizations/acme/sentry-app-components/")
        return self.request("GET", path).is_success and len(components.json()) == len(_SCHEMA["elements"])


def filled(part: Any, things: Mapping[str, str]) -> Any:
    """The part with every name in it replaced by what it stands for."""
    if isinstance(part, dict):
        return {key: filled(value, things) for key, value in part.items()}
    if isinstance(part, list):
        return [filled(value, things) for value in part]
    return part.format_map(things) if isinstance(part, str) else part


def _bearer(token: str) -> dict[str, str]:
    return {"Authorization": f"Bearer {token}"}


def _id_at(path: str, body: Any) -> Callable[[Stage], str]:
    return lambda stage: str(stage.make(path, body)["id"])


def _confined(stage: Stage) -> str:
    [made] = stage.make("/sentry-app-installations/{uuid}/service-hook-projects/", {"projects": ["web"]})
    return str(made["id"])


_MAKERS: Mapping[str, Callable[[Stage], str]] = {
    "new": lambda stage: f"new-{stage.next_number()}",
    "comment_id": _id_at("/issues/{issue_id}/comments/", {"text": "Seen."}),
    "alert_rule_id": _id_at("/organizations/acme/alert-rules/", ALERT),
    "rule_id": _id_at("/projects/acme/web/rules/", RULE),
    "external_issue_id": _id_at(
        "/sentry-app-installations/{uuid}/external-issues/", {"issueId": "{issue_id}", **TICKET}
    ),
    "hook_project_id": _confined,
}
