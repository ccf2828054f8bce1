"""Connections to the HTTP of another silo. Owns their bounds, and that each leads where it may; not what is sent.

A region that is taken answers as it likes: with a head that drips or never ends, with one "continue" after the other,
or with a body in crumbs, each of which costs as much as a whole piece. So a head has a size, a time, and small steps
between which others are served; and crumbs are bounded in number.
"""

import asyncio
import contextlib
import ssl
from collections.abc import AsyncIterator, Callable, Iterable
from contextvars import ContextVar
from dataclasses import dataclass
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
MAX_HEAD_BYTES = 64 * 1024
"""All that a silo may say before the body of its answer."""
HEAD_STEP_BYTES = 4 * 1024
"""How much of a head is read at a time: what is read at once is looked at in one go, and others wait for that."""
CRUMB_BYTES = 1_024
"""A smaller piece of a body is a crumb."""
MAX_CRUMBS = 1_000
"""That one answer may have. Our own silos answer in pieces of 64 KiB, and few of them are the rest of something."""
PIECES_AT_ONCE = 50
"""Pieces after which others are served."""
_FIRST_STATUS, _LAST_STATUS = 200, 599
# A name server that hangs takes these threads and no others.
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
    # httpx lets nobody choose how its pool connects; httpcore, whose pool it is, does.
    pool: Any = transport._pool
    pool._network_backend = _Bounded(pool._network_backend, hosts)
    return _BoundedTransport(transport)


@dataclass
class _Head:
    """What has come of an answer's head."""

    bytes_left: int = MAX_HEAD_BYTES
    is_over: bool = False


_HEAD: ContextVar[_Head | None] = ContextVar("silo.head", default=None)
"""The head that this task waits for: the pool chooses the connection, which learns by this whose it is."""


class _BoundedTransport(httpx.AsyncBaseTransport):
    """Answers whose heads and crumbs are bounded."""

    def __init__(self, inner: httpx.AsyncBaseTransport) -> None:
        self._inner = inner

    @override
    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        seconds: float | None = request.extensions.get("timeout", {}).get("read")
        head = _Head()
        token = _HEAD.set(head)
        try:
            async with asyncio.timeout(None) as limit:
                # From the end of the body, which the client may take its time for. The transport's own timeouts begin
                # anew with each byte.
                request.stream = _Announced(request.stream, lambda: _reschedule(limit, seconds))
                answer = await self._inner.handle_async_request(request)
        except TimeoutError as exc:
            raise httpx.ReadTimeout("The head of the answer took too long.") from exc
        finally:
            head.is_over = True
            _HEAD.reset(token)
        # Servers know no other final ones: passed on, it would be a fault of ours.
        if not _FIRST_STATUS <= answer.status_code <= _LAST_STATUS:
            await answer.aclose()
            raise httpx.RemoteProtocolError("The answer has no status of HTTP.")
        answer.stream = _Crumbs(answer.stream)
        return answer

    @override
    async def aclose(self) -> None:
        await self._inner.aclose()


def _reschedule(limit: asyncio.Timeout, seconds: float | None) -> None:
    limit.reschedule(None if seconds is None else asyncio.get_running_loop().time() + seconds)


class _Announced(httpx.AsyncByteStream):
    """A body that says when it was sent."""

    def __init__(self, inner: Any, sent: Callable[[], None]) -> None:
        self._inner = inner
        self._sent = sent

    @override
    async def __aiter__(self) -> AsyncIterator[bytes]:
        async for piece in self._inner:
            yield piece
        self._sent()


class _Crumbs(httpx.AsyncByteStream):
    """A body that is broken off when it comes in crumbs."""

    def __init__(self, inner: Any) -> None:
        self._inner = inner

    @override
    async def __aiter__(self) -> AsyncIterator[bytes]:
        pieces = crumbs = 0
        async for piece in self._inner:
            pieces += 1
            crumbs += len(piece) < CRUMB_BYTES
            if crumbs > MAX_CRUMBS:
                raise httpx.RemoteProtocolError("The body comes in crumbs.")
            # Many of them are read at once, and nothing else would let others be served.
            if pieces % PIECES_AT_ONCE == 0:
                await asyncio.sleep(0)
            yield piece

    @override
    async def aclose(self) -> None:
        await self._inner.aclose()


class _Bounded(httpcore.AsyncNetworkBackend):
    """Connects to an address that was judged, while the request and TLS still name the host."""

    def __init__(self, inner: httpcore.AsyncNetworkBackend, hosts: JudgedHosts | None) -> None:
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
        # One after the other: a host may have an address that is down beside one that answers.
        for address in first:
            with contextlib.suppress(httpcore.ConnectError, httpcore.ConnectTimeout):
                stream = await self._inner.connect_tcp(address, port, timeout, local_address, socket_options)
                return _BoundedStream(stream)
        return _BoundedStream(await self._inner.connect_tcp(last, port, timeout, local_address, socket_options))

    @override
    async def sleep(self, seconds: float) -> None:
        await self._inner.sleep(seconds)

    async def _addresses(self, host: str, port: int) -> tuple[str, ...]:
        if self._hosts is None:
            return (host,)
        if self._hosts.is_at_hand(host, port):
            # Judged lately, so that no thread is needed to ask again.
            return self._hosts.addresses(host, port)
        try:
            return await anyio.to_thread.run_sync(
                self._hosts.addresses, host, port, abandon_on_cancel=True, limiter=self._lookups
            )
        except SiloUnreachable as exc:  # the host has no address: as when nobody accepts a connection
            raise httpcore.ConnectError(exc.message) from exc


class _BoundedStream(httpcore.AsyncNetworkStream):
    """A connection that reads no more of a head than there may be."""

    def __init__(self, inner: httpcore.AsyncNetworkStream) -> None:
        self._inner = inner

    @override
    async def read(self, max_bytes: int, timeout: float | None = None) -> bytes:
        head = _HEAD.get()
        # The body is bounded otherwise; only before it a silo could talk without end.
        if head is None or head.is_over:
            return await self._inner.read(max_bytes, timeout)
        read = await self._inner.read(min(max_bytes, HEAD_STEP_BYTES), timeout)
        head.bytes_left -= len(read)
        if head.bytes_left < 0:
            raise httpcore.RemoteProtocolError("The head of the answer is too large.")
        return read

    @override
    async def write(self, buffer: bytes, timeout: float | None = None) -> None:
        await self._inner.write(buffer, timeout)

    @override
    async def aclose(self) -> None:
        await self._inner.aclose()

    @override
    async def start_tls(
        self, ssl_context: ssl.SSLContext, server_hostname: str | None = None, timeout: float | None = None
    ) -> httpcore.AsyncNetworkStream:
        return _BoundedStream(await self._inner.start_tls(ssl_context, server_hostname, timeout))

    @override
    def get_extra_info(self, info: str) -> Any:
        return self._inner.get_extra_info(info)
