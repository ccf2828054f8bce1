"""``/healthz``, whether a silo lives, and ``/readyz``, whether it can serve. Whoever asks is answered, whatever waits.

That a silo lives is said by its answering: what restarts dead processes must not restart one whose database is away.

One check is under way at a time, on a thread of its own, and everybody who asks meanwhile waits for it, and not for
long: so neither many who ask nor a database that hangs take threads or connections.
"""

import asyncio
import threading
import time
from collections.abc import Callable
from contextlib import suppress

import structlog
from fastapi import FastAPI
from starlette.responses import Response

from shared.errors import SiloError
from shared.http.answer import json_answer
from shared.http.errors import INTERNAL_ERROR

log = structlog.get_logger(__name__)

CHECK_SECONDS = 2.0
"""How long asking the database may take before it counts as away."""
HANGS = "The database does not answer."


def answer_health(app: FastAPI, check: Callable[[], object]) -> None:
    """Adds both paths.

    Args:
        app: the application.
        check: raises a ``SiloError`` when the silo cannot serve.
    """
    health = _Health(check)

    async def healthz() -> Response:
        return json_answer({"status": "ok"})

    async def readyz() -> Response:
        problem = await health.find_problem()
        if problem is None:
            return json_answer({"status": "ok"})
        return json_answer({"status": "unavailable", "detail": problem}, status=503)

    for path, answer in {"/healthz": healthz, "/readyz": readyz}.items():
        app.add_api_route(path, answer, methods=["GET"], response_model=None, include_in_schema=False)


class _Health:
    """For use in one event loop."""

    def __init__(self, check: Callable[[], object]) -> None:
        self._check = check
        self._running: asyncio.Future[str | None] | None = None
        self._began_at = 0.0

    async def find_problem(self) -> str | None:
        """What is wrong, in a sentence; None: nothing."""
        if self._running is None or self._running.done():
            self._running, self._began_at = self._begin(), time.monotonic()
        # Whoever comes to a check that hangs is told so at once.
        left = self._began_at + CHECK_SECONDS - time.monotonic()
        try:
            async with asyncio.timeout(max(0.0, left)):
                # Shielded: the first who gives up must not end the check of all others.
                return await asyncio.shield(self._running)
        except TimeoutError:
            return HANGS

    def _begin(self) -> "asyncio.Future[str | None]":
        loop = asyncio.get_running_loop()
        found: asyncio.Future[str | None] = loop.create_future()

        def look() -> None:
            problem = _problem_found_by(self._check)
            # The loop may be closed meanwhile, and then nobody waits.
            with suppress(RuntimeError):
                loop.call_soon_threadsafe(found.set_result, problem)

        # Not of the pool: its threads may all be waiting for the database that is asked about.
        threading.Thread(target=look, name="readyz", daemon=True).start()
        return found


def _problem_found_by(check: Callable[[], object]) -> str | None:
    try:
        check()
    except SiloError as error:
        return error.message
    except Exception:
        # In full here, and in one fixed phrase outside: whoever asks need not be known.
        log.exception("health check failed")
        return INTERNAL_ERROR
    return None
