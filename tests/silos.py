"""Control and any number of regions in one process: their own bootstraps, real servicers, in-process channels.

Nothing runs by itself: ``replicate()`` delivers what is due, both ways, and a silo is taken away with ``stop``. Usage:

    with running_silos(new_database_url, regions=("us", "de")) as silos:
        organization = silos.create_organization("acme", region="us")
        app = silos.create_app("Kanban", organization)
        silos.replicate()
        silos.app_service("us").GetSentryAppBySlug(...)
"""

import contextlib
import dataclasses
import itertools
import random
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import grpc
from google.protobuf.message import Message
from pydantic import SecretStr

import control_silo.bootstrap
import region_silo.bootstrap
from control_silo.config import ControlConfig
from control_silo.models.app import SentryApp
from control_silo.models.installation import SentryAppInstallation
from control_silo.models.region import OrganizationReplica
from control_silo.models.user import Member, User
from control_silo.replication.kinds import KINDS
from control_silo.services.control import Control
from control_silo.services.create_app import SentryAppCreator
from control_silo.services.install import SentryAppInstallationCreator, SentryAppInstallationUpdater
from control_silo.services.organization import create_organization
from control_silo.services.update_app import SentryAppUpdater
from region_silo.config import RegionConfig
from region_silo.replication.kinds import kinds_of
from region_silo.services.control import ControlClient
from region_silo.services.region import Region
from region_silo.services.registration import Addresses
from shared.category import Category
from shared.clock import FrozenClock
from shared.consistency import TOKEN_NAME
from shared.database.connect import connect
from shared.database.database import Database
from shared.domain.peer import CONTROL
from shared.domain.scopes import Role
from shared.outbox.breaker import PROBE_BACKOFF
from shared.outbox.deliver import ReplicaDestination
from shared.outbox.drain import Drain
from shared.outbox.edition import versions_of
from shared.outbox.kind import Kinds
from shared.outbox.lease import Leases
from shared.pb.hybridcloud.apps.v1 import app_service_pb2_grpc
from shared.rpc.channel import connect as connect_channel
from shared.rpc.keyring import Keyring
from shared.rpc.server import SiloServer
from tests.editions import check_editions, mend_editions
from tests.keys import OPERATOR, SEAL_KEY, keys_of

_numbers = itertools.count(1)

SCHEMA: Mapping[str, Any] = {
    "elements": [
        {
            "type": "issue-link",
            "link": {
                "uri": "/link",
                "required_fields": [{"type": "select", "name": "board", "label": "Board", "uri": "/boards"}],
            },
            "create": {"uri": "/create", "required_fields": [{"type": "text", "name": "title", "label": "Title"}]},
        },
        {"type": "stacktrace-link", "uri": "/code"},
        {
            "type": "alert-rule-action",
            "title": "Create a card",
            "settings": {
                "type": "alert-rule-settings",
                "uri": "/alert",
                "required_fields": [
                    {"type": "select", "name": "lane", "label": "Lane", "options": [["1", "todo"], ["2", "doing"]]}
                ],
            },
        },
    ]
}
"""An issue-link that asks the app for choices, a stacktrace-link, and an alert-rule-action that asks for nothing."""


@dataclass
class RunningRegion:
    """A region and how it reaches control."""

    region: Region
    config: RegionConfig
    control: ControlClient


