"""One in-process call, seen from both ends.

Owns the only state the two ends share and its one transition, from open to ended: by the server's answer, by the
client's cancellation, by the deadline, or by a server that stops, whichever is first. Refuses to know handlers and
stubs.
"""

import logging
import threading
import time
from collections.abc import Callable

import grpc

from shared.rpc.inprocess.pipe import Pipe
from shared.rpc.inprocess.timer import Alarm, timer
from shared.rpc.metadata import Metadata

_logger = logging.getLogger(__name__)


class Exchange:
    """State of one call. ``code`` is None while it is open and never changes after."""

    __slots__ = (
        "_alarm",
        "_callbacks",
        "_changed",
        "_lock",
        "_on_end",
        "_piped",
        "code",
        "deadline",
        "details",
        "initial",
        "metadata",
        "method",
        "peer",
        "requests",
        "response",
        "responses",
        "trailing",
    )

    requests: Pipe
    responses: Pipe
    _changed: threading.Condition

    def __init__(self, method: str, *, metadata: Metadata, deadline: float | None) -> None:
        """Args:
        method: ``/package.Service/Method``.
        metadata: what the client sent.
        deadline: ``time.monotonic()`` at which the call ends by itself; None for never.
        """
        self.method = method
        self.metadata = metadata
        self.deadline = deadline
        self.peer = ""
        self.code: grpc.StatusCode | None = None
        self.details = ""
        self.initial: Metadata | None = None
        self.trailing: Metadata = ()
        self.response: bytes | None = None
        # Reentrant, since a callback may ask the call that ends whether it is active.
        self._lock = threading.RLock()
        self._piped = False
        self._callbacks: list[Callable[[], object]] | None = None
        self._alarm: Alarm | None = None
        self._on_end: Callable[[Exchange], object] | None = None

    def open_pipes(self) -> None:
        """Prepares a call whose ends run on different threads; an inline call needs none of this."""
        with self._lock:
            self._changed = threading.Condition(self._lock)
            self.requests = Pipe(self._changed)
            self.responses = Pipe(self._changed)
            self._piped = True
            if self.code is None:
                self._arm()
            else:
                self._announce()

    def entrust(self, on_end: Callable[["Exchange"], object]) -> None:
        """Names whoever keeps track of open calls; told once, at the end."""
        self._on_end = on_end

    def add_callback(self, callback: Callable[[], object]) -> bool:
        """Has ``callback`` run once when the call ends; False when it has ended."""
        with self._lock:
            if self.code is not None:
                return False
            self._arm()
            if self._callbacks is None:
                self._callbacks = []
            self._callbacks.append(callback)
            return True

    def is_active(self) -> bool:
        """Whether the call is open; notices a deadline that has passed."""
        if self.code is None and self.is_late():
            self.expire()
        return self.code is None

    def is_late(self) -> bool:
        return self.deadline is not None and time.monotonic() >= self.deadline

    def send_initial(self, metadata: Metadata) -> bool:
        """Sets the initial metadata; False when it was sent before."""
        with self._lock:
            if self.initial is not None:
                return False
            self.initial = metadata
            self._announce()
            return True

    def expire(self) -> None:
        self.end(grpc.StatusCode.DEADLINE_EXCEEDED, details="Deadline Exceeded")

    def end(self, code: grpc.StatusCode, *, details: str = "", trailing: Metadata = ()) -> bool:
        """Ends the call, unless it has ended; then False and nothing changes.

        What the server sent before its status still reaches the client; what a client sent before it gave up does not
        reach the server.
        """
        with self._lock:
            if self.code is not None:
                return False
            if self.initial is None:
                self.initial = ()
            self.details, self.trailing = details, trailing
            self.code = code
            # Taken out under the lock, so that each runs once, whoever ends the call.
            callbacks, self._callbacks = self._callbacks, None
            if self._alarm is not None:
                self._alarm.cancel()
            self._announce()
        # Outside the lock: whoever is told may look at the call, or end others.
        if self._on_end is not None:
            self._on_end(self)
        for callback in callbacks or ():
            _run(callback)
        return True

    def wait_initial(self) -> Metadata:
        """The initial metadata, once the server has sent it or ended the call."""
        with self._lock:
            while self.initial is None:
                self._changed.wait()
            return self.initial

    def wait_end(self, timeout: float | None = None) -> bool:
        """Waits for the end; False when ``timeout`` seconds were not enough."""
        if self.code is not None:
            return True
        # A condition and no event: both pipes and the end wake the same waiters.
        with self._changed:
            return self._changed.wait_for(lambda: self.code is not None, timeout)

    def _arm(self) -> None:
        """Sets the deadline's alarm; an inline call without callbacks needs none, its result is compared instead."""
        # One alarm a call, and only where somebody waits elsewhere than on the call's own thread.
        if self.deadline is not None and self._alarm is None:
            self._alarm = timer.at(self.deadline, self.expire)

    def _announce(self) -> None:
        if not self._piped:
            return
        if self.code is not None:
            # Nobody reads them any more; what the server wrote before its status still is, below.
            self.requests.close(discard=True)
            self.responses.close(discard=self.code in _GIVEN_UP)
        self._changed.notify_all()


_GIVEN_UP = (grpc.StatusCode.CANCELLED, grpc.StatusCode.DEADLINE_EXCEEDED)


def _run(callback: Callable[[], object]) -> None:
    try:
        callback()
    except Exception:
        _logger.exception("A callback of a call failed")
