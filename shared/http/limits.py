"""How many requests one client may make in a window of time, and the headers that tell.

Owns the counting and the answer 429. The window of a credential's requests is a second. Counts in the process, so that
it costs nothing and needs nobody. A request that control forwarded was counted there; one that a region forwards to
control is counted at control too, since a region that is taken counts nothing. Requests of strangers are counted by
their addresses (``strangers.py``), those that a region forwards by that region, which may say any address. Events are
counted apart, by the key of their project: all users of an organization's software send them with one.
"""

import math
import threading
from collections import Counter
from dataclasses import dataclass

from fastapi import FastAPI
from starlette.datastructures import MutableHeaders
from starlette.middleware import Middleware
from starlette.requests import Request
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from shared.clock import Clock
from shared.config.silo import DEFAULT_REQUESTS_PER_SECOND
from shared.errors import RateLimited
from shared.http.client_address import network_of
from shared.http.credentials import client_key
from shared.http.errors import error_answer
from shared.http.forwarded import IS_FORWARDED, region_before
from shared.http.spelling import REST_PREFIX
from shared.http.strangers import Strangers

WINDOW_SECONDS = 1
_REFUSED, _UNAUTHENTICATED = 400, 401


@dataclass(frozen=True)
class Allowance:
    """What is left of a client's window after the request that asked."""

    limit: int
    remaining: int
    reset_at: int
    """Unix seconds at which the next window begins."""
    is_exceeded: bool


class RequestLimit:
    """Counts requests per window; safe to share between threads. Forgets everyone when a window ends."""

    def __init__(
        self, clock: Clock, *, limit: int = DEFAULT_REQUESTS_PER_SECOND, window_seconds: int = WINDOW_SECONDS
    ) -> None:
        """Args:
        clock: tells the windows.
        limit: requests that one client may make in a window, at least 1.
        window_seconds: how long one lasts.
        """
        self._clock = clock
        self._limit = limit
        self._window_seconds = window_seconds
        self._window = 0
        # By digest (``client_key``), so that no credential lies in this memory.
        self._counts: Counter[bytes] = Counter()
        self._lock = threading.Lock()

    def count(self, client: bytes, *, times: int = 1) -> Allowance:
        """Counts one request, or what counts as several.

        Args:
            client: whatever tells clients apart.
            times: how many.
        """
        with self._lock:
            window = self._enter_window()
            # Counted also when it is over: who goes on asking is not let in before the window ends.
            self._counts[client] += times
            made = self._counts[client]
        return Allowance(
            limit=self._limit,
            remaining=max(0, self._limit - made),
            reset_at=(window + 1) * self._window_seconds,
            is_exceeded=made > self._limit,
        )

    def is_spent(self, client: bytes) -> bool:
        """Whether the next request would be one too many; counts nothing."""
        with self._lock:
            self._enter_window()
            return self._counts.get(client, 0) >= self._limit

    def wait_seconds(self) -> int:
        """How long until the next window."""
        with self._lock:
            window = self._enter_window()
        return math.ceil((window + 1) * self._window_seconds - self._clock.now().timestamp())

    def _enter_window(self) -> int:
        """The window that it is now; forgets everyone when it is a new one."""
        window = math.floor(self._clock.now().timestamp() / self._window_seconds)
        if window != self._window:
            # All at once: nobody has to look for those who stopped asking, and memory is bounded by one window.
            self._window = window
            self._counts.clear()
        return window


def limit_requests(app: FastAPI, limit: RequestLimit) -> None:
    """Limits an application, inside all that it does around every request, so that refusals are measured too."""
    app.user_middleware.append(Middleware(_Limited, limit=limit))


class _Limited:
    def __init__(self, app: ASGIApp, *, limit: RequestLimit) -> None:
        self._app = app
        self._limit = limit
        self._strangers = Strangers()

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if _is_exempt(scope):
            await self._app(scope, receive, send)
            return
        client = client_key(Request(scope))
        if not await self._strangers.admit(client, address=_origin(scope)):
            # Before anything is read of it: the body of a refused request is never received.
            await _refuse(scope, receive, send)
        elif client is None:
            await self._app(scope, receive, send)
        else:
            allowance = self._limit.count(client)
            app = _refuse if allowance.is_exceeded else self._app
            await app(scope, receive, self._noting(_with_allowance(send, allowance), client, scope))

    def _noting(self, send: Send, client: bytes, scope: Scope) -> Send:
        async def send_noting(message: Message) -> None:
            if message["type"] == "http.response.start":
                status = message["status"]
                # Other refusals do not say whether anybody looked at the credentials; nor does what browsers ask first.
                # Whoever has shown a credential that is none may be trying others.
                if status == _UNAUTHENTICATED:
                    self._strangers.doubt(client)
                elif status < _REFUSED and scope["method"] != "OPTIONS":
                    self._strangers.trust(client)
            await send(message)

        return send_noting


def _is_exempt(scope: Scope) -> bool:
    # Outside the API are health checks and metrics, which must be answered when a silo is busiest.
    if scope["type"] != "http" or not scope["path"].startswith(REST_PREFIX):
        return True
    # What control forwarded was counted there; what a region did is counted again, see above.
    return IS_FORWARDED in scope and region_before(scope) is None


def _origin(scope: Scope) -> str:
    return region_before(scope) or (network_of(scope["client"][0]) if scope["client"] else "")


async def _refuse(scope: Scope, receive: Receive, send: Send) -> None:
    await error_answer(RateLimited())(scope, receive, send)


def _with_allowance(send: Send, allowance: Allowance) -> Send:
    async def send_with_allowance(message: Message) -> None:
        if message["type"] == "http.response.start":
            headers = MutableHeaders(scope=message)
            headers["X-Sentry-Rate-Limit-Limit"] = str(allowance.limit)
            headers["X-Sentry-Rate-Limit-Remaining"] = str(allowance.remaining)
            headers["X-Sentry-Rate-Limit-Reset"] = str(allowance.reset_at)
        await send(message)

    return send_with_allowance
