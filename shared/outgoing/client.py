"""The one client that calls third parties: bounded in time and size, never redirected, never turned inward.

Owns an event loop on a thread of its own, so that any number of requests run side by side and each ends at its
deadline, whatever the other side does. Refuses to know apps, signatures and what an answer means. Neither URLs nor
headers nor bodies are ever logged; a host is whose certificate was refused, since an operator may be the one to act.

Safety of a request: the host is resolved once, every address that it leads to is judged, and one of those very
addresses is connected to, while the request still names the host (``Host``, TLS). So a name that changes between the
check and the connection changes nothing. A connection serves one request: a kept one would serve another name later.
"""

import asyncio
import base64
import logging
import ssl
import threading
from collections.abc import Coroutine, Iterator, Sequence
from concurrent.futures import CancelledError, Future
from contextlib import contextmanager, nullcontext, suppress
from typing import Any, TypeVar

import httpx
import structlog

from shared.database.transaction import refuse_inside_transaction
from shared.domain.address import DEFAULT_PORTS
from shared.errors import AddressRefused, AppDisconnected, AppStalled, AppTooSlow, AppUnreachable, Cancelled, SiloError
from shared.outgoing.answering import Progress
from shared.outgoing.places import HostPlaces
from shared.outgoing.reach import Reach
from shared.outgoing.request import AppAnswer, OutgoingRequest
from shared.outgoing.resolver import Lookup, Resolver, look_up
from shared.outgoing.trust import authorities, problem_of

log = structlog.get_logger(__name__)

MAX_REQUESTS = 256
"""Requests of one client in progress at a time; further ones wait within their deadline."""
MAX_REQUESTS_TO_HOST = 32
"""Requests to one port of one host at once: a slow one leaves places for the others, and so does one that listens
beside others on the same machine."""
MAX_ADDRESSES = 4
"""Addresses of a host that are tried at most."""
USER_AGENT = "silo"

_STOP_SECONDS = 2.0
_T = TypeVar("_T")

for _name in ("httpx", "httpcore"):  # both log URLs, one of them headers
    logging.getLogger(_name).setLevel(logging.WARNING)


class AppClient:
    """Sends requests to apps; safe to share between threads. Starts nothing before its first one."""

    def __init__(self, reach: Reach, *, tls: ssl.SSLContext | None = None, lookup: Lookup = look_up) -> None:
        """Args:
        reach: which addresses may be called.
        tls: whom to believe; ``authorities()`` when absent.
        lookup: from names to addresses; the system's when absent.
        """
        self._reach = reach
        self._resolver = Resolver(lookup)
        self._tls = tls
        self._loop: asyncio.AbstractEventLoop | None = None
        self._places = HostPlaces(total=MAX_REQUESTS, per_host=MAX_REQUESTS_TO_HOST)
        self._submitting = threading.Lock()
        self._is_closed = False

    def send(self, request: OutgoingRequest) -> AppAnswer:
        """Sends one request and waits for what comes of it.

        Raises:
            AddressRefused: the URL is none that may be called.
            AppUnreachable: the host has no address, or none accepts a connection or proves to be the host.
            AppTooSlow: connecting, or waiting for the answer to begin or for its next piece, took too long.
            AppStalled: the whole of it took longer than its deadline, in its answer or before it could begin.
            AppDisconnected: the connection ended before the answer, or what came was no HTTP.
            RpcInsideTransaction: a database transaction is open here.
        """
        try:
            return self.submit(request).result()
        # What ``close`` does to a request under way, in the words of the tree.
        except CancelledError as exc:
            raise Cancelled from exc

    def submit(self, request: OutgoingRequest) -> "Future[AppAnswer]":
        """Starts one request; the future ends as ``send`` does, at its deadline at the latest.

        Raises:
            RpcInsideTransaction: a database transaction is open here.
            Cancelled: the client is closed.
        """
        refuse_inside_transaction("an app")
        with self._submitting:
            if self._is_closed:
                raise Cancelled
            # Under the lock, so that two first requests at once start one loop.
            loop = self._loop or self._start()
            return asyncio.run_coroutine_threadsafe(self._answer(request), loop)

    def close(self) -> None:
        """Ends every request with ``Cancelled``. Idempotent."""
        with self._submitting:
            if self._is_closed:
                return
            self._is_closed = True
        if self._loop is None:
            return
        # What was submitted before is a task by the time that this runs.
        with suppress(TimeoutError):
            asyncio.run_coroutine_threadsafe(_cancel_all(), self._loop).result(_STOP_SECONDS)
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join(_STOP_SECONDS)

    def _start(self) -> asyncio.AbstractEventLoop:
        self._tls = self._tls or authorities()
        loop = self._loop = asyncio.new_event_loop()
        self._thread = threading.Thread(target=_run, args=(loop,), name="outgoing", daemon=True)
        self._thread.start()
        return loop

    async def _answer(self, request: OutgoingRequest) -> AppAnswer:
        progress = Progress()
        try:
            # Around everything, names included: whoever waits has no other bound.
            async with asyncio.timeout(request.limits.deadline_seconds):
                url = self._parse(request.url)
                # Inside the deadline: whoever waits for the answer waits for the place, too.
                async with nullcontext() if request.has_place else self._places.taken(f"{url.host}:{_port(url)}"):
                    progress.is_unanswered = True
                    with _translated(url):
                        return await self._exchange(request, url, progress)
        except TimeoutError as exc:
            error = AppTooSlow() if progress.is_unanswered else AppStalled()
            return _broken_off(request, progress, error, cause=exc)
        except (AppTooSlow, AppDisconnected) as exc:
            return _broken_off(request, progress, exc, cause=exc.__cause__)

    async def _exchange(self, request: OutgoingRequest, url: httpx.URL, progress: "Progress") -> AppAnswer:
        addresses = await _within(request.limits.connect_seconds, self._addresses(url))
        tls = self._tls or authorities()
        # A transport of its own for each request, and no proxy of the environment: it would connect where nobody has
        # judged.
        async with httpx.AsyncHTTPTransport(verify=tls, trust_env=False) as transport:
            for address in addresses[:-1]:
                try:
                    return await _send(transport, request, url, address, progress)
                except (httpx.ConnectError, httpx.ConnectTimeout):
                    continue  # nothing of the request was sent
            return await _send(transport, request, url, addresses[-1], progress)

    def _parse(self, text: str) -> httpx.URL:
        try:
            url = httpx.URL(text)
        except (httpx.InvalidURL, ValueError) as exc:
            raise AddressRefused from exc
        # `file:` and the like lead into this machine.
        if url.scheme not in DEFAULT_PORTS or not url.raw_host:
            raise AddressRefused
        self._reach.check_port(_port(url))
        return url

    async def _addresses(self, url: httpx.URL) -> Sequence[str]:
        """Raises:
        AddressRefused: the host leads to an address that may not be called, whatever else it leads to.
        """
        try:
            found = await self._resolver.addresses(url.raw_host.decode("ascii"), _port(url))
        except (OSError, UnicodeError) as exc:
            raise AppUnreachable("The app's host has no address.") from exc
        if not found:
            raise AppUnreachable("The app's host has no address.")
        for address in found:
            self._reach.check_address(address)
        # Bounded after all were judged: an address beyond the bound counts against the host like any other.
        return found[:MAX_ADDRESSES]