class Silos:
    """The running silos, and shorthand for what tests do to them."""

    def __init__(
        self, new_database_url: Callable[[], str], *, regions: Sequence[str], clock: FrozenClock | None = None
    ) -> None:
        self.clock = clock or FrozenClock()
        self.regions: dict[str, RunningRegion] = {}
        self._world = f"world{next(_numbers)}"
        self._servers: dict[str, SiloServer] = {}
        self._away: set[str] = set()
        self._channels: list[grpc.Channel] = []
        self._app_services: dict[tuple[str, str], app_service_pb2_grpc.AppServiceStub] = {}
        self.control_config = self._configure_control(new_database_url())
        self.control: Control = control_silo.bootstrap.open_control(
            self.control_config, clock=self.clock, database=self._open(self.control_config.database_url)
        )
        self.start(CONTROL)
        for name in regions:
            self.add_region(name, database_url=new_database_url())

    def add_region(self, name: str, *, database_url: str) -> None:
        """Starts a region and registers it with control."""
        _migrate(database_url, region_silo.bootstrap.migrate)
        address = self.address(name)
        config = RegionConfig(
            name=name,
            database_url=SecretStr(database_url),
            grpc_listen=address,
            http_listen="127.0.0.1:0",
            advertised_grpc=address,
            advertised_http=f"{name}.test:80",
            control_target=self.address(CONTROL),
            keys=keys_of(name),
            seal_key=SecretStr(SEAL_KEY),
            allow_private=True,
        )
        region = region_silo.bootstrap.open_region(config, clock=self.clock, database=self._open(config.database_url))
        control = region_silo.bootstrap.connect_control(region, config)
        self.regions[name] = RunningRegion(region, config, control)
        self.start(name)
        self.register(name, http_address=config.advertised_http)

    def register(self, region: str, *, http_address: str) -> None:
        """Makes known where the region is."""
        running = self.regions[region]
        registration = region_silo.bootstrap.make_registration(running.region, control=running.control, refused=_fail)
        registration.register(Addresses(grpc_address=running.config.advertised_grpc, http_address=http_address))

    def start(self, silo: str) -> None:
        """Serves gRPC; a silo that was stopped answers again, and is due to be tried."""
        self.clock.advance(PROBE_BACKOFF.cap_seconds * (silo in self._away))
        if silo == CONTROL:
            self._servers[silo] = control_silo.bootstrap.start_server(self.control, self.control_config)
            return
        running = self.regions[silo]
        self._servers[silo] = region_silo.bootstrap.start_server(
            running.region, running.config, control=running.control
        )

    def stop(self, silo: str) -> None:
        """Takes a silo's gRPC away; its database stays."""
        self._servers.pop(silo).stop()
        self._away.add(silo)

    def start_stopped(self) -> None:
        """Brings back every silo that was taken away."""
        for silo in {CONTROL, *self.regions} - self._servers.keys():
            self.start(silo)

    def close(self) -> None:
        for silo in list(self._servers):
            self.stop(silo)
        for channel in self._channels:
            channel.close()
        self.control.regions.close()
        self.control.outgoing.close()
        self.control.database.close()
        for running in self.regions.values():
            running.control.close()
            running.region.close()

    def address(self, silo: str) -> str:
        """The silo's in-process address, of this world alone."""
        return f"inprocess:{self._world}-{silo}"

    def database(self, silo: str) -> Database:
        return self.control.database if silo == CONTROL else self.regions[silo].region.database

    def services(self, silo: str) -> list[str]:
        """Full names of what a silo serves, gRPC's own services left out."""
        return [name for name in self._servers[silo].services if not name.startswith("grpc.")]

    def channel(self, silo: str, *, caller: str = OPERATOR, keys: Keyring | None = None) -> grpc.Channel:
        """A channel to a silo, signed as that caller, with its own keys unless others are given."""
        channel = connect_channel(
            self.address(silo), caller=caller, target_name=silo, keys=keys or keys_of(caller), clock=self.clock
        )
        self._channels.append(channel)
        return channel

    def app_service(self, silo: str, *, caller: str = OPERATOR) -> app_service_pb2_grpc.AppServiceStub:
        key = (silo, caller)
        if key not in self._app_services:
            self._app_services[key] = app_service_pb2_grpc.AppServiceStub(self.channel(silo, caller=caller))
        return self._app_services[key]

    def ask(self, silo: str, request: Message, *, caller: str = OPERATOR, token: str = "") -> Any:
        """The answer of the ``AppService`` method that the request belongs to."""
        return self.ask_with_token(silo, request, caller=caller, token=token)[0]

    def ask_with_token(
        self, silo: str, request: Message, *, caller: str = OPERATOR, token: str = ""
    ) -> tuple[Any, str]:
        """The answer, and the consistency token that came with it; empty when none did."""
        method = type(request).__name__.removesuffix("Request")
        metadata = ((TOKEN_NAME, token),) if token else None
        answer, call = getattr(self.app_service(silo, caller=caller), method).with_call(request, metadata=metadata)
        return answer, dict(call.trailing_metadata() or ()).get(TOKEN_NAME, "")

    def version(self, category: Category, object_id: int, *, owner: str = CONTROL) -> int:
        """The version of an object's edition."""
        with self.database(owner).session():
            return versions_of(category, [object_id])[object_id]

    def replicate(self) -> None:
        """Delivers everything that is due now, from control to the regions and from the regions to control."""
        for drain in [*map(self.drain_to, self.regions), *map(self.drain_from, self.regions)]:
            while drain.run_once().delivered:
                pass

    def drain_to(self, region: str) -> Drain:
        """What control's worker runs for a region."""
        destination = ReplicaDestination(self.control.database, region, lambda: self.control.regions.channel(region))
        database = self.control.database
        return Drain(database, region, destination, self.clock, random.Random(1), Leases(database))

    def drain_from(self, region: str) -> Drain:
        """What a region's worker runs for control."""
        running = self.regions[region]
        database = running.region.database
        destination = ReplicaDestination(database, CONTROL, lambda: running.control.channel)
        return Drain(database, CONTROL, destination, self.clock, random.Random(1), Leases(database))

    def check_editions(self) -> None:
        """Every edition of every silo is what its kind makes of the rows; a test that writes rows mends them itself."""
        for silo in (CONTROL, *self.regions):
            check_editions(self.database(silo), self._kinds(silo))

    def mend_editions(self) -> None:
        """Makes editions of what was written by hand."""
        for silo in (CONTROL, *self.regions):
            mend_editions(self.database(silo), self._kinds(silo))

    def _kinds(self, silo: str) -> Kinds:
        return KINDS if silo == CONTROL else kinds_of(silo)

    def create_organization(self, slug: str, *, region: str) -> OrganizationReplica:
        return create_organization(self.control, slug=slug, name=slug.title(), region=region, kinds=KINDS)

    def create_user(self, email: str, *, organization_id: int | None = None, role: Role = Role.OWNER) -> User:
        now = self.clock.now()
        with self.control.database.transaction():
            user = User.create(username=email, email=email, created_at=now)
            if organization_id is not None:
                Member.create(user=user, organization_id=organization_id, role=role, created_at=now)
            return user

    def create_app(self, name: str, *, owner: OrganizationReplica, creator: User, **fields: Any) -> SentryApp:
        """An app with every kind of component, or whatever ``fields`` say instead."""
        columns: dict[str, Any] = {
            "author": "Acme",
            "webhook_url": "https://kanban.example/hook",
            "metadata": {"tier": "gold", "seats": 3},
        }
        rules: dict[str, Any] = {
            "is_internal": False,
            "verify_install": False,
            "scopes": ["event:write", "project:read"],
            "events": ["issue"],
            "schema": SCHEMA,
        }
        app = creator_of(name, owner.id, columns=columns, rules=rules, changes=fields)
        return app.run(self.control, creator=creator)

    def publish(self, app: SentryApp) -> None:
        """Makes the app published, as a superuser would."""
        SentryAppUpdater(status="published").run(self.control, app_id=app.id, is_elevated=True)

    def install(self, app: SentryApp, *, organization: OrganizationReplica) -> SentryAppInstallation:
        creator = SentryAppInstallationCreator(organization_id=organization.id, slug=app.slug)
        return creator.run(self.control, actor=None)

    def confirm(self, installation: SentryAppInstallation) -> SentryAppInstallation:
        """Makes a pending installation ``installed``, as its app would."""
        return SentryAppInstallationUpdater(uuid=installation.uuid, status="installed").run(self.control)

    def _open(self, url: SecretStr) -> Database:
        return connect(url.get_secret_value(), clock=self.clock)

    def _configure_control(self, database_url: str) -> ControlConfig:
        _migrate(database_url, control_silo.bootstrap.migrate)
        return ControlConfig(
            database_url=SecretStr(database_url),
            grpc_listen=self.address(CONTROL),
            http_listen="127.0.0.1:0",
            keys=keys_of(CONTROL),
            seal_key=SecretStr(SEAL_KEY),
            allow_private=True,
        )


