"""``grpc.health.v1.Health`` of a silo: it serves when what it needs is there.

Owns how long the result of a check is remembered, how long one may take, and that watchers hear of a change without
asking. Refuses to know what is checked. A check that hangs says as much as one that fails: the silo does not serve.
"""

import threading
import time
from collections.abc import Callable
from typing import Any

import grpc
import structlog
from grpc_health.v1 import health, health_pb2

from shared.clock import Clock
from shared.errors import SiloError
from shared.rpc.inprocess.timer import timer

log = structlog.get_logger(__name__)

REMEMBERED_SECONDS = 0.5
"""How long the result of a check holds, so that whoever asks often costs little, and how often one is made while
somebody watches."""

CHECK_SECONDS = 1.0
"""How long a check may take; shorter than whoever asks waits for the answer (``HEALTH_SECONDS`` in
``shared.outbox.deliver``)."""

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
        self._looking = threading.Condition()
        self._began_at: float | None = None
        """When the check that is under way began; None: none is."""
        self._checked_at: float | None = None
        # Until a check says otherwise: before the first one nobody has a reason to stay away.
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
            # Each holds a thread, and nobody has to sign.
            context.abort(grpc.StatusCode.RESOURCE_EXHAUSTED, "Too many watch already; ask with Check.")
        # A watcher whose network is gone says nothing for ever.
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
        """Returns once the result is fresh, or the check has taken too long; nobody queues behind one that hangs."""
        if self._check is None:
            return
        with self._looking:
            if self._is_fresh():
                return
            if self._began_at is None:
                self._began_at = time.monotonic()
                # On a thread of its own, since nothing can end a check that hangs.
                threading.Thread(target=self._make, args=(self._check,), name="health-check", daemon=True).start()
            left = self._began_at + CHECK_SECONDS - time.monotonic()
            if not self._looking.wait_for(lambda: self._began_at is None, max(0.0, left)):
                self._note(serves=False)

    def _make(self, check: Callable[[], object]) -> None:
        passes = _passes(check)
        with self._looking:
            # A result that comes too late is none: whoever calls a silo that slow does not get an answer in time.
            is_late = self._began_at is not None and time.monotonic() - self._began_at > CHECK_SECONDS
            self._began_at, self._checked_at = None, self._clock.monotonic()
            self._note(serves=passes and not is_late)
            self._looking.notify_all()

    def _is_fresh(self) -> bool:
        return self._checked_at is not None and self._clock.monotonic() - self._checked_at < REMEMBERED_SECONDS

    def _note(self, *, serves: bool) -> None:
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
    except Exception as exc:  # a mistake of ours; whoever waits for the result must not wait for ever
        log.exception("health.check_failed", exc_info=exc)
        return False
    return True
