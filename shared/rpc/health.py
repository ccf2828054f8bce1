"""``grpc.health.v1.Health`` of a silo: it serves when what it needs is there.

Owns how long the result of a check is remembered, and that watchers hear of a change without asking. Refuses to know
what is checked.
"""

import threading
import time
from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any

import grpc
from grpc_health.v1 import health, health_pb2

from shared.clock import Clock
from shared.errors import SiloError
from shared.rpc.inprocess.timer import timer

REMEMBERED_SECONDS = 0.5
"""How long the result of a check holds, so that whoever asks often costs little, and how often one is made while
somebody watches."""

MAX_WATCHERS = 64
"""Streams of watchers that may be open at a time."""
WATCH_SECONDS = 600.0
"""How long one may be open; whoever still wants to know watches again."""

Check = Callable[[], object]
"""Raises a ``SiloError`` when the silo cannot serve."""


class CheckedHealth(health.HealthServicer):
    """Answers for the server as a whole (``""``) and for each service, which all need the same."""

    def __init__(self, check: Check | None, *, clock: Clock) -> None:
        """Args:
        check: made when somebody asks; None: the silo serves until it stops.
        clock: tells when a result is too old.
        """
        super().__init__()
        self._check = check
        self._clock = clock
        self._services: tuple[str, ...] = (health.OVERALL_HEALTH,)
        self._checking = threading.Lock()
        self._checked_at: datetime | None = None
        self._serves = True
        self._stopping = threading.Event()
        self._lookout = threading.Thread(target=self._look_out, name="health", daemon=True)
        self._posting = threading.Lock()

    def announce(self, *services: str) -> None:
        """Adds services to those that are answered for."""
        self._services = (*self._services, *services)
        for service in services:
            self.set(service, health_pb2.HealthCheckResponse.SERVING)

    def Check(self, request: health_pb2.HealthCheckRequest, context: grpc.ServicerContext) -> Any:
        self._look()
        return super().Check(request, context)

    def Watch(
        self,
        request: health_pb2.HealthCheckRequest,
        context: grpc.ServicerContext,
        send_response_callback: Callable[[Any], None] | None = None,
    ) -> Any:
        with self._lock:
            watchers = sum(map(len, self._send_response_callbacks.values()))
        if watchers >= MAX_WATCHERS:
            context.abort(grpc.StatusCode.RESOURCE_EXHAUSTED, "Too many watch already; ask with Check.")
        alarm = timer.at(time.monotonic() + WATCH_SECONDS, context.cancel)
        context.add_callback(alarm.cancel)
        self._look()
        answer = super().Watch(request, context, send_response_callback)
        self._post_lookout()
        return answer

    def enter_graceful_shutdown(self) -> None:
        self._stopping.set()
        super().enter_graceful_shutdown()

    def _post_lookout(self) -> None:
        """Lets somebody look for the watchers; most silos are never watched and need nobody."""
        with self._posting:
            if self._check is not None and self._lookout.ident is None:
                self._lookout.start()

    def _look_out(self) -> None:
        while not self._stopping.wait(REMEMBERED_SECONDS):
            if self._is_watched():
                self._look()

    def _is_watched(self) -> bool:
        with self._lock:
            return any(self._send_response_callbacks.values())

    def _look(self) -> None:
        """Makes the check, unless its result is fresh or somebody is making it: nobody queues behind a slow one."""
        if self._check is None or not self._checking.acquire(blocking=False):
            return
        try:
            if not self._is_fresh():
                self._note(serves=_passes(self._check))
        finally:
            self._checking.release()

    def _is_fresh(self) -> bool:
        if self._checked_at is None:
            return False
        return timedelta(0) <= self._clock.now() - self._checked_at < timedelta(seconds=REMEMBERED_SECONDS)

    def _note(self, *, serves: bool) -> None:
        self._checked_at = self._clock.now()
        if serves == self._serves:
            return
        self._serves = serves
        answer = health_pb2.HealthCheckResponse
        for service in self._services:
            self.set(service, answer.SERVING if serves else answer.NOT_SERVING)


def _passes(check: Check) -> bool:
    try:
        check()
    except SiloError:
        return False
    return True
