"""Control behind its own HTTP application, in one process, and callers that carry credentials.

No region runs here: what control knows of organizations is written as their replicas, as a region would have sent it.
"""

import contextlib
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import httpx
from fastapi import FastAPI

from control_silo.api.application import create_api
from control_silo.bootstrap import migrate
from control_silo.models.app import SentryApp
from control_silo.models.application import ApiToken
from control_silo.models.installation import SentryAppInstallation, SentryAppInstallationToken
from control_silo.models.region import OrganizationReplica, OrganizationReservation, RegisteredRegion
from control_silo.models.user import Member, User
from control_silo.replication.kinds import KINDS
from control_silo.services.control import Control
from control_silo.services.install import SentryAppInstallationCreator
from control_silo.services.organization import get_organization
from control_silo.services.regions import Place, RegionChannels
from control_silo.services.secret import hash_token, new_token
from control_silo.services.session import create_session
from control_silo.services.update_app import SentryAppUpdater
from control_silo.services.user import UserCreator
from shared.category import Category
from shared.clock import FrozenClock
from shared.database.connect import connect
from shared.domain.scopes import ALL_SCOPES, Role
from shared.freshness import ReplicaFreshness
from shared.outbox.change import change, keep_editions
from shared.peers.keys import PeerKeys
from shared.rpc.keyring import Keyring
from tests.editions import check_editions, mend_editions
from tests.silos import creator_of

KANBAN: dict[str, Any] = {
    "name": "Acme Kanban",
    "organization": "acme",
    "author": "Acme",
    "isInternal": False,
    "isAlertable": True,
    "verifyInstall": True,
    "scopes": ["event:read", "event:write", "project:read"],
    "events": ["issue", "comment"],
    "webhookUrl": "https://kanban.acme.example/webhook",
    "redirectUrl": "https://kanban.acme.example/setup",
    "allowedOrigins": ["https://kanban.acme.example"],
    "schema": {"elements": [{"type": "stacktrace-link", "uri": "/code"}]},
}


@dataclass(frozen=True)
class Caller:
    """Someone who calls with a token, a session or nothing."""

    client: httpx.Client
    headers: dict[str, str]
    user_id: int = 0

    def get(self, path: str, **kwargs: Any) -> httpx.Response:
        return self._call("GET", path, **kwargs)

    def post(self, path: str, body: Any = None) -> httpx.Response:
        return self._call("POST", path, json=body)

    def put(self, path: str, body: Any = None) -> httpx.Response:
        return self._call("PUT", path, json=body)

    def delete(self, path: str) -> httpx.Response:
        return self._call("DELETE", path)

    def _call(self, method: str, path: str, *, headers: dict[str, str] | None = None, **kwargs: Any) -> httpx.Response:
        return self.client.request(method, f"/api/0{path}", headers=self.headers | (headers or {}), **kwargs)


