"""The network between simulated silos: which call is lost, late, made twice or dies with its worker, by a seed.

Owns the fate of calls. What happens in the world meanwhile is the scenario's.
"""

import random
from collections import Counter
from collections.abc import Callable, Collection, Mapping
from enum import StrEnum
from typing import Any

import grpc

from shared.errors import SiloUnreachable
from shared.simulation.fault import Fault


class Fate(StrEnum):
    """What becomes of a call."""

    FINE = "fine"
    REQUEST_LOST = "request lost"
    ANSWER_LOST = "answer lost"
    """The destination did it, and nobody hears of it."""
    TWICE = "made twice"
    LATE = "late"
    """Between its sending and its arrival the world moves on, as far as another worker's turn."""
    SLOW = "slow"
    """Likewise between its arrival and its answer."""
    WORKER_DIES_BEFORE = "worker dies before"
    WORKER_DIES_AFTER = "worker dies after"
    AWAY = "away"
    """The destination is, for as long as the scenario says."""


class WorkerDied(BaseException):
    """The worker that made the call is gone, with its claims. No error that anything may handle."""


_FINE_WEIGHT = 10
_WEIGHTS: Mapping[Fault, Mapping[Fate, int]] = {
    Fault.DROP: {Fate.REQUEST_LOST: 2, Fate.ANSWER_LOST: 3},
    Fault.DUPLICATE: {Fate.TWICE: 2},
    Fault.DELAY: {Fate.LATE: 4, Fate.SLOW: 3},
    Fault.CRASH: {Fate.WORKER_DIES_BEFORE: 1, Fate.WORKER_DIES_AFTER: 2},
}
SMALL_FAULTS = frozenset({*_WEIGHTS, Fault.PARTITION})
"""What can go wrong here."""


class Weather:
    """Decides the fate of every call to the silos whose channels it lies over."""

    def __init__(self, rng: random.Random, *, faults: Collection[Fault] = SMALL_FAULTS) -> None:
        """Args:
        rng: decides.
        faults: what may go wrong.
        """
        self._rng = rng
        self.faults = faults
        # Most calls are fine, or no state would ever get far enough to be wrong.
        self._weights = {Fate.FINE: _FINE_WEIGHT}
        for fault, of_fault in _WEIGHTS.items():
            self._weights |= of_fault if fault in faults else {}
        self.meanwhile: Callable[[], None] = lambda: None
        """Lets the world move on, while a call is under way. The scenario's."""
        self.tell: Callable[[str], None] = lambda line: None
        """Tells what became of a call. The scenario's."""
        self.is_fair = False
        """Every call arrives: after the storm."""
        self.away: set[str] = set()
        """Silos that cannot be reached."""
        self.fates: Counter[Fate] = Counter()
        """How many calls had which fate."""

    def over(self, channel: grpc.Channel, *, silo: str) -> grpc.Channel:
        """The channel to a silo, under this weather."""
        return grpc.intercept_channel(channel, _Line(self, silo))

    def fate_of_call(self, silo: str) -> Fate:
        """Decides, and counts."""
        if silo in self.away:
            fate = Fate.AWAY
        elif self.is_fair:
            fate = Fate.FINE
        else:
            (fate,) = self._rng.choices(list(self._weights), list(self._weights.values()))
        self.fates[fate] += 1
        if fate is not Fate.FINE:
            self.tell(f"a call to {silo}: {fate}")
        return fate


class _Line(grpc.UnaryUnaryClientInterceptor):  # type: ignore[type-arg]  # generic in its stubs alone
    """One way to one silo."""

    def __init__(self, weather: Weather, silo: str) -> None:
        self._weather = weather
        self._silo = silo

    def intercept_unary_unary(self, continuation: Any, client_call_details: Any, request: Any) -> Any:
        fate = self._weather.fate_of_call(self._silo)
        # Before and after the call are different deaths: after it the destination has what nobody acknowledges.
        if fate is Fate.WORKER_DIES_BEFORE:
            raise WorkerDied
        if fate in {Fate.REQUEST_LOST, Fate.AWAY}:
            raise SiloUnreachable
        if fate is Fate.LATE:
            self._weather.meanwhile()
        answer = continuation(client_call_details, request)
        if fate is Fate.TWICE:
            answer = continuation(client_call_details, request)
        if fate is Fate.SLOW:
            self._weather.meanwhile()
        if fate is Fate.WORKER_DIES_AFTER:
            raise WorkerDied
        if fate is Fate.ANSWER_LOST:
            raise SiloUnreachable
        return answer
