"""One thread that does things at their time; for the deadlines of in-process calls.

Owns a heap of alarms. Refuses to know what they do; an alarm must be short and must not raise.
"""

import heapq
import itertools
import threading
import time
from collections.abc import Callable


class Alarm:
    """Something to do at a time, unless it is cancelled first."""

    __slots__ = ("_action",)

    def __init__(self, action: Callable[[], object]) -> None:
        self._action: Callable[[], object] | None = action

    def cancel(self) -> None:
        """Forgets the action at once, and with it whatever it refers to."""
        self._action = None

    def ring(self) -> None:
        action, self._action = self._action, None
        if action is not None:
            action()


class Timer:
    """Rings alarms from a daemon thread of its own, which starts with the first alarm."""

    def __init__(self) -> None:
        self._alarms: list[tuple[float, int, Alarm]] = []
        self._order = itertools.count()
        self._changed = threading.Condition()
        self._thread: threading.Thread | None = None

    def at(self, moment: float, action: Callable[[], object]) -> Alarm:
        """Args:
        moment: ``time.monotonic()`` at which to act.
        action: what to do.
        """
        alarm = Alarm(action)
        with self._changed:
            heapq.heappush(self._alarms, (moment, next(self._order), alarm))
            if self._thread is None:
                self._thread = threading.Thread(target=self._run, name="inprocess-deadlines", daemon=True)
                self._thread.start()
            self._changed.notify()
        return alarm

    def _run(self) -> None:
        while True:
            self._next_due().ring()

    def _next_due(self) -> Alarm:
        with self._changed:
            while True:
                if not self._alarms:
                    self._changed.wait()
                    continue
                wait = self._alarms[0][0] - time.monotonic()
                if wait <= 0:
                    return heapq.heappop(self._alarms)[2]
                self._changed.wait(wait)


timer = Timer()
"""The timer of all in-process calls."""
