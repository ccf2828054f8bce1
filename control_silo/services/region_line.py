"""Who may ask one region at a time, and that a region which is away or hangs costs its askers nothing but the answer.

Owns a place for each call that waits, and the circuit. Replication has a breaker of its own and is never held here.
Refuses to know what is asked.
"""

import contextlib
import threading
from collections.abc import Iterator
from typing import Any, cast

from shared.circuit import Circuit
from shared.clock import Clock
from shared.domain.peer import silo_away
from shared.rpc.aliases import Channel, Future

MAX_WAITING = 12
"""Calls that may wait for one region at a time: far fewer than there are threads that answer requests."""
PLACE_SECONDS = 0.1
"""How long a call waits for its turn when as many as may wait do: a region that works frees one sooner."""


class RegionLine:
    """The way to one region for those who wait for its answers; safe to share between threads."""

    def __init__(self, name: str, clock: Clock) -> None:
        self._name = name
        self._circuit = Circuit(clock)
        self._places = threading.BoundedSemaphore(MAX_WAITING)

    def over(self, channel: Channel) -> Channel:
        """A channel to the region whose calls of one request and one answer go by this line.

        Each raises ``SiloUnreachable`` when the region is known to be away or enough calls wait for it already.
        """
        return cast(Channel, _LinedChannel(self, channel))

    def enter(self) -> None:
        """Begins a call; whoever was let in says once how it ended.

        Raises:
            SiloUnreachable: the region is known to be away, or enough calls wait for it already.
        """
        if not self._places.acquire(timeout=PLACE_SECONDS):
            raise silo_away(self._name)
        if not self._circuit.admits():
            self._places.release()
            raise silo_away(self._name)

    def leave(self, error: BaseException | None) -> None:
        """Ends a call, with what it raised or None."""
        self._circuit.judge(error, silo=self._name)
        self._places.release()


class _LinedChannel:
    """What stubs are made from."""

    def __init__(self, line: RegionLine, channel: Channel) -> None:
        self._line = line
        self._channel = channel

    def unary_unary(self, *arguments: Any, **named: Any) -> "_LinedMethod":
        return _LinedMethod(self._line, self._channel.unary_unary(*arguments, **named))


class _LinedMethod:
    def __init__(self, line: RegionLine, method: Any) -> None:
        self._line = line
        self._method = method

    def __call__(self, *arguments: Any, **named: Any) -> Any:
        with self._leaving_if_it_fails():
            answer = self._method(*arguments, **named)
        self._line.leave(None)
        return answer

    def future(self, *arguments: Any, **named: Any) -> Future:
        with self._leaving_if_it_fails():
            future: Future = self._method.future(*arguments, **named)
        # When the call ends, not when somebody looks: a place is held no longer than the region is asked.
        future.add_done_callback(lambda ended: self._line.leave(ended.exception()))
        return future

    @contextlib.contextmanager
    def _leaving_if_it_fails(self) -> Iterator[None]:
        self._line.enter()
        try:
            yield
        except BaseException as error:
            self._line.leave(error)
            raise
