"""A story: a storm of events, each chosen by the seed and its number, then the calm, in which everything must be equal.

Owns the order of events and the telling. A step depends on the seed, on its number and on what was before, so a step
that is left out takes nothing but itself and its consequences away.
"""

import contextlib
import random
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from shared.clock import FrozenClock
from shared.simulation.fault import Fault
from shared.simulation.ledger import ContractBroken
from simulator.chance import decided, rng_of
from simulator.clock import stopwatches
from simulator.ending import Ending
from simulator.event import Events, weights_of
from simulator.fate import Fate
from simulator.foundation import Foundation
from simulator.world import World

# Enough for a few objects to be changed under every fault; more seeds find more than longer stories do.
DEFAULT_STEPS = 60
MAX_DEPTH = 2
"""Calls within calls: while one is under way the world moves on, and others call."""
_CRASHING = 0.12
"""In how many steps somebody dies."""
_LONGEST_FUSE = 12
"""How many steps of silos, at most, it takes until then."""


@dataclass(frozen=True)
class Plan:
    """What makes a story what it is."""

    seed: int
    faults: frozenset[Fault]
    steps: int = DEFAULT_STEPS
    left_out: frozenset[int] = frozenset()
    """Steps that do not happen."""


@dataclass(frozen=True)
class Sample:
    """How things stood after a step."""

    seconds: float
    """Since the beginning, in virtual time."""
    waiting: Mapping[tuple[str, str], tuple[int, float]]
    """By silo and destination: messages, and the age of the oldest in seconds."""
    wrong: Sequence[str]
    """What is wrong then, each in a few words."""
    is_calm: bool
    """Whether the storm is over."""


@dataclass(frozen=True)
class Told:
    """How a story went."""

    plan: Plan
    lines: Sequence[str]
    fates: Mapping[Fate, int]
    """How many calls had which fate."""
    happened: Mapping[Fault, int]
    """How often each fault did something."""
    refusals: Mapping[str, int]
    """How many calls were answered with an error, by its status."""
    broken: str | None
    """Why the contract does not hold, after the number of the sentence; None: it held throughout."""
    broken_at: int
    """The step after which that was seen; the number of steps: in the calm."""
    samples: Sequence[Sample]


def tell(plan: Plan, foundation: Foundation, folder: Path, *, sampling: bool = False) -> Told:
    """Plays a story.

    Args:
        plan: which.
        foundation: what it begins with.
        folder: for its databases.
        sampling: note how much waits, after each step.
    """
    clock = FrozenClock()
    # Ids, nonces and time come from the seed: a story is the same on every machine.
    with decided(plan.seed), stopwatches(clock):
        world = World(foundation, folder, clock=clock, seed=plan.seed, faults=plan.faults)
        try:
            return Story(plan, world, sampling=sampling).tell()
        finally:
            world.close()


@dataclass
class Story:
    """One story that is being told."""

    plan: Plan
    world: World
    sampling: bool
    _lines: list[str] = field(default_factory=list)
    _samples: list[Sample] = field(default_factory=list)
    _depth: int = 0
    _step: int = 0

    def __post_init__(self) -> None:
        network = self.world.network
        network.meanwhile, network.tell, self.world.fuse.tell = self._meanwhile, self._say, self._say
        self._events = Events(self.world, self._say)
        weights = weights_of(self.plan.faults)
        self._choices, self._weights = list(weights), list(weights.values())

    def tell(self) -> Told:
        broken = None
        try:
            for step in range(self.plan.steps):
                self._step = step
                if step not in self.plan.left_out:
                    self._take_step()
            self._step = self.plan.steps
            # By a name and not by a number, so that the calm is the same after however many steps.
            self._begin(rng_of(self.plan.seed, "calm"))
            with _no_error():
                Ending(self.world, self._events, self._say, self._sample).play()
        except ContractBroken as exc:
            broken = str(exc)
        return Told(
            self.plan,
            tuple(self._lines),
            dict(self.world.network.fates),
            dict(self.world.count_faults()),
            dict(self.world.network.refusals),
            broken,
            self._step,
            tuple(self._samples),
        )

    def _take_step(self) -> None:
        # From the number and not from the step before: leaving one out changes no other's choices.
        rng = rng_of(self.plan.seed, self._step)
        self._begin(rng)
        if Fault.CRASH in self.plan.faults and rng.random() < _CRASHING:
            # Which silo it is depends on who does the last of these things.
            self.world.fuse.left = rng.randint(1, _LONGEST_FUSE)
        self._happen()
        # What has not burnt down goes out: no step kills in another one.
        self.world.fuse.left = 0
        self._sample()

    def _sample(self) -> None:
        if self.sampling:
            seconds = (self.world.clock.now() - self.world.began_at).total_seconds()
            calm = self.world.network.is_fair
            self._samples.append(Sample(seconds, self.world.waiting(), self.world.list_wrong(), calm))

    def _begin(self, rng: random.Random) -> None:
        self._events.rng = self.world.network.rng = rng

    def _happen(self) -> None:
        (event,) = self._events.rng.choices(self._choices, self._weights)
        with _no_error():
            event(self._events)
        self.world.look()

    def _meanwhile(self) -> None:
        """The world moves on while a call is under way."""
        # In the calm nothing happens by itself, or it would never become one.
        if self._depth >= MAX_DEPTH or self.world.network.is_fair:
            return
        self._depth += 1
        try:
            for _ in range(self._events.rng.randint(1, 2)):
                self._happen()
        finally:
            self._depth -= 1

    def _say(self, line: str) -> None:
        self._lines.append(f"{self._step}: {'  ' * self._depth}{line}")


@contextlib.contextmanager
def _no_error() -> Iterator[None]:
    """Whatever escapes is what stories are played to find."""
    try:
        yield
    except Exception as exc:
        # As a broken sentence, so that the story is shrunk and told like any other.
        raise ContractBroken(f"{type(exc).__name__}: {exc}") from exc
