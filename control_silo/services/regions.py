"""The way to a region: its address from the directory, judged, one channel per address, and the stubs of what is asked.

Owns the channels. Services call a region through this module alone, by a line that a region which is away or hangs
keeps from costing them more than its answer.
"""

import threading
from collections.abc import Callable
from dataclasses import dataclass, field

import structlog

from control_silo.models.region import RegisteredRegion
from control_silo.services.region_line import RegionLine
from shared.clock import Clock
from shared.database.database import Database
from shared.domain.address import IN_PROCESS_HOST, IN_PROCESS_PORT, host_and_port, is_in_process
from shared.domain.peer import silo_away
from shared.errors import AddressRefused, RegionNotFound
from shared.outgoing.judged import JudgedHosts
from shared.pb.hybridcloud.organizations.v1 import organization_service_pb2_grpc
from shared.pb.hybridcloud.requests.v1 import app_request_service_pb2_grpc
from shared.rpc.aliases import Channel

log = structlog.get_logger(__name__)


@dataclass(frozen=True)
class Place:
    """Where a region is called."""

    address: str
    """What it registered: ``host:port``, or ``inprocess:<name>``."""
    addresses: tuple[str, ...]
    """Those of the host, all judged; none in-process."""

    def is_still(self, now: "Place") -> bool:
        """Whether a channel that was opened to this place leads to the other, too: names may have many addresses."""
        return self.address == now.address and (not self.addresses or not set(self.addresses).isdisjoint(now.addresses))


@dataclass(frozen=True)
class RegionChannels:
    """Channels to the registered regions, opened at first use and again when a region has moved."""

    database: Database
    connect: Callable[[str, Place], Channel]
    """Opens a channel to the region of that name at that place."""
    clock: Clock
    """Times the probes of regions that are away."""
    hosts: JudgedHosts = field(default_factory=JudgedHosts)
    """Where regions may be."""
    _open: dict[str, tuple[Place, Channel]] = field(default_factory=dict, repr=False)
    _lines: dict[str, RegionLine] = field(default_factory=dict, repr=False)
    _lock: threading.Lock = field(default_factory=threading.Lock, repr=False)

    def channel(self, name: str) -> Channel:
        """The channel to use now, for replication, which has a breaker of its own.

        Raises:
            RegionNotFound: no region has registered under the name.
            SiloUnreachable: where it is may not be called, or is not known.
        """
        address = self._address(name)
        place = Place(address, self._judged(name, address))
        with self._lock:
            known = self._open.get(name)
            # Whoever shares one address is there still; a name with many addresses turns them round at each look.
            if known and known[0].is_still(place):
                return known[1]
            channel = self.connect(name, place)
            self._open[name] = (place, channel)
        if known:
            # Outside the lock: closing waits for calls that are under way.
            known[1].close()
        return channel

    def app_requests(self, name: str) -> app_request_service_pb2_grpc.AppRequestServiceStub:
        """What the region knows of the calls that it made to apps.

        Raises:
            RegionNotFound: no region has registered under the name.
        """
        return app_request_service_pb2_grpc.AppRequestServiceStub(self._lined(name))

    def organizations(self, name: str) -> organization_service_pb2_grpc.OrganizationServiceStub:
        """The organizations of the region.

        Raises:
            RegionNotFound: no region has registered under the name.
        """
        # By the line, as whatever somebody waits for; replication alone goes past it.
        return organization_service_pb2_grpc.OrganizationServiceStub(self._lined(name))

    def list_names(self) -> list[str]:
        """Names of the registered regions."""
        with self.database.session():
            return [
                region.name for region in RegisteredRegion.select(RegisteredRegion.name).order_by(RegisteredRegion.name)
            ]

    def close(self) -> None:
        with self._lock:
            for _, channel in self._open.values():
                channel.close()
            self._open.clear()

    def _judged(self, name: str, address: str) -> tuple[str, ...]:
        try:
            if is_in_process(address):
                # In-process is this machine: whoever may not call loopback may not call that either.
                self.hosts.check(IN_PROCESS_HOST, IN_PROCESS_PORT)
                return ()
            return self.hosts.addresses(*host_and_port(address))
        except AddressRefused as exc:
            log.warning("regions.not_called", region=name, address=address)
            raise silo_away(name) from exc

    def _lined(self, name: str) -> Channel:
        channel = self.channel(name)
        with self._lock:
            line = self._lines.setdefault(name, RegionLine(name, self.clock))
        return line.over(channel)

    def _address(self, name: str) -> str:
        with self.database.session():
            region = RegisteredRegion.get_or_none(RegisteredRegion.name == name)
        if region is None:
            raise RegionNotFound(f"No region is registered under the name {name!r}.", metadata={"region": name})
        return str(region.grpc_address)
