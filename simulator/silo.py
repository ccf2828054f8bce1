"""A silo's process: opened by its own bootstrap on a database that outlives it, served, and gone when it dies.

Owns what is its for one life: channels, circuits, nonces that it remembers, claims. Where the platform would wait for
real, it does not here.
"""

import contextlib
import random
from abc import ABC, abstractmethod
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import grpc
from pydantic import SecretStr
from typing_extensions import override

import control_silo.bootstrap
import region_silo.bootstrap
from control_silo.config import ControlConfig
from control_silo.replication.kinds import KINDS
from control_silo.services.control import Control
from control_silo.services.regions import Place, RegionChannels
from region_silo.config import RegionConfig
from region_silo.replication.kinds import kinds_of
from region_silo.services.control import ControlClient
from region_silo.services.region import Region
from region_silo.services.registration import Addresses
from shared.circuit import Circuit
from shared.domain.peer import CONTROL
from shared.errors import SiloError
from shared.freshness import ReplicaFreshness
from shared.outbox.comparing import Compared, Comparing
from shared.outbox.deliver import ReplicaDestination
from shared.outbox.drain import Drain
from shared.outbox.greatest_id import pass_over_ids_seen_by
from shared.outbox.lease import Leases
from shared.rpc.address import IN_PROCESS_PREFIX
from shared.rpc.channel import SiloChannel, connect
from shared.rpc.keyring import Key, Keyring
from shared.rpc.retry import RetryPolicy
from shared.rpc.server import SiloServer
from simulator.clock import MachineClock
from simulator.crash import Life
from simulator.database import SimulatedDatabase
from simulator.network import Network, own_name

OPERATOR = "operator:cli"
READER = "service:reader"
WORKERS = 2
"""Control's, to each region."""
SEAL_KEY = "5e" * 32
COMPARE_SECONDS = 600
_UNUSED = "127.0.0.1:0"


@dataclass(eq=False)
class SimulatedLane:
    """A worker's way to one destination."""

    name: str
    destination: str
    life: Life
    drain: Drain
    comparing: Comparing
    is_busy: bool = False
    """Its call is under way."""
    is_comparing: bool = False


class SiloProcess(ABC):
    """One silo, alive or dead."""

    def __init__(self, name: str, path: Path, *, network: Network, regions: Sequence[str]) -> None:
        """Args:
        name: the silo's.
        path: of its database, which is there and migrated.
        network: leads to the other silos.
        regions: names of all regions.
        """
        self.name = name
        self.path = path
        self.network = network
        self.regions = regions
        self.clock = MachineClock(network.clock)
        self.lanes: list[SimulatedLane] = []
        self.life = Life(name, is_over=True)
        self._lives = 0
        self._seed = 0

    @property
    def is_up(self) -> bool:
        return not self.life.is_over

    def start(self, *, seed: int) -> None:
        """Begins another life.

        Args:
            seed: of what is left to chance in it: batches, backoff, jitter.
        """
        self._lives += 1
        # By life: a silo that died once more than in another story still decides alike in its third life.
        rng = random.Random(f"{seed}/{self.name}/{self._lives}")
        life = self.life = self.network.lives[self.name] = Life(self.name)
        self.database = SimulatedDatabase(
            # The true time, since a silo's database is one machine; only the processes' clocks may be off.
            self.path,
            clock=self.network.clock,
            step=lambda where: self.network.fuse.burn(life, where),
        )
        self._server = self._open(rng)
        self.lanes = list(self._make_lanes(rng))

    @abstractmethod
    def greet(self) -> None:
        """Calls the others, as its process does when it starts."""

    def end(self) -> None:
        """Is gone, with all that it remembers."""
        # First, so that whatever is still under way in it ends at its next step.
        self.life.is_over = True
        # Without grace: it dies.
        self._server.stop(grace_seconds=0)
        self._close_channels()
        self.database.close()
        self.lanes = []

    @abstractmethod
    def _open(self, rng: random.Random) -> SiloServer: ...

    @abstractmethod
    def _close_channels(self) -> None: ...

    @abstractmethod
    def _make_lanes(self, rng: random.Random) -> Iterator[SimulatedLane]: ...

    def _settings(self) -> dict[str, Any]:
        return {
            "database_url": SecretStr(f"sqlite:///{self.path}"),
            "grpc_listen": f"{IN_PROCESS_PREFIX}{own_name(self.name)}",
            "http_listen": _UNUSED,
            "keys": keys_of(self.name, self.regions),
            "seal_key": SecretStr(SEAL_KEY),
            "allow_private": True,
        }

    def _connect(self, target: str, address: str, keys: Any, rng: random.Random) -> SiloChannel:
        # Pauses pass in virtual time.
        retry = RetryPolicy(pause=self.network.clock.advance, jitter=rng.random)
        return connect(address, caller=self.name, target_name=target, keys=keys, clock=self.clock, retry=retry)

    def _lane(
        self, name: str, destination: ReplicaDestination, rng: random.Random, *, compared: Compared
    ) -> SimulatedLane:
        leases = Leases(self.database)
        # Small batches too, in which an object and what it refers to travel apart.
        limit = rng.choice((1, 3, 20))
        drain = Drain(self.database, destination.name, destination, self.clock, rng, leases, limit=limit)
        # Never started: the story says when it is its turn.
        comparing = Comparing(self.database, destination.name, compared, rng=rng)
        return SimulatedLane(name, destination.name, self.life, drain, comparing)