def fresh(name: str) -> str:
    """The name with a number that no other test has, for tests that share their silos."""
    return f"{name}-{next(_numbers)}"


@contextlib.contextmanager
def running_silos(
    new_database_url: Callable[[], str], *, regions: Sequence[str] = ("us", "de"), clock: FrozenClock | None = None
) -> Iterator[Silos]:
    """Control and these regions, until the block ends.

    Args:
        new_database_url: gives the URL of another empty database at each call.
        regions: names of the regions.
        clock: what time it is there; None: a time of the tests' own.
    """
    silos = Silos(new_database_url, regions=regions, clock=clock)
    try:
        yield silos
        silos.check_editions()
    finally:
        silos.close()


def _migrate(database_url: str, migrate: Callable[[Database], list[str]]) -> None:
    database = connect(database_url, create=True)
    try:
        migrate(database)
    finally:
        database.close()


def _fail(error: Exception) -> None:
    raise error


def creator_of(
    name: str, owner_id: int, *, columns: dict[str, Any], rules: dict[str, Any], changes: dict[str, Any]
) -> SentryAppCreator:
    """A new app with defaults, of which ``changes`` replace some: columns that are stored as given, and all others."""
    ruled = {each.name for each in dataclasses.fields(SentryAppCreator)}
    columns = columns | {key: value for key, value in changes.items() if key not in ruled}
    rules = rules | {key: value for key, value in changes.items() if key in ruled}
    return SentryAppCreator(name=name, organization_id=owner_id, columns=columns, **rules)
