"""Wires a region: the only place that constructs its concrete parts, each once for a process.

``process`` starts and stops what is made here; tests make the same.
"""

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

from fastapi import FastAPI

from region_silo.api.application import create_api
from region_silo.api.request import ApiTools
from region_silo.config import RegionConfig
from region_silo.models.organization import OwnRegion
from region_silo.replication.kinds import kinds_of, tables_read
from region_silo.rpc.app_request_servicer import AppRequestServicer
from region_silo.rpc.app_servicer import AppServicer
from region_silo.rpc.hook_servicer import HookServicer
from region_silo.rpc.organization_servicer import OrganizationServicer
from region_silo.rpc.region_servicer_part import RegionTools
from region_silo.rpc.rights import RIGHTS
from region_silo.rpc.sentry_app_region_servicer import SentryAppRegionServicer
from region_silo.services.app_reader import AppReader
from region_silo.services.authentication import Authenticator
from region_silo.services.control import ControlClient
from region_silo.services.members import Members
from region_silo.services.region import OrganizationLimits, Region
from region_silo.services.registration import Registration
from region_silo.webhooks.payload import describe
from region_silo.webhooks.prepare import Preparing
from shared.asking.ask import Asking
from shared.circuit import Circuit
from shared.clock import Clock
from shared.database.connect import connect
from shared.database.database import Database
from shared.database.migrating import Say
from shared.database.schema import Schema
from shared.domain.peer import CONTROL
from shared.errors import SiloError
from shared.freshness import ReplicaFreshness
from shared.http.limits import RequestLimit
from shared.http.relay import Relay
from shared.outbox import message as outbox_tables
from shared.outbox.change import keep_editions
from shared.outbox.comparing import Compared
from shared.outbox.deliver import ReplicaDestination
from shared.outbox.fill import fill_editions
from shared.outbox.outbox_servicer import OutboxServicer
from shared.outbox.replica_servicer import ReplicaServicer
from shared.outbox.worker import Worker
from shared.outgoing.client import AppClient
from shared.outgoing.places import HTTP_CALLERS, RPC_CALLERS, CallerBounds
from shared.outgoing.trust import authorities
from shared.pb.hybridcloud.apps.v1 import app_service_pb2_grpc
from shared.pb.hybridcloud.hooks.v1 import hook_service_pb2_grpc
from shared.pb.hybridcloud.operations.v1 import key_service_pb2_grpc, outbox_service_pb2_grpc
from shared.pb.hybridcloud.organizations.v1 import organization_service_pb2_grpc
from shared.pb.hybridcloud.region.v1 import sentry_app_region_service_pb2_grpc
from shared.pb.hybridcloud.replication.v1 import replica_service_pb2_grpc
from shared.pb.hybridcloud.requests.v1 import app_request_service_pb2_grpc
from shared.peers import schema as peer_tables
from shared.peers.key_servicer import KeyServicer
from shared.peers.keys import PeerKeys
from shared.rpc import channel as rpc_channel
from shared.rpc.server import AddServicer, SiloServer, serve
from shared.webhooks import delivery as webhook_tables
from shared.webhooks.asked import SiloAskedLog
from shared.webhooks.deliveries import show_pending
from shared.webhooks.health import HealthReport
from shared.webhooks.reporting import HealthReporter, health_message
from shared.webhooks.sender import Sender

MIGRATIONS = Path(__file__).parent / "migrations"
SCHEMAS = (
    *(outbox_tables.SCHEMA, webhook_tables.SCHEMA, peer_tables.SCHEMA),
    Schema(MIGRATIONS, "schema_migration"),
)
"""All that this silo's database holds."""
HTTP_MAX_WAITING = 32
"""Requests that may wait for control at a time: most of the threads that answer them, of which a process has as many as
anyio gives it, 40."""


def migrate(database: Database, *, say: Say = lambda sentence: None) -> list[str]:
    """Brings the database up to date; answers the names of what was applied, and says whom it waits for."""
    applied = [name for schema in SCHEMAS for name in schema.migrate(database, say=say)]
    with database.session():
        # By what it registered as and not by the configuration, which `migrate` does not need.
        own = OwnRegion.select().first()
    if own:  # else it never registered, and so owns nothing yet
        fill_editions(database, kinds_of(own.name))
    return applied


def refuse_newer(database: Database) -> None:
    """Returns when this release knows all that was done to the database.

    Raises:
        ConfigInvalid: it does not.
        DatabaseUnavailable: nobody can know.
    """
    for schema in SCHEMAS:
        schema.refuse_newer(database)


def list_missing_migrations(database: Database) -> list[str]:
    """Names of the migrations that this code needs and the database lacks."""
    return [name for schema in SCHEMAS for name in schema.list_missing(database)]


