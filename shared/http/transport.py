"""Connections to the HTTP of another silo. Owns their bounds, and that each leads where it may; not what is sent."""

from collections.abc import Callable, Iterable
from typing import Any, TypeAlias

import anyio
import httpcore
import httpx
from typing_extensions import override

from shared.domain.http_address import SiloAddress
from shared.errors import SiloUnreachable
from shared.outgoing.judged import JudgedHosts
from shared.outgoing.trust import authorities

MAX_CONNECTIONS = 200
"""Requests under way to one silo, and as many again that bring events: neither takes connections from the other, nor
from other silos. More wait, and not for long."""
IDLE_SECONDS = 2.0
"""How long a connection is kept for the next request: not as long as silos keep theirs, so that none ends in use."""
_MAX_LOOKUPS = 8

OpenTransport: TypeAlias = Callable[[SiloAddress], httpx.AsyncBaseTransport]


def open_transport(silo: SiloAddress, *, hosts: JudgedHosts | None = None) -> httpx.AsyncBaseTransport:
    """Connections to a silo, opened at need; proxies of the environment are meant for the web, not for silos.

    Args:
        silo: where it is.
        hosts: judges where that leads at each new connection; None: the operator has named it.
    """
    limits = httpx.Limits(
        max_connections=MAX_CONNECTIONS, max_keepalive_connections=MAX_CONNECTIONS, keepalive_expiry=IDLE_SECONDS
    )
    tls = authorities() if silo.url.startswith("https:") else False
    transport = httpx.AsyncHTTPTransport(verify=tls, trust_env=False, limits=limits)
    if hosts is not None:
        # httpx lets nobody choose how its pool connects; httpcore, whose pool it is, does.
        pool: Any = transport._pool
        pool._network_backend = _Judging(pool._network_backend, hosts)
    return transport


class _Judging(httpcore.AsyncNetworkBackend):
    """Connects to an address that was judged, while the request and TLS still name the host."""

    def __init__(self, inner: httpcore.AsyncNetworkBackend, hosts: JudgedHosts) -> None:
        self._inner = inner
        self._hosts = hosts
        self._lookups = anyio.CapacityLimiter(_MAX_LOOKUPS)

    @override
    async def connect_tcp(
        self,
        host: str,
        port: int,
        timeout: float | None = None,
        local_address: str | None = None,
        socket_options: Iterable[Any] | None = None,
    ) -> httpcore.AsyncNetworkStream:
        *first, last = await self._addresses(host, port)
        for address in first:
            try:
                return await self._inner.connect_tcp(address, port, timeout, local_address, socket_options)
            except (httpcore.ConnectError, httpcore.ConnectTimeout):
                continue
        return await self._inner.connect_tcp(last, port, timeout, local_address, socket_options)

    @override
    async def sleep(self, seconds: float) -> None:
        await self._inner.sleep(seconds)

    async def _addresses(self, host: str, port: int) -> tuple[str, ...]:
        if self._hosts.is_at_hand(host, port):
            return self._hosts.addresses(host, port)
        try:
            return await anyio.to_thread.run_sync(
                self._hosts.addresses, host, port, abandon_on_cancel=True, limiter=self._lookups
            )
        except SiloUnreachable as exc:  # the host has no address: as when nobody accepts a connection
            raise httpcore.ConnectError(exc.message) from exc
