"""Paths that control owns, for clients that send what concerns an organization to its region: one list.

The mirror of control's own table. What a region has no endpoint for, because control owns it, is carried there; who has
no business below an organization, such as signing in, is asked to go to control. What a client writes this way it finds
here as well: the answer is held back until this region's replicas show it, briefly.
"""

import contextlib
import time

import anyio
from fastapi import FastAPI
from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import Response

from shared.consistency import TOKEN_NAME, decode
from shared.domain.http_address import SiloAddress
from shared.domain.peer import CONTROL
from shared.errors import SiloError
from shared.freshness import WAIT_SECONDS, ReplicaFreshness
from shared.http.relay import Relay, close_with, forward_paths

RECHECK_SECONDS = 0.005
"""How soon it is noticed that the replicas show a write; no thread waits meanwhile."""

_ORGANIZATION = "/api/0/organizations/{organization_id_or_slug}"
_INSTALLATION = "/api/0/sentry-app-installations/{uuid}"
_APP = "/api/0/sentry-apps/{app_id_or_slug}"

CONTROL_OWNED = (
    f"{_ORGANIZATION}/sentry-app-installations/",
    f"{_ORGANIZATION}/sentry-apps/",
    f"{_ORGANIZATION}/features/",
    f"{_ORGANIZATION}/audit-logs/",
    f"{_INSTALLATION}/",
    f"{_INSTALLATION}/authorizations/",
    "/api/0/sentry-apps/",
    "/api/0/sentry-apps-stats/",
    f"{_APP}/",
    f"{_APP}/api-tokens/{{rest:path}}",
    f"{_APP}/avatar/",
    f"{_APP}/channel/",
    f"{_APP}/components/",
    f"{_APP}/deliveries/{{rest:path}}",
    f"{_APP}/features/",
    f"{_APP}/publish-request/",
    f"{_APP}/requests/",
    f"{_APP}/rotate-secret/",
    f"{_APP}/stats/",
    f"{_APP}/stream/{{rest:path}}",
    f"{_APP}/test/",
    f"{_APP}/webhook-requests/",
    "/api/0/users/me/regions/",
    "/sentry-app-avatar/{ident}/",
)
"""Path by path, with every method."""


def forward_control_paths(
    app: FastAPI, relay: Relay, *, control_url: str, freshness: ReplicaFreshness, wait_seconds: float = WAIT_SECONDS
) -> None:
    """Serves the list's paths in a region, after its own; the relay is closed when the application ends.

    Args:
        app: the region's.
        relay: carries the requests.
        control_url: where control is reached.
        freshness: how new the replicas are.
        wait_seconds: how long an answer is held back at most.
    """
    control = SiloAddress(CONTROL, control_url)

    async def forward(request: Request) -> Response:
        answer = await relay.forward(request, to=control)
        # Only what changed something has one; reads pass at once.
        written = answer.headers.get(TOKEN_NAME)
        try:
            if written:
                await _await_replicas(freshness, written, seconds=wait_seconds)
        except BaseException:
            # Its body is still on the way, and would hold the connection to control.
            await answer.drop()
            raise
        return answer

    forward_paths(app, CONTROL_OWNED, forward)
    close_with(app, relay)


async def _await_replicas(freshness: ReplicaFreshness, written: str, *, seconds: float) -> None:
    """The write stands, and so does its answer, whatever becomes of the wait."""
    with contextlib.suppress(SiloError):
        versions, end = decode(written), time.monotonic() + seconds
        while not await run_in_threadpool(freshness.is_fresh, versions):
            if time.monotonic() >= end:
                return
            await anyio.sleep(RECHECK_SECONDS)
