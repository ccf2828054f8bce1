"""What each client has just written through control, so that its next request to a region meets no older state.

The original's clients know nothing of consistency tokens: they confirm an installation and at once ask for what belongs
to it. A region hears of the write within milliseconds; the client's next request is held back until then. Remembers in
the process, for seconds; refuses to know what was written.
"""

import threading
import time
from collections.abc import Collection, Sequence

import anyio
from cachetools import TTLCache
from fastapi import FastAPI
from starlette.concurrency import run_in_threadpool
from starlette.middleware import Middleware
from starlette.requests import Request
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from control_silo.services.control import Control
from shared.consistency import MAX_NAMED, TOKEN_NAME, WrittenVersion, encode, written_so_far
from shared.http.credentials import client_key
from shared.outbox.status import is_waiting

REMEMBERED_SECONDS = 5.0
"""How long a write is remembered; much longer than a region in reach needs to hear of it."""
MAX_CLIENTS = 10_000
"""Clients that are remembered at once; the one that was not seen for longest is forgotten first."""
WAIT_SECONDS = 0.2
"""How long a request is held back at most; then it presents a token, and the region asks control."""
RECHECK_SECONDS = 0.005
"""How soon a delivery is noticed, which a worker of another process may have made."""


def await_delivered(
    control: Control, region: str, objects: Collection[tuple[str, int]], *, seconds: float = WAIT_SECONDS
) -> None:
    """Returns once the objects were delivered to the region, or when the time is over. Outside any session.

    Args:
        control: whose outbox it waits in.
        region: its name.
        objects: each a category and an id.
        seconds: how long to wait at most.
    """
    end = time.monotonic() + seconds
    # Polled: the worker that delivers may be another process, whose commits ring no bell here.
    while _is_waiting(control, region, objects) and time.monotonic() < end:
        threading.Event().wait(RECHECK_SECONDS)


class RecentWrites:
    """Writes by client; safe to share between threads."""

    def __init__(self, control: Control, *, max_clients: int = MAX_CLIENTS, wait_seconds: float = WAIT_SECONDS) -> None:
        """Args:
        control: database and clock.
        max_clients: how many are remembered at once.
        wait_seconds: how long a request is held back at most.
        """
        self._control = control
        self._wait_seconds = wait_seconds
        self._by_client: TTLCache[bytes, tuple[WrittenVersion, ...]] = TTLCache(
            max_clients, REMEMBERED_SECONDS, timer=lambda: control.clock.now().timestamp()
        )
        self._lock = threading.Lock()

    def remember(self, client: bytes, versions: Sequence[WrittenVersion]) -> None:
        """Adds what the client has written to what it wrote in the last seconds."""
        with self._lock:
            # Only the newest, as many as a token can name.
            self._by_client[client] = (*self._by_client.get(client, ()), *versions)[-MAX_NAMED:]

    def of(self, client: bytes) -> tuple[WrittenVersion, ...]:
        """What the client has written in the last seconds."""
        with self._lock:
            return self._by_client.get(client, ())

    async def held_back(self, request: Request, *, region: str) -> Request:
        """The request, once the client's writes were delivered there; with a token of them if that takes too long."""
        client = client_key(request)
        versions = self.of(client) if client else ()
        # A client that presents a token says itself what it has seen.
        if not versions or TOKEN_NAME in request.headers:
            return request
        end = time.monotonic() + self._wait_seconds
        objects = {(version.category.value, version.object_id) for version in versions}
        # Asked, and not slept for: nearly every write has arrived already when its client comes back.
        while await run_in_threadpool(_is_waiting, self._control, region, objects):
            if time.monotonic() >= end:
                return _presenting(request, versions)
            await anyio.sleep(RECHECK_SECONDS)
        return request


def _is_waiting(control: Control, region: str, objects: Collection[tuple[str, int]]) -> bool:
    with control.database.session():
        return is_waiting(control.database, region, objects)


def remember_writes(app: FastAPI, recent: RecentWrites) -> None:
    """Remembers what an application's requests write, before they are answered."""
    app.user_middleware.append(Middleware(_Remembering, recent=recent))


class _Remembering:
    def __init__(self, app: ASGIApp, *, recent: RecentWrites) -> None:
        self._app = app
        self._recent = recent

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        async def send_after(message: Message) -> None:
            # Before the answer starts: a client is quick enough to ask again before its last byte was sent.
            versions = written_so_far() if message["type"] == "http.response.start" else ()
            # Reads hash no credentials.
            client = client_key(Request(scope)) if versions else None
            if client:
                self._recent.remember(client, versions)
            await send(message)

        await self._app(scope, receive, send_after)


def _presenting(request: Request, versions: Sequence[WrittenVersion]) -> Request:
    # The region then waits itself, and asks control in the end: late, but never older than what was written.
    headers = [*request.headers.raw, (TOKEN_NAME.encode(), encode(versions).encode())]
    return Request({**request.scope, "headers": headers}, request.receive)
