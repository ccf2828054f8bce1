"""Which ports of loopback the silos of one platform listen on. Owns the choice, and saying which port is taken."""

import contextlib
import secrets
import socket
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from shared.domain.peer import CONTROL
from shared.errors import ConfigInvalid

HOST = "127.0.0.1"
DEFAULT_HTTP_PORT = 8000
"""Control's; with it go the fixed gRPC ports below."""
CONTROL_GRPC_PORT = 50051
FIRST_REGION_GRPC_PORT = 50061
FREE_PORTS = range(20_000, 30_000)
"""Where free ports are looked for: below those that systems give to outgoing connections, so that no client takes the
port of a silo that is down for a moment."""
_MAX_PORT = 65_535


@dataclass(frozen=True)
class Address:
    """Where one silo listens."""

    http_port: int
    grpc_port: int

    @property
    def http(self) -> str:
        """``host:port`` of HTTP."""
        return f"{HOST}:{self.http_port}"

    @property
    def grpc(self) -> str:
        """``host:port`` of gRPC."""
        return f"{HOST}:{self.grpc_port}"

    @property
    def url(self) -> str:
        """Base URL of HTTP."""
        return f"http://{self.http}"


def choose_addresses(regions: Sequence[str], *, http_port: int) -> dict[str, Address]:
    """Addresses of control and the regions, by name, control first.

    Args:
        regions: names, in order.
        http_port: of control; the regions take those that follow. With the default the gRPC ports are fixed too; with
            any other they are free ones. 0: every port is a free one.

    Raises:
        ConfigInvalid: a port is in use, or there are not enough.
    """
    silos = (CONTROL, *regions)
    free = _free_ports()
    http = [http_port + place if http_port else next(free) for place in range(len(silos))]
    if http[-1] > _MAX_PORT:
        raise ConfigInvalid(f"--http-port {http_port} leaves no room for {len(regions)} regions above it.")
    grpc = _fixed_grpc_ports(len(regions)) if http_port == DEFAULT_HTTP_PORT else [_not_in(http, free) for _ in silos]
    addresses = {silo: Address(*ports) for silo, *ports in zip(silos, http, grpc, strict=True)}
    # All of them, before anything is started: a start that fails half way is worse than none.
    for silo, address in addresses.items():
        _refuse_taken(silo, address)
    return addresses


def _fixed_grpc_ports(regions: int) -> list[int]:
    return [CONTROL_GRPC_PORT, *range(FIRST_REGION_GRPC_PORT, FIRST_REGION_GRPC_PORT + regions)]


def _free_ports() -> Iterator[int]:
    """Ports that nothing listens on, from a random one upwards, each once."""
    # At random, so that two platforms that start at once do not run after each other's ports.
    start = secrets.randbelow(len(FREE_PORTS))
    for offset in range(len(FREE_PORTS)):
        port = FREE_PORTS[(start + offset) % len(FREE_PORTS)]
        if _is_free(port):
            yield port
    raise ConfigInvalid(f"No port from {FREE_PORTS.start} to {FREE_PORTS.stop - 1} is free.")


def _not_in(taken: Sequence[int], free: Iterator[int]) -> int:
    # A port that was given away is still free to the eye: nobody listens on it yet.
    return next(port for port in free if port not in taken)


def _refuse_taken(silo: str, address: Address) -> None:
    for port in (address.http_port, address.grpc_port):
        if not _is_free(port):
            raise ConfigInvalid(f"Port {port}, for {silo}, is in use. Free it, or let --http-port 0 pick free ports.")


def _is_free(port: int) -> bool:
    with contextlib.closing(socket.socket(socket.AF_INET, socket.SOCK_STREAM)) as probe:
        # As the silos bind: else a port that was left a moment ago would look taken for a minute.
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((HOST, port))
        except OSError:
            return False
        return True
