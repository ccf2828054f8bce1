"""Wires control: the only place that constructs its concrete parts, each once for a process.

``process`` starts and stops what is made here; tests make the same.
"""

from dataclasses import replace
from functools import partial
from pathlib import Path

import grpc
from fastapi import FastAPI

from control_silo.api.application import create_api
from control_silo.config import ControlConfig
from control_silo.replication.kinds import KINDS
from control_silo.rpc.app_servicer import AppServicer
from control_silo.rpc.identity_servicer import IdentityServicer, MemberServicer
from control_silo.rpc.organization_servicer import OrganizationServicer
from control_silo.rpc.rights import RIGHTS
from control_silo.rpc.topology_servicer import TopologyServicer
from control_silo.services.app_health import take_report
from control_silo.services.control import Control
from control_silo.services.find_app import TABLES_SHOWN
from control_silo.services.regions import Place, RegionChannels
from control_silo.services.webhook import prepare
from shared.asking.ask import Asking
from shared.clock import Clock
from shared.database.connect import connect
from shared.database.database import Database
from shared.database.migrating import Say
from shared.database.schema import Schema
from shared.domain.peer import CONTROL
from shared.errors import SiloUnreachable
from shared.freshness import ReplicaFreshness
from shared.http.client_address import Proxies
from shared.http.relay import Relay
from shared.http.transport import open_transport
from shared.outbox import message as outbox_tables
from shared.outbox.change import keep_editions
from shared.outbox.comparing import Compared
from shared.outbox.deliver import ReplicaDestination
from shared.outbox.fill import fill_editions
from shared.outbox.greatest_id import pass_over_ids_seen_by_all
from shared.outbox.outbox_servicer import OutboxServicer
from shared.outbox.replica_servicer import ReplicaServicer
from shared.outbox.worker import Worker
from shared.outgoing.client import AppClient
from shared.outgoing.judged import JudgedHosts
from shared.outgoing.places import RPC_CALLERS
from shared.outgoing.trust import authorities
from shared.pb.hybridcloud.apps.v1 import app_service_pb2_grpc
from shared.pb.hybridcloud.operations.v1 import key_service_pb2_grpc, outbox_service_pb2_grpc, topology_service_pb2_grpc
from shared.pb.hybridcloud.organizations.v1 import organization_service_pb2_grpc
from shared.pb.hybridcloud.replication.v1 import replica_service_pb2_grpc
from shared.pb.hybridcloud.users.v1 import identity_service_pb2_grpc, member_service_pb2_grpc
from shared.peers import schema as peer_tables
from shared.peers.key_servicer import KeyServicer
from shared.peers.keys import PeerKeys
from shared.rpc import channel as rpc_channel
from shared.rpc.keyring import Keyring
from shared.rpc.server import AddServicer, SiloServer, serve
from shared.webhooks import delivery as webhook_tables
from shared.webhooks.asked import SiloAskedLog
from shared.webhooks.deliveries import show_pending
from shared.webhooks.reporting import HealthReporter
from shared.webhooks.sender import Sender

MIGRATIONS = Path(__file__).parent / "migrations"
SCHEMAS = (
    *(outbox_tables.SCHEMA, webhook_tables.SCHEMA, peer_tables.SCHEMA),
    Schema(MIGRATIONS, "schema_migration"),
)
"""All that this silo's database holds."""


def migrate(database: Database, *, say: Say = lambda sentence: None) -> list[str]:
    """Brings the database up to date; answers the names of what was applied, and says whom it waits for."""
    applied = [name for schema in SCHEMAS for name in schema.migrate(database, say=say)]
    # What existed before its kind did, or before the form of its states, has no edition: nobody would ever be told of
    # it.
    fill_editions(database, KINDS)
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


def open_alone(database: Database, *, clock: Clock) -> Control:
    """Control without a way to any region, as migrations need it."""

    def dial(name: str, place: Place) -> grpc.Channel:
        raise SiloUnreachable(f"{name} at {place.address} is not called while migrating.")

    # Migrating makes a superuser, and whoever writes through services has its editions made.
    keep_editions(database, KINDS)
    # Without keys: nobody is called, and nothing is sealed.
    keys = PeerKeys(Keyring(()), database, seal_key=None, clock=clock)
    return Control(database, clock, ReplicaFreshness(database, KINDS), RegionChannels(database, dial, clock), keys)


