"""What calls can be about: organizations in both regions, apps in every state, an issue, and a live third party.

Everything is made as people make it, over REST. ``facts`` then names it all, for the rows of a table to refer to.
"""

import contextlib
from collections.abc import Iterator, Mapping
from hashlib import sha256
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import httpx

from tests.e2e.silo_up import SiloUp, eventually, silo_up
from tests.e2e.stranger import Stranger
from tests.integration.third_party import ThirdPartyApp, running_app

APPS = "hybridcloud.apps.v1.AppService"
HOOKS = "hybridcloud.hooks.v1.HookService"
LOG = "hybridcloud.requests.v1.AppRequestService"
REGION = "hybridcloud.region.v1.SentryAppRegionService"
SILOS = ("control", "us", "de")


def action(uri: str) -> dict[str, Any]:
    """An alert-rule-action that is announced there."""
    lane = {"type": "select", "name": "lane", "label": "Lane", "options": [["1", "todo"]]}
    settings = {"type": "alert-rule-settings", "uri": uri, "required_fields": [lane]}
    return {"type": "alert-rule-action", "title": "Create a card", "settings": settings}


BOARD = {"type": "select", "name": "board", "label": "Board", "uri": "/boards"}
TITLE = {"type": "text", "name": "title", "label": "Title"}
ISSUE_LINK = {
    "type": "issue-link",
    "link": {"uri": "/link", "required_fields": [BOARD]},
    "create": {"uri": "/create", "required_fields": [TITLE]},
}
ACME_APPS: Mapping[str, Mapping[str, Any]] = {
    "Kanban": {"isAlertable": True, "schema": {"elements": [ISSUE_LINK, action("/alert")]}, "events": ["issue"]},
    "Pager": {"isAlertable": True, "verifyInstall": False, "events": ["issue"]},
    "Ghost": {"isAlertable": True, "events": []},
    "World": {"verifyInstall": False, "schema": {"elements": [action("/refuse")]}, "events": []},
    "Robot": {"isInternal": True, "isAlertable": True, "verifyInstall": False, "events": []},
    "Clay": {"events": []},
    "Wax": {"events": ["issue"]},
}
"""Kanban is confirmed, Pager needs no confirmation, Ghost never confirms, World is published and installed elsewhere;
Clay and Wax are there to be changed."""


