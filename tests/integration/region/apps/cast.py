"""Everyone who may call a region about acme, and one of everything there that a path can name."""

from collections.abc import Callable, Mapping
from typing import Any

import httpx

from control_silo.services.user import NewUser
from region_silo.models.project import Project
from shared.domain.scopes import Role
from tests.http_silos import HttpSilos
from tests.integration.region.apps.world import BOARDS, Caller, World
from tests.integration.third_party import ThirdPartyApp
from tests.silos import Silos, fresh

TICKET = {"webUrl": "https://kanban.example/7", "project": "web", "identifier": "7"}
RESOLVED = {"status": "resolved"}
TEXT = {"text": "Seen."}
ALERT = {
    "name": "Many",
    "projects": ["api"],
    "timeWindow": 10,
    "triggers": [{"label": "critical", "alertThreshold": 100, "actions": []}],
}
RULE = {"name": "Any", "actions": [{"id": "sentry.rules.actions.notify_event.NotifyEventAction"}]}

Request = tuple[str, str, Any]
"""Method, path with the names of things in braces, and body."""


class Cast:
    """The callers by name, and requests about acme."""

    def __init__(self, silos: Silos, http: HttpSilos, third_party: ThirdPartyApp) -> None:
        self.world = world = World(silos, http, third_party)
        third_party.answers("/boards", json=BOARDS)
        third_party.answers("/create", json=TICKET)
        globex = world.other_organization()
        own = {role.value: world.create_user(role) for role in Role}
        self.people: Mapping[str, NewUser] = own | {
            "stranger": world.create_user(Role.OWNER, organization=globex),
            "superuser": http.create_user(f"{fresh('root')}@silo.example", is_superuser=True),
            "staff": http.create_user(f"{fresh('staff')}@silo.example", is_staff=True),
        }
        apps = {
            "other_app": world.create_app(name=fresh("Other")),
            "foreign_app": world.create_app(name=fresh("Foreign"), owner=globex),
        }
        tokens = {name: http.create_app_token(app).text for name, app in apps.items()}
        tokens |= {name: person.token for name, person in self.people.items()}
        tokens |= {
            "nobody": "",
            "own_app": world.robot.token,
            "narrow": http.create_token(world.owner_user.user.id, ["event:read"]),
        }
        self.callers = {name: Caller(http, token=token) for name, token in tokens.items()}
        silos.replicate()
        self.event = self._send_event(world.create_project("api"))
        self.issue = world.owner.get(f"/projects/{world.acme.slug}/api/issues/").json()[0]

    def with_session(self, name: str) -> Caller:
        """A person at a browser."""
        return Caller(self.world.http, session=self.people[name].session_key)

    def ask(self, caller: Caller, request: Request, *, is_own: bool = False) -> httpx.Response:
        """Makes a request about things that acme's owner has made; or about the caller's own, as far as they may."""
        method, path, body = request
        maker = caller if is_own else self.world.owner
        names = {name: self._find(name, maker) for name in _THINGS if f"{{{name}}}" in f"{path}{body}"}
        return caller.call(method, path.format(**names), json=_filled(body, names))

    def _find(self, name: str, maker: Caller) -> str:
        return _THINGS[name](self, maker)

    def _send_event(self, project: Project) -> str:
        url = f"/api/{project.id}/store/?sentry_key={project.public_key}"
        answer = self.world.http.call("POST", "us", url, json={"message": "It broke."})
        assert answer.status_code == 200, answer.text
        return str(answer.json()["id"])

    def make(self, maker: Caller, path: str, body: Any) -> str:
        """The id of what the maker made, or acme's owner in their stead."""
        answer = maker.post(path, body)
        if not answer.is_success:
            answer = self.world.owner.post(path, body)
        return str(answer.json()["id"])


def _filled(body: Any, names: Mapping[str, str]) -> Any:
    if isinstance(body, dict):
        return {key: _filled(value, names) for key, value in body.items()}
    return body.format(**names) if isinstance(body, str) else body


def _comment(cast: Cast, maker: Caller) -> str:
    return cast.make(maker, f"/issues/{cast.issue['id']}/comments/", {"text": "Mine."})


def _link(cast: Cast, maker: Caller) -> str:
    return cast.make(maker, f"{cast.world.path}/external-issues/", {"issueId": cast.issue["id"], **TICKET})


def _alert(cast: Cast, maker: Caller) -> str:
    # In a project of its own: one project has a few, and each test here makes one.
    organization, project = f"/organizations/{cast.world.acme.slug}", fresh("alerts")
    cast.world.owner.post(f"{organization}/projects/", {"slug": project, "name": project})
    return cast.make(maker, f"{organization}/alert-rules/", ALERT | {"projects": [project]})


def _rule(cast: Cast, maker: Caller) -> str:
    return cast.make(maker, f"/projects/{cast.world.acme.slug}/api/rules/", RULE)


_THINGS: Mapping[str, Callable[[Cast, Caller], str]] = {
    "alert": _alert,
    "org": lambda cast, _: cast.world.acme.slug,
    "issue": lambda cast, _: cast.issue["id"],
    "short": lambda cast, _: cast.issue["shortId"],
    "event": lambda cast, _: cast.event,
    "app": lambda cast, _: cast.world.app.slug,
    "installation": lambda cast, _: cast.world.path,
    "new": lambda cast, _: fresh("project"),
    "comment": _comment,
    "link": _link,
    "rule": _rule,
}