def open_control(config: ControlConfig, *, clock: Clock, database: Database | None = None) -> Control:
    """Connects to the database; regions are dialled at their first use, apps called as far as configured.

    Args:
        config: of the process.
        clock: the machine's.
        database: in place of the one that the configuration names, for tests and simulations.
    """
    listen_url = config.listen_database_url.get_secret_value() if config.listen_database_url else None
    database = database or connect(config.database_url.get_secret_value(), listen_url=listen_url)
    # Found out at the first write and not now: `serve` may be up before its database is migrated, or is there at all.
    database.expect(SCHEMAS)
    keep_editions(database, KINDS)
    database.keep_reads(TABLES_SHOWN)
    keys = PeerKeys(config.keys, database, seal_key=config.seal_key.get_secret_value(), clock=clock)

    def dial(name: str, place: Place) -> grpc.Channel:
        return rpc_channel.connect(
            place.address,
            caller=CONTROL,
            target_name=name,
            keys=keys,
            clock=clock,
            tls=config.tls,
            addresses=place.addresses,
        )

    regions = RegionChannels(database, dial, clock, JudgedHosts(config.region_networks))
    # One client for asking and for webhooks, so that its bounds hold for the process.
    outgoing = AppClient(config.reach, tls=authorities())
    return Control(
        database,
        clock,
        ReplicaFreshness(database, KINDS),
        regions,
        keys,
        outgoing,
        enforces_disabled=config.disabled_enforcement,
        mailer=config.mailer,
        publish_requests_to=config.publish_requests_to,
        max_apps=config.max_apps,
        max_installations=config.max_installations,
    )


def start_server(control: Control, config: ControlConfig) -> SiloServer:
    outbox = OutboxServicer(
        control.database,
        silo=CONTROL,
        clock=control.clock,
        kinds=KINDS,
        # A delivery shows whether it is parked; whoever makes its message due again says so of it.
        retried=show_pending,
    )
    asked_log = SiloAskedLog(control.database, control.clock)
    asking = Asking(control.outgoing, asked_log, control.clock, callers=RPC_CALLERS)
    organizations = OrganizationServicer(control, asking)
    # The freshness is told of each commit, so that readers who wait look again at once.
    replicas = ReplicaServicer(control.database, KINDS, committed=control.freshness.applied)
    servicers: list[tuple[AddServicer, object]] = [
        (app_service_pb2_grpc.add_AppServiceServicer_to_server, AppServicer(control, asking)),
        (identity_service_pb2_grpc.add_IdentityServiceServicer_to_server, IdentityServicer(control)),
        (member_service_pb2_grpc.add_MemberServiceServicer_to_server, MemberServicer(control)),
        (organization_service_pb2_grpc.add_OrganizationServiceServicer_to_server, organizations),
        (replica_service_pb2_grpc.add_ReplicaServiceServicer_to_server, replicas),
        (outbox_service_pb2_grpc.add_OutboxServiceServicer_to_server, outbox),
        (topology_service_pb2_grpc.add_TopologyServiceServicer_to_server, TopologyServicer(control)),
        (key_service_pb2_grpc.add_KeyServiceServicer_to_server, KeyServicer(control.keys)),
    ]
    return serve(
        config.grpc_listen,
        name=CONTROL,
        keys=control.keys,
        clock=control.clock,
        servicers=servicers,
        # Rights are a constant of the code; only who may look at the reflection is the operator's to say.
        rights=replace(RIGHTS, open_reflection=config.open_reflection),
        tls=config.tls,
        # Health is that the database answers: a server without it can serve nobody.
        check=control.database.check,
    )


def make_api(control: Control, config: ControlConfig) -> FastAPI:
    """What HTTP serves."""
    # A region says itself where it listens, so that its address is judged like an app's.
    open_judged = partial(open_transport, hosts=control.regions.hosts)
    return create_api(
        control,
        relay=Relay(control.keys, clock=control.clock, open_transport=open_judged),
        keys=control.keys,
        requests_per_second=config.requests_per_second,
        public_url=config.public_url,
        proxies=Proxies(config.trusted_proxies),
        tls=config.tls,
        list_missing=lambda: list_missing_migrations(control.database),
    )


def pass_over_seen_ids(control: Control) -> None:
    """Gives out no id that a region has seen: this database may be a copy that is older than what regions hold."""
    regions = control.regions
    pass_over_ids_seen_by_all(control.database, KINDS, regions.list_names(), channel=regions.channel)


def make_worker(control: Control, *, compare_seconds: int = 0) -> Worker:
    """The worker that tells every registered region, and compares it every so often; 0: never."""
    return Worker(
        control.database,
        clock=control.clock,
        list_destinations=control.regions.list_names,
        # Dialled by its lane, at its first delivery: a region's address may not be known yet.
        open_destination=partial(open_destination, control),
        compared=Compared(KINDS, control.regions.channel, compare_seconds),
    )


def open_destination(control: Control, name: str) -> ReplicaDestination:
    """What a lane delivers to: a region, by its name."""
    return ReplicaDestination(control.database, name, lambda: control.regions.channel(name))


def make_sender(control: Control) -> Sender:
    """What tells apps of their installations."""
    return Sender(control.database, clock=control.clock, client=control.outgoing, prepare=prepare)


def make_health_reporter(control: Control) -> HealthReporter:
    """What takes note of the apps that control itself calls, as regions report theirs."""
    tell = partial(take_report, control, silo=CONTROL)
    return HealthReporter(control.database, tell, clock=control.clock)