def open_region(config: RegionConfig, *, clock: Clock, database: Database | None = None) -> Region:
    """Connects to the database; apps are called as far as configured.

    Args:
        config: of the process.
        clock: the machine's.
        database: in place of the one that the configuration names, for tests and simulations.
    """
    seal_key = config.seal_key
    listen_url = config.listen_database_url.get_secret_value() if config.listen_database_url else None
    database = database or connect(config.database_url.get_secret_value(), listen_url=listen_url)
    database.expect(SCHEMAS)
    keep_editions(database, kinds_of(config.name))
    database.keep_reads(tables_read(config.name))
    return Region(
        config.name,
        database,
        clock,
        ReplicaFreshness(database, kinds_of(config.name)),
        # A region may have no seal key; keys can then not be added to it while it runs.
        PeerKeys(config.keys, database, seal_key=seal_key.get_secret_value() if seal_key else None, clock=clock),
        # Given as a function: services may not know how webhooks are made.
        describe,
        AppClient(config.reach, tls=authorities()),
        control_url=config.control_url,
        enforces_disabled=config.disabled_enforcement,
        limits=OrganizationLimits(projects=config.max_projects, rules=config.max_rules, hooks=config.max_hooks),
    )


def connect_control(region: Region, config: RegionConfig) -> ControlClient:
    """The way to control; dialled at its first use."""
    channel = rpc_channel.connect(
        config.control_target,
        caller=config.name,
        target_name=CONTROL,
        keys=region.keys,
        clock=region.clock,
        tls=config.tls,
    )
    # One circuit for the whole process: once control is away, nobody waits to find that out again.
    return ControlClient(channel, Circuit(region.clock))


def start_server(region: Region, config: RegionConfig, *, control: ControlClient) -> SiloServer:
    # Bounds of its own beside HTTP's: clients who have apps asked leave room for services that do.
    asking = _asking(region, RPC_CALLERS)
    on_apps = SentryAppRegionServicer(RegionTools(region, AppReader(region, control), Members(region, control), asking))
    kinds = kinds_of(region.name)
    replicas = ReplicaServicer(region.database, kinds, committed=region.freshness.applied)
    outbox = OutboxServicer(
        region.database,
        silo=region.name,
        clock=region.clock,
        kinds=kinds,
        retried=show_pending,
    )
    servicers: list[tuple[AddServicer, object]] = [
        (app_service_pb2_grpc.add_AppServiceServicer_to_server, AppServicer(region, control, asking)),
        (hook_service_pb2_grpc.add_HookServiceServicer_to_server, HookServicer(region)),
        (
            app_request_service_pb2_grpc.add_AppRequestServiceServicer_to_server,
            AppRequestServicer(region, Preparing(region)),
        ),
        (sentry_app_region_service_pb2_grpc.add_SentryAppRegionServiceServicer_to_server, on_apps),
        (organization_service_pb2_grpc.add_OrganizationServiceServicer_to_server, OrganizationServicer(region)),
        (replica_service_pb2_grpc.add_ReplicaServiceServicer_to_server, replicas),
        (outbox_service_pb2_grpc.add_OutboxServiceServicer_to_server, outbox),
        (key_service_pb2_grpc.add_KeyServiceServicer_to_server, KeyServicer(region.keys)),
    ]
    return serve(
        config.grpc_listen,
        name=region.name,
        keys=region.keys,
        clock=region.clock,
        servicers=servicers,
        rights=replace(RIGHTS, open_reflection=config.open_reflection),
        tls=config.tls,
        check=region.database.check,
    )


def make_api(region: Region, config: RegionConfig, *, control: ControlClient) -> FastAPI:
    """What HTTP serves."""
    # Leaves some threads to what can be answered without control while it hangs.
    control = control.limited(HTTP_MAX_WAITING)
    tools = ApiTools(
        region,
        Authenticator(region, control),
        AppReader(region, control),
        Members(region, control),
        _asking(region, HTTP_CALLERS),
        RequestLimit(region.clock, limit=config.events_per_minute, window_seconds=60),
    )
    return create_api(
        tools,
        config,
        relay=Relay(region.keys, clock=region.clock),
        list_missing=lambda: list_missing_migrations(region.database),
    )


def _asking(region: Region, callers: CallerBounds) -> Asking:
    return Asking(region.outgoing, SiloAskedLog(region.database, region.clock), region.clock, callers=callers)


def make_registration(region: Region, *, control: ControlClient, refused: Callable[[SiloError], None]) -> Registration:
    """What makes the region known to control."""
    return Registration(region, control, refused=refused)


def make_worker(region: Region, *, control: ControlClient, compare_seconds: int = 0) -> Worker:
    """The worker that tells control, and compares what it holds every so often; 0: never."""
    destination = open_destination(region, control=control)
    return Worker(
        region.database,
        clock=region.clock,
        # One, and known from the start: a region tells nobody else.
        list_destinations=lambda: [CONTROL],
        open_destination=lambda name: destination,
        compared=Compared(kinds_of(region.name), lambda name: control.channel, compare_seconds),
    )


def open_destination(region: Region, *, control: ControlClient) -> ReplicaDestination:
    """What a lane delivers to: control."""
    return ReplicaDestination(region.database, CONTROL, lambda: control.channel)


def make_sender(region: Region) -> Sender:
    """What tells apps of what happens here."""
    return Sender(region.database, clock=region.clock, client=region.outgoing, prepare=Preparing(region))


def make_health_reporter(region: Region, *, control: ControlClient) -> HealthReporter:
    """What tells control of the apps with which something is wrong."""

    def tell(report: HealthReport) -> None:
        control.tell(control.topology.ReportAppHealth, health_message(report))

    return HealthReporter(region.database, tell, clock=region.clock)
