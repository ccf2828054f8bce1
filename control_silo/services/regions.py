"""The way to a region: its address from the directory, one channel per address, and the stubs of what is asked there.

Owns the channels. Services call a region through this module alone.
"""

import threading
from collections.abc import Callable
from dataclasses import dataclass, field

from control_silo.models.region import RegisteredRegion
from shared.database.database import Database
from shared.errors import RegionNotFound
from shared.pb.hybridcloud.organizations.v1 import organization_service_pb2_grpc
from shared.pb.hybridcloud.requests.v1 import app_request_service_pb2_grpc
from shared.rpc.aliases import Channel


@dataclass(frozen=True)
class RegionChannels:
    """Channels to the registered regions, opened at first use and again when a region has moved."""

    database: Database
    connect: Callable[[str, str], Channel]
    """Opens a channel to the region of that name at that address."""
    _open: dict[str, tuple[str, Channel]] = field(default_factory=dict, repr=False)
    _lock: threading.Lock = field(default_factory=threading.Lock, repr=False)

    def channel(self, name: str) -> Channel:
        """The channel to use now.

        Raises:
            RegionNotFound: no region has registered under the name.
        """
        address = self._address(name)
        with self._lock:
            known = self._open.get(name)
            if known and known[0] == address:
                return known[1]
            channel = self.connect(name, address)
            self._open[name] = (address, channel)
        if known:
            known[1].close()
        return channel

    def app_requests(self, name: str) -> app_request_service_pb2_grpc.AppRequestServiceStub:
        """What the region knows of the calls that it made to apps.

        Raises:
            RegionNotFound: no region has registered under the name.
        """
        return app_request_service_pb2_grpc.AppRequestServiceStub(self.channel(name))

    def organizations(self, name: str) -> organization_service_pb2_grpc.OrganizationServiceStub:
        """The organizations of the region.

        Raises:
            RegionNotFound: no region has registered under the name.
        """
        return organization_service_pb2_grpc.OrganizationServiceStub(self.channel(name))

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

    def _address(self, name: str) -> str:
        with self.database.session():
            region = RegisteredRegion.get_or_none(RegisteredRegion.name == name)
        if region is None:
            raise RegionNotFound(f"No region is registered under the name {name!r}.", metadata={"region": name})
        return str(region.grpc_address)
