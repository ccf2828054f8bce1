"""A region behind its own HTTP application, a project that events come in to, and callers that carry credentials."""

import json
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any
from uuid import uuid4

import httpx

from region_silo.models.issue import Activity
from region_silo.models.project import Project
from region_silo.services.region import Region
from shared.domain.scopes import Role
from tests.http_silos import HttpSilos
from tests.silos import fresh

JsonObject = dict[str, Any]


@dataclass(frozen=True)
class Caller:
    """Someone who calls the API with a token, or with nothing."""

    client: httpx.Client
    headers: dict[str, str]
    user_id: int = 0
    email: str = ""

    def get(self, path: str, **query: Any) -> httpx.Response:
        return self.client.get(f"/api/0{path}", headers=self.headers, params=query or None)

    def post(self, path: str, body: Any) -> httpx.Response:
        return self.client.post(f"/api/0{path}", headers=self.headers, content=json.dumps(body))

    def put(self, path: str, body: Any) -> httpx.Response:
        return self.client.put(f"/api/0{path}", headers=self.headers, content=json.dumps(body))

    def delete(self, path: str) -> httpx.Response:
        return self.client.delete(f"/api/0{path}", headers=self.headers)


class World:
    """An organization of its own with a project ``web``, in a region that other worlds share."""

    def __init__(self, http: HttpSilos, client: httpx.Client) -> None:
        self.http = http
        self.silos = http.silos
        self.client = client
        self.region: Region = self.silos.regions["us"].region
        self.organization = self.silos.create_organization(fresh("acme"), region="us")
        self.silos.replicate()
        self.org: str = self.organization.slug
        self.owner = self.person(Role.OWNER)
        self.web = self.project("web")

    def person(self, role: Role, *, organization_id: int | None = None) -> Caller:
        """A new member; of this world's organization unless told otherwise."""
        email = f"{fresh(role.value)}@acme.example"
        user = self.silos.create_user(email, organization_id=organization_id or self.organization.id, role=role)
        return Caller(self.client, _bearer(self.http.create_token(user.id, sorted(role.scopes))), user.id, email)

    def app(self, *scopes: str) -> Caller:
        """An internal app of the organization, with a token of its own, which region and control both know."""
        creator = self.silos.create_user(fresh("creator@acme.example"))
        app = self.silos.create_app(
            fresh("Robot"),
            owner=self.organization,
            creator=creator,
            is_internal=True,
            schema={},
            events=[],
            scopes=list(scopes),
        )
        token = self.http.create_app_token(app)
        self.silos.replicate()
        return Caller(self.client, _bearer(token.text), app.proxy_user_id or 0, app.uuid)

    def token_with(self, caller: Caller, *scopes: str) -> Caller:
        """The same person with a token that allows only these scopes."""
        return Caller(
            self.client, _bearer(self.http.create_token(caller.user_id, scopes)), caller.user_id, caller.email
        )

    def project(self, slug: str) -> Project:
        made = self.owner.post(f"/organizations/{self.org}/projects/", {"slug": slug})
        assert made.status_code == 201, made.text
        with self.region.database.session():
            return Project.get_by_id(int(made.json()["id"]))

    def send(self, *payloads: JsonObject, project: Project | None = None) -> list[str]:
        """Sends events as an SDK would; answers their ids."""
        answers = [self.send_envelope(envelope_of(payload), project=project) for payload in payloads]
        assert [answer.status_code for answer in answers] == [200] * len(answers), answers[-1].text
        return [answer.json()["id"] for answer in answers]

    def send_envelope(
        self, body: bytes, *, project: Project | None = None, key: str | None = None, **headers: str
    ) -> httpx.Response:
        target = project or self.web
        auth = {"x-sentry-auth": f"Sentry sentry_key={key or target.public_key}, sentry_version=7"}
        named = {name.replace("_", "-"): value for name, value in headers.items()}
        return self.client.post(f"/api/{target.id}/envelope/", content=body, headers=auth | named)

    def issues(self, **query: Any) -> list[JsonObject]:
        """The issues that the owner's list shows."""
        listed: list[JsonObject] = self.owner.get(f"/organizations/{self.org}/issues/", **query).json()
        return listed

    def issue(self, **query: Any) -> JsonObject:
        """The one issue that the owner's list shows."""
        (issue,) = self.issues(**query)
        return issue

    def raise_issue(self, name: str = "ZeroDivisionError") -> JsonObject:
        """An issue of its own."""
        self.send(exception(type=fresh(name)))
        return self.issues(limit=1)[0]

    def activity(self, issue_id: str) -> list[str]:
        """The kinds of what happened to an issue, oldest first."""
        with self.region.database.session():
            rows = Activity.select().where(Activity.issue_id == int(issue_id)).order_by(Activity.id)
            return [row.kind for row in rows]

    def last_activity(self, issue_id: str) -> Activity:
        with self.region.database.session():
            return Activity.select().where(Activity.issue_id == int(issue_id)).order_by(Activity.id.desc()).get()


def exception(
    *, type: str = "ZeroDivisionError", value: str = "division by zero", function: str = "divide", **fields: Any
) -> JsonObject:
    """An event with a caught exception."""
    frames: Sequence[JsonObject] = [
        {"module": "app.main", "filename": "app/main.py", "function": "run", "in_app": True, "lineno": 3},
        {"module": "app.math", "filename": "app/math.py", "function": function, "in_app": True, "lineno": 7},
        {"module": "lib.number", "filename": "lib/number.py", "function": "__truediv__", "in_app": False},
    ]
    caught = {"type": type, "value": value, "stacktrace": {"frames": frames}, "mechanism": {"handled": False}}
    return {"platform": "python", "level": "error", "exception": {"values": [caught]}} | fields


def message(text: str, **fields: Any) -> JsonObject:
    """An event with a message alone."""
    return {"platform": "python", "level": "info", "message": text} | fields


def envelope_of(payload: Any, *, type: str = "event", event_id: str | None = None) -> bytes:
    """One item in an envelope, as SDKs send it."""
    body = json.dumps(payload).encode()
    header = {"event_id": event_id or uuid4().hex, "sent_at": "2030-01-01T00:00:00Z"}
    return b"\n".join([json.dumps(header).encode(), json.dumps({"type": type, "length": len(body)}).encode(), body])


def _bearer(token: str) -> dict[str, str]:
    return {"authorization": f"Bearer {token}"}