class Stage:
    """The platform and the names of what is on it."""

    def __init__(self, up: SiloUp, receiver: ThirdPartyApp) -> None:
        self.up, self.receiver = up, receiver
        known = {name: up.keys.variables(name)["SILO_RPC_KEYS"] for name in SILOS}
        self.silos = {name: Stranger(name, address=up.place(name)["grpc"], keys=known[name]) for name in SILOS}
        self.facts: dict[str, Any] = {}

    def fill(self) -> None:
        """Makes everything."""
        with self.up.api("superuser") as root, self.up.api("owner") as owner:
            for slug, region in (("beta", "de"), ("gamma", "us")):
                made = _post(root, "/organizations/", slug=slug, name=slug.title(), region=region)
                self.facts[slug] = {"id": int(made["id"])}
            self.facts["acme"] = self.up.topology["organization"]
            self.facts["outsider"] = beta = _post(
                root, "/users/", email="owner@beta.example", organization="beta", role="owner"
            )
            for name, fields in ACME_APPS.items():
                self._create(owner, name, fields)
            root.put("/sentry-apps/world/", json={"status": "published"}).raise_for_status()
            for slug in ("kanban", "pager", "ghost"):
                self._install(owner, "acme", slug)
            owner.headers["Authorization"] = f"Bearer {beta['token']}"
            self._install(owner, "beta", "world")
        self._confirm("kanban")
        self._make_tokens()
        self._learn_names()
        self._raise_issue()
        self._write_to_us()
        for silo in self.silos.values():
            eventually(lambda silo=silo: _is_idle(silo), within_seconds=60)  # type: ignore[misc]

    def _create(self, api: httpx.Client, name: str, fields: Mapping[str, Any]) -> None:
        common = {"name": name, "author": "Acme", "organization": "acme", "scopes": ["event:write"]}
        made = _post(api, "/sentry-apps/", **common, webhookUrl=f"{self.receiver.url}/hook", **fields)
        self.facts[name.lower()] = made

    def _install(self, api: httpx.Client, organization: str, slug: str) -> None:
        path = f"/organizations/{organization}/sentry-app-installations/"
        self.facts[f"{slug}_in"] = _post(api, path, slug=slug)

    def _exchange(self, name: str) -> dict[str, Any]:
        app, installation = self.facts[name], self.facts[f"{name}_in"]
        with self.up.api() as api:
            return _post(
                api,
                f"/sentry-app-installations/{installation['uuid']}/authorizations/",
                grant_type="authorization_code",
                code=installation["code"],
                client_id=app["clientId"],
                client_secret=app["clientSecret"],
            )

    def _confirm(self, name: str) -> None:
        made = self._exchange(name)
        self.facts[f"{name}_token"] = {"id": int(made["id"]), "hash": _hash(made["token"])}
        path = f"/sentry-app-installations/{self.facts[f'{name}_in']['uuid']}/"
        with self.up.api() as api:
            api.headers["Authorization"] = f"Bearer {made['token']}"
            api.put(path, json={"status": "installed"}).raise_for_status()

    def _make_tokens(self) -> None:
        owner = self.up.topology["users"]["owner"]
        self.facts["ghost_token"] = {"id": int(self._exchange("ghost")["id"])}
        with self.up.api() as api:
            api.headers.pop("Authorization")
            api.headers["Cookie"] = f"sentrysid={owner['session']}"
            made = _post(api, f"/sentry-apps/{self.facts['robot']['slug']}/api-tokens/")
        self.facts["robot_token"] = {"id": int(made["id"])}
        self.facts["owner"] = {"id": owner["id"], "email": owner["email"], "hash": _hash(owner["token"])}

    def _learn_names(self) -> None:
        """Ids, as the platform itself tells them."""
        control = self.silos["control"]
        for organization in ("acme", "beta"):
            named = {"organization_id": self.facts[organization]["id"]}
            apps = control.call(f"{APPS}/GetSentryAppsForOrganization", named)
            found = control.call(f"{APPS}/GetMany", {"filter": named})
            self.facts |= {app["name"].lower(): app for app in apps.json["sentry_apps"]}
            self.facts |= {f"{each['sentry_app']['name'].lower()}_in": each for each in found.json["installations"]}

    def _raise_issue(self) -> None:
        """An issue in acme, of which Kanban and Pager hear."""
        with self.up.api("owner") as api:
            self.facts["web"] = project = _post(api, "/organizations/acme/projects/", name="web", slug="web")
            project["id"] = int(project["id"])
            [key] = api.get("/projects/acme/web/keys/").json()
            dsn = urlsplit(key["dsn"]["public"])
            url = f"{dsn.scheme}://{dsn.hostname}:{dsn.port}/api{dsn.path}/store/?sentry_key={dsn.username}"
            httpx.post(url, json={"message": "It broke", "level": "error"}, trust_env=False).raise_for_status()
            [issue] = api.get("/organizations/acme/issues/").json()
        self.facts["issue"] = {"id": int(issue["id"])}
        for name in ("kanban", "pager"):
            eventually(lambda name=name: self._has_delivered(name), within_seconds=60)  # type: ignore[misc]

    def _has_delivered(self, name: str) -> bool:
        wanted = {"sentry_app_id": self.facts[name]["id"], "cell_name": "us", "status": "STATUS_DELIVERED"}
        found = self.silos["us"].call(f"{LOG}/ListDeliveries", wanted).json["deliveries"]
        self.facts[f"{name}_delivery"] = found[0] if found else {}
        return bool(found)

    def _write_to_us(self) -> None:
        """Rows of a region that only a call can make: hooks of no known app, and a link that a row deletes."""
        us = self.silos["us"]
        acme = {"organization_id": self.facts["acme"]["id"]}
        hook = {**acme, "actor_id": 1, "events": ["issue"], "url": "https://a.example/hook"}
        for application_id in (9001, 9002):
            us.call(f"{HOOKS}/CreateServiceHook", {"application_id": application_id, **hook})
        link = {**acme, "installation": {"uuid": self.facts["robot_in"]["uuid"]}}
        ticket = {"web_url": "https://a.example/1", "project": "web", "identifier": "1"}
        made = us.call(f"{REGION}/CreateExternalIssue", {**link, **ticket, "group_id": self.facts["issue"]["id"]})
        self.facts["robot_link"] = made.json["external_issue"]


@contextlib.contextmanager
def running_stage(data: Path) -> Iterator[Stage]:
    """The stage, until the block ends."""
    with running_app() as receiver, silo_up(data) as up:
        receiver.answers("/hook")
        receiver.answers("/boards", json=[{"value": "1", "label": "One"}])
        receiver.answers("/alert", json={"message": "Made it"})
        receiver.answers("/refuse", status=400, json={"message": "Not today"})
        ticket = {"webUrl": "https://a.example/7", "project": "board", "identifier": "7"}
        receiver.answers("/create", json=ticket)
        stage = Stage(up, receiver)
        try:
            stage.fill()
            yield stage
        finally:
            for silo in stage.silos.values():
                silo.close()


def _is_idle(silo: Stranger) -> bool:
    """Whether everything that the silo has to tell others was told."""
    destinations = silo.call("hybridcloud.operations.v1.OutboxService/GetStatus", {}).json["destinations"]
    return not any(destination["backlog"] for destination in destinations)


def _post(api: httpx.Client, path: str, **body: Any) -> dict[str, Any]:
    answer = api.post(path, json=body)
    assert answer.is_success, answer.text
    made: dict[str, Any] = answer.json()
    return made


def _hash(text: str) -> str:
    return sha256(text.encode()).hexdigest()