class World:
    """Control, and shorthand for what tests need of it."""

    def __init__(self, control: Control, clock: FrozenClock, client: httpx.Client) -> None:
        self.control = control
        self.application: FastAPI = create_api(control)
        self.clock = clock
        self.client = client
        self.nobody = Caller(client, {})
        self._people = 0
        self._add_region("us")
        self.acme = self.add_organization("acme")
        self.globex = self.add_organization("globex")

    def add_organization(self, slug: str, *, status: str = "active") -> OrganizationReplica:
        with self.control.database.transaction():
            number = OrganizationReservation.create(slug=slug, region_name="us", created_at=self.clock.now()).id
            OrganizationReplica.create(
                id=number, version=1, slug=slug, name=slug.title(), region_name="us", status=status
            )
            return get_organization(number)

    def person(
        self,
        role: Role | None = Role.OWNER,
        *,
        organization: str = "acme",
        session: bool = False,
        superuser: bool = False,
        staff: bool = False,
    ) -> Caller:
        """A new user, who has no password; ``role`` None makes one without an organization."""
        self._people += 1
        address, now = f"person-{self._people}@acme.example", self.clock.now()
        scopes = ALL_SCOPES if superuser else role.scopes if role else frozenset[str]()
        with self.control.database.transaction() as tx:
            user = User.create(username=address, email=address, is_superuser=superuser, is_staff=staff, created_at=now)
            if role:
                place = get_organization(organization)
                Member.create(user=user, organization_id=place.id, role=role, created_at=now)
            if session:
                return Caller(self.client, {"cookie": f"sentrysid={create_session(tx, user, now=now)}"}, user.id)
            return Caller(self.client, _bearer(self._create_token(user.id, sorted(scopes))), user.id)

    def password_holder(self, email: str, password: str) -> None:
        """A user who can sign in."""
        UserCreator(email=email, password=password).run(self.control)

    def superuser(self) -> Caller:
        return self.person(None, superuser=True)

    def staff(self) -> Caller:
        return self.person(None, staff=True)

    def impersonated(self, caller: Caller) -> Caller:
        """A superuser in a session that acts as the person."""
        made = self.superuser().post(f"/users/{caller.user_id}/impersonation/")
        return Caller(self.client, {"cookie": f"sentrysid={made.json()['session']}"}, caller.user_id)

    def join(self, caller: Caller, organization: OrganizationReplica, role: Role) -> None:
        """Adds a second membership."""
        with self.control.database.transaction():
            Member.create(user=caller.user_id, organization_id=organization.id, role=role, created_at=self.clock.now())

    def token_with(self, caller: Caller, scopes: list[str]) -> Caller:
        """The same person with a token that allows only these scopes."""
        with self.control.database.transaction():
            token = self._create_token(caller.user_id, scopes)
        return Caller(self.client, _bearer(token), caller.user_id)

    def app(self, name: str = "Kanban", *, status: str = "unpublished", owner: int = 1, **fields: Any) -> SentryApp:
        is_internal = status == "internal"
        columns: dict[str, Any] = {"author": "Acme", "webhook_url": "https://a.example"}
        rules = {"is_internal": is_internal, "verify_install": not is_internal, "scopes": ["event:read"]}
        creator = creator_of(name, owner, columns=columns, rules=rules, changes=fields)
        with self.control.database.session():
            user = User.select().first()
        app = creator.run(self.control, creator=user or self._first_user())
        if status not in {"unpublished", "internal"}:
            SentryAppUpdater(status=status).run(self.control, app_id=app.id, is_elevated=True)
        return app

    def install(self, app: SentryApp, *, organization_id: int = 1) -> SentryAppInstallation:
        return SentryAppInstallationCreator(organization_id=organization_id, slug=app.slug).run(
            self.control, actor=None
        )

    def acting_as(
        self, app: SentryApp, installation: SentryAppInstallation, *, scopes: list[str] | None = None
    ) -> Caller:
        """The app with a token of that installation."""
        assert app.proxy_user_id is not None
        with self.control.database.transaction() as tx:
            token = self._create_token(
                app.proxy_user_id, app.scope_list if scopes is None else scopes, application=app.application_id
            )
            row = ApiToken.get(ApiToken.token_hash == hash_token(token))
            SentryAppInstallationToken.create(api_token=row, sentry_app_installation=installation)
            change(tx, Category.TOKEN, [row.id])
        return Caller(self.client, _bearer(token), app.proxy_user_id)

    def mend_editions(self) -> None:
        """Makes editions of what was written by hand."""
        mend_editions(self.control.database, KINDS)

    def installation_of(self, app: SentryApp) -> SentryAppInstallation:
        with self.control.database.session():
            return SentryAppInstallation.get(SentryAppInstallation.sentry_app == app)

    def count(self, model: Any) -> int:
        with self.control.database.session():
            return int(model.select().count())

    def _create_token(self, user_id: int, scopes: list[str], *, application: int | None = None) -> str:
        token = new_token()
        ApiToken.create(
            user=user_id,
            application=application,
            token_hash=hash_token(token),
            token_last_characters=token[-4:],
            scope_list=scopes,
            created_at=self.clock.now(),
        )
        return token

    def _first_user(self) -> User:
        self.person()
        with self.control.database.session():
            return User.get()

    def _add_region(self, name: str) -> None:
        with self.control.database.transaction():
            RegisteredRegion.create(
                name=name,
                grpc_address="127.0.0.1:50061",
                http_address="127.0.0.1:8001",
                identity="0" * 32,
                registered_at=self.clock.now(),
            )


@contextlib.contextmanager
def open_world(database_url: str, *, client: httpx.Client) -> Iterator[World]:
    clock = FrozenClock()
    database = connect(database_url, create=True, clock=clock)
    try:
        migrate(database)
        keep_editions(database, KINDS)
        keys = PeerKeys(Keyring(()), database, seal_key=None, clock=clock)
        regions = RegionChannels(database, _no_region, clock)
        control = Control(database, clock, ReplicaFreshness(database, KINDS), regions, keys)
        yield World(control, clock, client)
        check_editions(database, KINDS)
    finally:
        database.close()


def _bearer(token: str) -> dict[str, str]:
    return {"authorization": f"Bearer {token}"}


def _no_region(name: str, place: Place) -> Any:
    raise AssertionError(f"{name} at {place.address} is not to be called here")
