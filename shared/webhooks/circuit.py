"""A circuit for each app (spec §5.5): while it is open nothing is sent to it, and nothing is lost.

Only calls that took all the time that there is count against an app; any answer counts for it, a refusal and a 503 too.
What else fails counts as neither. Owns when it opens and closes, and that operators can see it: an open one is a row
of the outbox's destinations. Counts are of one process; an open circuit is everyone's.
"""

import threading
import time
from collections.abc import Callable
from dataclasses import dataclass, field

import structlog

from shared.clock import Clock, SystemClock
from shared.database.database import Database
from shared.outbox.breaker import BreakerState
from shared.outbox.status import DestinationStatus, record_destination
from shared.webhooks.delivery import destination_of
from shared.webhooks.health import note_circuit

log = structlog.get_logger(__name__)

# Long enough that a quiet app has some calls in it, short enough that yesterday's outage is forgotten.
WINDOW_SECONDS = 600.0
"""What came before counts no more."""
BROKEN_SECONDS = 300.0
"""How long an app is left alone; then one call probes it."""
TIMEOUT_RATE = 0.5
"""Timeouts among the calls that count, from which on a circuit opens."""
MIN_CALLS = 5
"""Fewer say too little."""
WHY = "Its calls take too long: it is left alone for a while, and then probed. What it is to be told waits."


@dataclass
class _Window:
    began_at: float
    calls: int = 0
    timeouts: int = 0
    open_until: float | None = None
    """None: closed."""


@dataclass
class Circuits:
    """The circuits of the apps that one sender calls; safe to share between its threads."""

    database: Database
    clock: Clock = field(default_factory=SystemClock)
    """For revisions of what is wrong."""
    monotonic: Callable[[], float] = time.monotonic
    _windows: dict[int, _Window] = field(default_factory=dict)
    _lock: threading.Lock = field(default_factory=threading.Lock)

    def load(self) -> None:
        """Knows from now on which circuits were open when the process before this one ended."""
        with self.database.session():
            rows = self.database.rows("SELECT sentry_app_id FROM app_health WHERE circuit_opened_at IS NOT NULL")
        now = self.monotonic()
        with self._lock:
            for (sentry_app_id,) in rows:
                # Probed at once: one call costs little, and the app may be well by now.
                self._windows.setdefault(sentry_app_id, _Window(now, open_until=now))

    def is_open(self, sentry_app_id: int) -> bool:
        """Whether the app must not be called now."""
        window = self._windows.get(sentry_app_id)
        # Without the lock: a moment's error costs one call, and this is asked for every delivery.
        return window is not None and window.open_until is not None and self.monotonic() < window.open_until

    def record(self, sentry_app_id: int, *, is_timeout: bool) -> None:
        """Counts a call that was answered, or took all the time that there is. Must not be called in a transaction."""
        with self._lock:
            window, was_open = self._window(sentry_app_id)
            window.calls += 1
            window.timeouts += is_timeout
            # A probe that hangs keeps it open by itself; one call says enough of an app that was bad.
            if is_timeout and (was_open or _is_broken(window)):
                window.open_until = self.monotonic() + BROKEN_SECONDS
            elif not is_timeout:
                window.open_until = None
            is_open = window.open_until is not None
            if was_open and not is_open:
                # From nothing: the timeouts of before it was mended must not open it again.
                self._windows[sentry_app_id] = _Window(self.monotonic())
        # Outside the lock, since it writes: nobody waits for the database who only wants to know.
        if is_open != was_open:
            self._show(sentry_app_id, is_open=is_open)

    def _window(self, sentry_app_id: int) -> tuple[_Window, bool]:
        """The app's window, and whether its circuit is open, were it only to be probed."""
        now = self.monotonic()
        window = self._windows.get(sentry_app_id)
        if window is None or (now - window.began_at > WINDOW_SECONDS and window.open_until is None):
            window = self._windows[sentry_app_id] = _Window(now)
        return window, window.open_until is not None

    def _show(self, sentry_app_id: int, *, is_open: bool) -> None:
        # Once for each time that it opens, however often it is probed in vain.
        log.warning("webhooks.circuit_opened" if is_open else "webhooks.circuit_closed", sentry_app_id=sentry_app_id)
        app = destination_of(sentry_app_id)
        with self.database.transaction() as tx:
            # First of all, since a process that comes after knows by this what was open.
            note_circuit(tx, sentry_app_id, is_open=is_open, at=self.clock.now())
            if not is_open:
                tx.database.rows("DELETE FROM outbox_destination WHERE destination = ?", (app,))
        if is_open:
            record_destination(self.database, DestinationStatus(app, breaker=BreakerState.OPEN, last_error=WHY))


def _is_broken(window: _Window) -> bool:
    return window.calls >= MIN_CALLS and window.timeouts >= TIMEOUT_RATE * window.calls