class ControlProcess(SiloProcess):
    """Control."""

    control: Control

    def _open(self, rng: random.Random) -> SiloServer:
        config = ControlConfig(**self._settings())
        control = control_silo.bootstrap.open_control(config, clock=self.clock, database=self.database)

        def dial(name: str, place: Place) -> grpc.Channel:
            return self._connect(name, place.address, control.keys, rng)

        self.control = replace(
            control,
            # Who waited here would wait for real, with nobody to change anything meanwhile.
            freshness=ReplicaFreshness(self.database, KINDS, wait_seconds=0),
            regions=RegionChannels(self.database, dial, self.clock, control.regions.hosts),
        )
        return control_silo.bootstrap.start_server(self.control, config)

    def _close_channels(self) -> None:
        self.control.regions.close()

    @override
    def greet(self) -> None:
        """Asks each region which ids it has seen; whoever does not answer is left to comparing."""
        for region in self.regions:
            with contextlib.suppress(SiloError):
                pass_over_ids_seen_by(self.database, KINDS, self.control.regions.channel(region))

    def _make_lanes(self, rng: random.Random) -> Iterator[SimulatedLane]:
        compared = Compared(KINDS, self.control.regions.channel, COMPARE_SECONDS)
        for region in self.regions:
            for number in range(WORKERS):
                destination = control_silo.bootstrap.open_destination(self.control, region)
                name = f"control's worker {number + 1} for {region}"
                yield self._lane(name, destination, rng, compared=compared)


class RegionProcess(SiloProcess):
    """A region."""

    region: Region
    client: ControlClient

    def _open(self, rng: random.Random) -> SiloServer:
        config = RegionConfig(
            **self._settings(),
            name=self.name,
            advertised_grpc=self.network.link(CONTROL, self.name).address,
            advertised_http=f"{self.name}.test:80",
            control_target=self.network.link(self.name, CONTROL).address,
        )
        region = region_silo.bootstrap.open_region(config, clock=self.clock, database=self.database)
        kinds = kinds_of(self.name)
        self.region = replace(region, freshness=ReplicaFreshness(self.database, kinds, wait_seconds=0))
        channel = self._connect(CONTROL, config.control_target, region.keys, rng)
        self.client = ControlClient(channel, Circuit(self.clock))
        self.registration = region_silo.bootstrap.make_registration(self.region, control=self.client, refused=_fail)
        self.is_registered = self._lives == 1  # by the foundation
        return region_silo.bootstrap.start_server(self.region, config, control=self.client)

    def _close_channels(self) -> None:
        self.client.close()

    @override
    def greet(self) -> None:
        """Tries to register."""
        address = self.network.link(CONTROL, self.name).address
        self.is_registered = self.registration.attempt(
            Addresses(grpc_address=address, http_address=f"{self.name}.test:80")
        )

    def _make_lanes(self, rng: random.Random) -> Iterator[SimulatedLane]:
        destination = region_silo.bootstrap.open_destination(self.region, control=self.client)
        compared = Compared(kinds_of(self.name), lambda name: self.client.channel, COMPARE_SECONDS)
        yield self._lane(f"{self.name}'s worker", destination, rng, compared=compared)


def keys_of(name: str, regions: Sequence[str]) -> Keyring:
    """What whoever has that name shares with each of the others."""
    if name == OPERATOR:
        return Keyring([_OPERATOR_KEY])
    others = [each for each in (CONTROL, *regions, READER) if each != name]
    return Keyring([*(_shared_key(name, each) for each in others), _OPERATOR_KEY])


def operator_keys() -> str:
    """The operator's, as the environment of a command has it."""
    return _OPERATOR_KEY.entry


def own_address(silo: str) -> str:
    """Where a silo listens: past every link."""
    return f"{IN_PROCESS_PREFIX}{own_name(silo)}"


def _fail(error: Exception) -> None:
    raise error


def _shared_key(name: str, peer: str) -> Key:
    # The same from either side: a key is what two share.
    both = "-".join(sorted((name, peer))).replace(":", ".")
    return Key(peer=peer, id=both, secret=f"secret-of-{both}".encode())


_OPERATOR_KEY = Key(peer=OPERATOR, id="cli", secret=b"secret-of-the-operator")
