"""The way to a region: its address from the directory, and one channel per address. Owns the channels."""

import threading
from collections.abc import Callable
from dataclasses import dataclass, field

from control_silo.models.region import Region
from shared.database.database import Database
from shared.errors import RegionNotFound
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

    def list_names(self) -> list[str]:
        """Names of the registered regions."""
        with self.database.session():
            return [region.name for region in Region.select(Region.name).order_by(Region.name)]

    def close(self) -> None:
        with self._lock:
            for _, channel in self._open.values():
                channel.close()
            self._open.clear()

    def _address(self, name: str) -> str:
        with self.database.session():
            region = Region.get_or_none(Region.name == name)
        if region is None:
            raise RegionNotFound(f"No region is registered under the name {name!r}.", metadata={"region": name})
        return str(region.grpc_address)