def _run(loop: asyncio.AbstractEventLoop) -> None:
    asyncio.set_event_loop(loop)
    try:
        loop.run_forever()
    finally:
        loop.close()


async def _send(
    transport: httpx.AsyncHTTPTransport, request: OutgoingRequest, url: httpx.URL, address: str, progress: Progress
) -> AppAnswer:
    limits = request.limits
    timeouts = {"connect": limits.connect_seconds, "read": limits.read_seconds, "write": limits.read_seconds}
    sent = httpx.Request(
        request.method,
        # The address that was judged, not the name, which may lead elsewhere a moment later.
        url.copy_with(userinfo=b"", host=address),
        headers=_headers(request, url),
        content=request.body,
        extensions={"timeout": timeouts, "sni_hostname": url.raw_host.decode("ascii").rstrip(".")},
    )
    response = await transport.handle_async_request(sent)
    try:
        return await progress.read(response, limit=limits.answer_bytes)
    finally:
        await response.aclose()


def _broken_off(
    request: OutgoingRequest, progress: Progress, error: SiloError, *, cause: BaseException | None
) -> AppAnswer:
    """Raises:
    AppTooSlow, AppStalled, AppDisconnected: it had not begun, or nobody wants what there is of it.
    """
    answer = progress.broken_off(error) if request.keeps_begun_answer else None
    if answer is None:
        raise error from cause
    return answer


def _headers(request: OutgoingRequest, url: httpx.URL) -> list[tuple[bytes, bytes]]:
    """Its own headers above ours; those that say how the request travels are ours alone."""
    # No compression is asked for, so that the limit on an answer is one on its memory too.
    framing = {"host": url.netloc, "connection": b"close", "accept-encoding": b"identity"}
    given = [(name, value) for name, value in request.headers.items() if name.lower() not in framing]
    names = {name.lower() for name, _ in given}
    headers = [(name.encode("ascii"), value) for name, value in framing.items()]
    if "user-agent" not in names:
        headers.append((b"user-agent", USER_AGENT.encode()))
    if url.userinfo and "authorization" not in names:
        credentials = f"{url.username}:{url.password}".encode()
        headers.append((b"authorization", b"Basic " + base64.b64encode(credentials)))
    return [*headers, *((name.encode("ascii"), value.encode("latin-1")) for name, value in given)]


async def _within(seconds: float, doing: Coroutine[Any, Any, _T]) -> _T:
    try:
        async with asyncio.timeout(seconds):
            return await doing
    except TimeoutError as exc:
        raise AppTooSlow from exc


@contextmanager
def _translated(url: httpx.URL) -> Iterator[None]:
    try:
        yield
    except httpx.TimeoutException as exc:
        raise AppTooSlow from exc
    except httpx.ConnectError as exc:
        problem = problem_of(exc)
        if problem is None:
            raise AppUnreachable from exc
        log.warning("outgoing.tls_failed", host=url.host, port=_port(url), problem=problem)
        raise AppUnreachable(f"The app cannot be reached: {problem}.") from exc
    except httpx.TransportError as exc:
        raise AppDisconnected from exc


async def _cancel_all() -> None:
    tasks = asyncio.all_tasks() - {asyncio.current_task()}
    for task in tasks:
        task.cancel()
    await asyncio.gather(*tasks, return_exceptions=True)


def outcome_of(future: "Future[AppAnswer]") -> AppAnswer | SiloError:
    """Waits for a request that was submitted; its error is a value here."""
    try:
        return future.result()
    except SiloError as error:
        return error
    except CancelledError:
        return Cancelled()


def _port(url: httpx.URL) -> int:
    return DEFAULT_PORTS[url.scheme] if url.port is None else url.port
