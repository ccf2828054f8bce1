"""Growing pauses for who fails again and again. Owns the counting, in the process; refuses to know what was tried."""

from collections import OrderedDict
from dataclasses import dataclass

from shared.clock import Clock

MAX_REMEMBERED = 50_000
"""How many are remembered; whose last failure is the longest ago is forgotten first."""
_MAX_DOUBLINGS = 10


@dataclass(frozen=True)
class Leniency:
    """How much failing is borne."""

    free: int
    """Failures without a pause; with each more the pause doubles, from one second."""
    forgiven_per_second: float
    """How fast failures are forgotten."""
    longest_seconds: float
    """The longest pause."""


@dataclass
class _Failures:
    number: float = 0.0
    at: float = 0.0
    """When the number was right, in unix seconds."""
    pause_until: float = 0.0


class Pauses:
    """What many failed at, each for themselves. Not for use by several threads at a time."""

    def __init__(self, clock: Clock, leniency: Leniency, *, max_remembered: int = MAX_REMEMBERED) -> None:
        self._clock = clock
        self._leniency = leniency
        self._max_remembered = max_remembered
        # In the order of the last failure, so that the one to forget is found without looking.
        self._known: OrderedDict[str, _Failures] = OrderedDict()

    def wait_seconds(self, who: str) -> float:
        """How long they have to wait for their next try; 0 where they may try now."""
        known = self._known.get(who)
        return max(0.0, known.pause_until - self._now()) if known else 0.0

    def count(self, who: str) -> None:
        """Counts a failure; also of a try under way, so that tries at the same time count too."""
        now, leniency = self._now(), self._leniency
        failures = self._known.setdefault(who, _Failures(at=now))
        self._known.move_to_end(who)
        # What time has forgiven is taken off now, and needs no clock that ticks for everybody.
        failures.number = self._left(failures, now) + 1
        failures.at = now
        if failures.number >= leniency.free:
            # Bounded, so that a long series of failures does not take days to be forgotten.
            failures.number = min(failures.number, leniency.free + _MAX_DOUBLINGS)
            pause = 2.0 ** int(failures.number - leniency.free)
            failures.pause_until = now + min(leniency.longest_seconds, pause)
        if len(self._known) > self._max_remembered:
            self._known.popitem(last=False)

    def take_back(self, who: str) -> None:
        """The last try did not fail."""
        if failures := self._known.get(who):
            # Only this one: a success among many failures does not forgive the others.
            failures.number = max(0.0, failures.number - 1)
            failures.pause_until = 0.0

    def forget(self, who: str) -> None:
        """All of theirs is forgiven."""
        self._known.pop(who, None)

    def _left(self, failures: _Failures, now: float) -> float:
        # A clock that was set back forgives nothing, and charges nothing.
        return max(0.0, failures.number - max(0.0, now - failures.at) * self._leniency.forgiven_per_second)

    def _now(self) -> float:
        return self._clock.now().timestamp()
