"""Control and any number of regions in one process: their own bootstraps, real servicers, in-process channels.

Nothing runs by itself: ``replicate()`` delivers what is due, both ways, and a silo is taken away with ``stop``.
"""

import itertools
import random
from collections.abc import Callable, Sequence
from dataclasses import dataclass

import grpc
from pydantic import SecretStr

import control_silo.bootstrap
import region_silo.bootstrap
from control_silo.config import ControlConfig
from control_silo.services.control import Control
from region_silo.config import RegionConfig
from region_silo.services.control import ControlClient
from region_silo.services.region import Region
from region_silo.services.registration import Addresses
from shared.cli.platform_keys import OPERATOR
from shared.clock import FrozenClock
from shared.database.connect import connect
from shared.database.database import Database
from shared.domain.peer import CONTROL
from shared.outbox.breaker import PROBE_BACKOFF
from shared.outbox.deliver import ReplicaDestination
from shared.outbox.drain import Drain
from shared.outbox.lease import Leases
from shared.rpc.channel import connect as connect_channel
from shared.rpc.keyring import Keyring
from shared.rpc.server import SiloServer

_numbers = itertools.count(1)


@dataclass
class RunningRegion:
    """A region and how it reaches control."""

    region: Region
    config: RegionConfig
    control: ControlClient


class RunningSilos:
    """Control and its regions, which answer until they are stopped."""

    def __init__(
        self,
        new_database_url: Callable[[], str],
        *,
        regions: Sequence[str],
        keys_of: Callable[[str], Keyring],
        seal_key: str,
        clock: FrozenClock | None = None,
    ) -> None:
        """Args:
        new_database_url: gives the URL of another database at each call: an empty one, or a migrated one.
        regions: names.
        keys_of: the keys that a silo or the operator holds, by its name.
        seal_key: what every silo seals with, 64 hexadecimal digits.
        clock: what time it is there; None: one of their own.
        """
        self.clock = clock or FrozenClock()
        self.keys_of, self.seal_key = keys_of, seal_key
        self.regions: dict[str, RunningRegion] = {}
        self._world = f"world{next(_numbers)}"
        self._servers: dict[str, SiloServer] = {}
        self._away: set[str] = set()
        self._channels: list[grpc.Channel] = []
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
            keys=self.keys_of(name),
            seal_key=SecretStr(self.seal_key),
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

    def channel(self, silo: str, *, caller: str = OPERATOR, keys: Keyring | None = None) -> grpc.Channel:
        """A channel to a silo, signed as that caller, with its own keys unless others are given."""
        channel = connect_channel(
            self.address(silo), caller=caller, target_name=silo, keys=keys or self.keys_of(caller), clock=self.clock
        )
        self._channels.append(channel)
        return channel

    def replicate(self) -> None:
        """Delivers everything that is due now, from control to the regions and from the regions to control."""
        for drain in [*map(self.drain_to, self.regions), *map(self.drain_from, self.regions)]:
            while drain.run_once().delivered:
                pass

    def drain_to(self, region: str) -> Drain:
        """What control's worker runs for a region."""
        destination = ReplicaDestination(self.control.database, region, lambda: self.control.regions.channel(region))
        database = self.control.database
        return Drain(database, region, destination, self.clock, random.Random(1), Leases(database))  # noqa: S311 - jitter

    def drain_from(self, region: str) -> Drain:
        """What a region's worker runs for control."""
        running = self.regions[region]
        database = running.region.database
        destination = ReplicaDestination(database, CONTROL, lambda: running.control.channel)
        return Drain(database, CONTROL, destination, self.clock, random.Random(1), Leases(database))  # noqa: S311 - jitter

    def _open(self, url: SecretStr) -> Database:
        return connect(url.get_secret_value(), clock=self.clock)

    def _configure_control(self, database_url: str) -> ControlConfig:
        _migrate(database_url, control_silo.bootstrap.migrate)
        return ControlConfig(
            database_url=SecretStr(database_url),
            grpc_listen=self.address(CONTROL),
            http_listen="127.0.0.1:0",
            keys=self.keys_of(CONTROL),
            seal_key=SecretStr(self.seal_key),
            allow_private=True,
        )


def _migrate(database_url: str, migrate: Callable[[Database], list[str]]) -> None:
    database = connect(database_url, create=True)
    try:
        migrate(database)
    finally:
        database.close()


def _fail(error: Exception) -> None:
    raise error
