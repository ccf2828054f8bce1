"""An organization with an issue and an installed app, whose third party is a real server that the test scripts."""

import secrets
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import httpx

from control_silo.models.app import SentryApp
from control_silo.models.application import ApiApplication
from control_silo.models.installation import SentryAppInstallation
from control_silo.models.region import OrganizationReplica
from control_silo.services.user import NewUser
from region_silo.models.issue import Issue
from region_silo.models.project import Project
from region_silo.services.ids import IdKind, next_id
from region_silo.services.projects import create_project
from region_silo.services.region import Region
from shared.domain.request_record import RequestRecord
from shared.domain.scopes import Role
from shared.pb.hybridcloud.apps.v1 import installation_pb2
from shared.pb.hybridcloud.region.v1 import sentry_app_region_service_pb2_grpc
from shared.request_log import list_records
from tests.http_silos import HttpSilos
from tests.integration.third_party import ThirdPartyApp
from tests.silos import Silos, fresh

SCHEMA: Mapping[str, Any] = {
    "elements": [
        {
            "type": "issue-link",
            "link": {
                "uri": "/link",
                "required_fields": [{"type": "select", "name": "board", "label": "Board", "uri": "/boards"}],
                "optional_fields": [
                    {"type": "select", "name": "lane", "label": "Lane", "uri": "/lanes", "depends_on": ["board"]}
                ],
            },
            "create": {"uri": "/create", "required_fields": [{"type": "text", "name": "title", "label": "Title"}]},
        },
        {"type": "stacktrace-link", "uri": "/code"},
    ]
}
SCOPES = ["event:admin", "org:integrations", "project:read"]
BOARDS = [{"value": 1, "label": "One"}, {"value": "2", "label": "Two", "default": True}]


@dataclass(frozen=True)
class Caller:
    """Someone who calls the region, or control, with a token, a session, or nothing."""

    http: HttpSilos
    token: str = ""
    session: str = ""
    silo: str = "us"

    def get(self, path: str, **query: Any) -> httpx.Response:
        return self.call("GET", path, params=query or None)

    def post(self, path: str, body: Any = None, **query: Any) -> httpx.Response:
        return self.call("POST", path, json=body, params=query or None)

    def delete(self, path: str) -> httpx.Response:
        return self.call("DELETE", path)

    def call(self, method: str, path: str, **kwargs: Any) -> httpx.Response:
        return self.http.call(method, self.silo, f"/api/0{path}", token=self.token, session=self.session, **kwargs)


class World:
    """``acme`` lives in ``us`` and has installed the third party's internal app."""

    def __init__(self, silos: Silos, http: HttpSilos, third_party: ThirdPartyApp) -> None:
        self.silos = silos
        self.http = http
        self.third_party = third_party
        self.region: Region = silos.regions["us"].region
        self.acme = silos.create_organization(fresh("acme"), region="us")
        self.owner_user = http.create_user(f"{fresh('owner')}@acme.example", organization=self.acme.slug)
        self.owner = Caller(http, token=self.owner_user.token)
        self.nobody = Caller(http)
        self.app = self.create_app()
        self.installation = self.installation_of(self.app)
        self.robot = Caller(http, token=http.create_app_token(self.app).text)
        third_party.secret = self.secret_of(self.app)
        silos.replicate()
        self.project = self.create_project("web")
        self.issue = self.create_issue(self.project)

    @property
    def path(self) -> str:
        """Of the installation."""
        return f"/sentry-app-installations/{self.installation.uuid}"

    @cached_property
    def rpc(self) -> sentry_app_region_service_pb2_grpc.SentryAppRegionServiceStub:
        return sentry_app_region_service_pb2_grpc.SentryAppRegionServiceStub(self.silos.channel("us"))

    @property
    def named(self) -> installation_pb2.RpcSentryAppInstallation:
        """The installation, as callers of the region's services name it."""
        return installation_pb2.RpcSentryAppInstallation(uuid=self.installation.uuid)

    def create_app(self, *, owner: OrganizationReplica | None = None, **fields: Any) -> SentryApp:
        """An internal app of acme's unless told otherwise, with its webhook URL at the third party."""
        defaults: dict[str, Any] = {
            "is_internal": True,
            "scopes": SCOPES,
            "schema": SCHEMA,
            "webhook_url": f"{self.third_party.url}/hook?key=1",
        }
        name = fields.pop("name", None) or fresh("Kanban")
        return self.silos.create_app(name, owner=owner or self.acme, creator=self.owner_user.user, **defaults | fields)

    def create_public_app(self, **fields: Any) -> SentryAppInstallation:
        """A public app, installed in acme; not yet replicated."""
        app = self.create_app(is_internal=False, **fields)
        return self.silos.install(app, organization=self.acme)

    def installation_of(self, app: SentryApp) -> SentryAppInstallation:
        with self.silos.control.database.session():
            installation: SentryAppInstallation = SentryAppInstallation.get(SentryAppInstallation.sentry_app == app)
            return installation

    def secret_of(self, app: SentryApp) -> str:
        with self.silos.control.database.session():
            return str(ApiApplication.get_by_id(app.application_id).client_secret)

    def person(self, role: Role = Role.MEMBER, *, organization: OrganizationReplica | None = None) -> Caller:
        user = self.create_user(role, organization=organization)
        return Caller(self.http, token=user.token)

    def create_user(self, role: Role = Role.MEMBER, *, organization: OrganizationReplica | None = None) -> NewUser:
        slug = (organization or self.acme).slug
        return self.http.create_user(f"{fresh(role.value)}@acme.example", organization=slug, role=role)

    def stranger(self) -> Caller:
        """An owner of another organization in the same region."""
        return self.person(Role.OWNER, organization=self.other_organization())

    def other_organization(self, *, region: str = "us") -> OrganizationReplica:
        return self.silos.create_organization(fresh("globex"), region=region)

    def create_project(self, slug: str, *, organization_id: int | None = None) -> Project:
        return create_project(self.region, organization_id=organization_id or self.acme.id, slug=slug)

    def create_issue(self, project: Project) -> Issue:
        now = self.silos.clock.now()
        with self.region.database.transaction() as tx:
            return Issue.create(
                id=next_id(tx, IdKind.ISSUE),
                organization_id=project.organization_id,
                project_id=project.id,
                number=Issue.select().where(Issue.project_id == project.id).count() + 1,
                grouping_hash=secrets.token_hex(16),
                title="ZeroDivisionError",
                culprit="app.math",
                search_text="zerodivisionerror",
                type="error",
                level="error",
                platform="python",
                metadata={},
                first_seen_at=now,
                last_seen_at=now,
                created_at=now,
            )

    def log(self, app: SentryApp | None = None) -> list[RequestRecord]:
        """What the region logged of its calls to an app, newest first."""
        with self.region.database.session():
            now = self.silos.clock.now()
            return list_records((app or self.app).id, events=None, errors_only=False, now=now)
