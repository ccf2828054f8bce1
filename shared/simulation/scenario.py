"""A scenario: what happens, in which order, chosen by a seed, and whether everything is as promised in the end.

Owns the order of events and the story that is told of them. What is written and held is the stage's.
"""

import random
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Protocol

from shared.clock import FrozenClock
from shared.database.database import Database
from shared.outbox.claim import LEASE_SECONDS
from shared.outbox.drain import Drain
from shared.outbox.operate import ParkedFilter, pause, resume, retry_parked
from shared.outbox.status import list_destinations
from shared.simulation.fault import Fault
from shared.simulation.ledger import ContractBroken
from shared.simulation.weather import Fate, Weather, WorkerDied

DEFAULT_STEPS = 200
MAX_DEPTH = 2
"""Calls within calls: while one is under way the world moves on, and another worker may call."""
RETURNING = 0.75
"""How often it is a return, when a silo is away and one leaves or returns."""
MAX_HEALING_ROUNDS = 500
"""Turns of every worker after the storm until nothing may be due any more."""


@dataclass(frozen=True)
class SimulatedLane:
    """A worker's way to one destination."""

    name: str
    """The worker's, unique on its stage."""
    destination: str
    database: Database
    """Whose outbox it drains."""
    drain: Drain


class Stage(Protocol):
    """The silos that a scenario is played with."""

    clock: FrozenClock
    weather: Weather

    @property
    def lanes(self) -> Sequence[SimulatedLane]:
        """Every worker; two or more to a destination make it interesting."""
        ...

    def write(self, rng: random.Random) -> str:
        """Changes something, in a transaction, and says what in a few words."""
        ...

    def check(self) -> None:
        """Raises:
        ContractBroken: a sentence of the contract does not hold now.
        """
        ...

    def check_ending(self) -> None:
        """Called when nothing is due any more.

        Raises:
            ContractBroken: what is held is not what the owners have.
        """
        ...


@dataclass(frozen=True)
class Run:
    """How a scenario went."""

    seed: int
    steps: int
    story: Sequence[str]
    """What happened, a line each."""
    fates: Mapping[Fate, int]
    """How many calls had which fate."""
    broken: str | None
    """Why the contract does not hold; None: it held throughout."""


def play(begin: Callable[[random.Random], Stage], *, seed: int, steps: int = DEFAULT_STEPS) -> Run:
    """Plays one scenario.

    Args:
        begin: gives its stage, on which nothing has happened; is given what decides everything left to chance.
        seed: of that.
        steps: how many events the storm has.
    """
    rng = random.Random(seed)
    return Scenario(begin(rng), rng, seed, steps).play()


@dataclass
class Scenario:
    """One run on a stage that nothing has happened on yet."""

    stage: Stage
    rng: random.Random
    seed: int
    steps: int
    _story: list[str] = field(default_factory=list)
    _depth: int = 0
    _busy: set[str] = field(default_factory=set)
    """Workers whose call is under way."""

    def __post_init__(self) -> None:
        self.stage.weather.meanwhile, self.stage.weather.tell = self.meanwhile, self._tell

    def play(self) -> Run:
        """Plays it: the storm, and the calm after it."""
        try:
            for _ in range(self.steps):
                self._step()
            # The calm has no faults left that could excuse an error.
            self._expect_no_error(self._heal)
            self.stage.check_ending()
            broken = None
        # At the first broken sentence: what follows from it would only hide it.
        except ContractBroken as exc:
            broken = str(exc)
        fates = Counter(self.stage.weather.fates)
        return Run(self.seed, self.steps, tuple(self._story), fates, broken)

    def meanwhile(self) -> None:
        """Moves the world on while a call is under way."""
        # Deeper ones would find workers busy, and recursion has to end somewhere.
        if self._depth >= MAX_DEPTH:
            return
        self._depth += 1
        try:
            for _ in range(self.rng.randint(1, 3)):
                self._step()
        finally:
            self._depth -= 1

    def _step(self) -> None:
        # One source of chance for everything: the seed alone tells the story again.
        (event,) = self.rng.choices(list(_EVENTS), list(_EVENTS.values()))
        self._expect_no_error(lambda: event(self))
        # After every event: what is broken now and right again later is broken.
        self.stage.check()

    def _expect_no_error(self, event: Callable[[], None]) -> None:
        try:
            event()
        except Exception as exc:  # whatever escapes is what the scenario is played to find
            raise ContractBroken(f"{type(exc).__name__}: {exc}") from exc

    def _write(self) -> None:
        self._tell(self.stage.write(self.rng))

    def _work(self) -> None:
        # A worker is one thread: while its call is under way it can begin nothing else.
        free = [lane for lane in self.stage.lanes if lane.name not in self._busy]
        if free:
            self._take_turn(self.rng.choice(free))

    def _take_turn(self, lane: SimulatedLane) -> int:
        """A worker's turn; answers how many messages it claimed."""
        self._busy.add(lane.name)
        try:
            result = lane.drain.run_once()
        # Its claims stay until their lease ends; the lane's next turn is another worker's.
        except WorkerDied:
            self._tell(f"{lane.name} is another one now")
            return 1
        finally:
            self._busy.discard(lane.name)
        if result.claimed:
            rejected = f", {result.rejected} rejected" if result.rejected else ""
            self._tell(f"{lane.name} claimed {result.claimed}, delivered {result.delivered}{rejected}")
        return result.claimed

    def _wait(self) -> None:
        # The longest ends every lease, so that claims of the dead are taken again.
        seconds = self.rng.choice((0.05, 0.5, 2.0, LEASE_SECONDS + 1.0))
        self.stage.clock.advance(seconds)
        self._tell(f"{seconds} s pass")

    def _part(self) -> None:
        if Fault.PARTITION not in self.stage.weather.faults:
            return
        away, silo = self.stage.weather.away, self.rng.choice(self.stage.lanes).destination
        # More returns than departures, or soon nobody would be there to deliver to.
        if away and self.rng.random() < RETURNING:
            silo = self.rng.choice(sorted(away))
            away.remove(silo)
            self._tell(f"{silo} is back")
        else:
            away.add(silo)
            self._tell(f"{silo} is away")

    def _pause(self) -> None:
        lane = self.rng.choice(self.stage.lanes)
        with lane.database.transaction() as tx:
            pause(tx, lane.destination)
        self._tell(f"an operator pauses {lane.destination}")

    def _resume(self) -> None:
        self._let_go(self.rng.choice(self.stage.lanes))

    def _let_go(self, lane: SimulatedLane) -> None:
        with lane.database.transaction() as tx:
            resume(tx, lane.destination)
        self._tell(f"an operator resumes {lane.destination}")

    def _retry(self) -> None:
        lane = self.rng.choice(self.stage.lanes)
        with lane.database.transaction() as tx:
            retried = retry_parked(tx, ParkedFilter(destination=lane.destination))
        self._tell(f"an operator retries {len(retried)} for {lane.destination}")

    def _heal(self) -> None:
        """The storm is over: every silo is back, every call arrives, and workers work until nothing is due.

        Nothing that is parked is retried: what is not refused any more has to be due without an operator.
        """
        weather = self.stage.weather
        # Sentence 3 speaks of a world in which writes have stopped and silos can talk: this is it.
        weather.is_fair = True
        weather.away.clear()
        for lane in {(lane.database, lane.destination): lane for lane in self.stage.lanes}.values():
            self._let_go(lane)
        for _ in range(MAX_HEALING_ROUNDS):
            claimed = sum(self._take_turn(lane) for lane in self.stage.lanes)
            self.stage.check()
            if not claimed:
                # Nothing was claimed, but leases and backoffs may still run.
                if not self._is_anything_due():
                    return
                self.stage.clock.advance(LEASE_SECONDS + 1.0)
        raise ContractBroken(f"Messages were still due after {MAX_HEALING_ROUNDS} turns of every worker.")

    def _is_anything_due(self) -> bool:
        """For the destinations that are drained here; leased and backing off included, parked not."""
        for database, name in {(lane.database, lane.destination) for lane in self.stage.lanes}:
            with database.session():
                found = list_destinations(database)
            if any(each.backlog for each in found if each.destination == name):
                return True
        return False

    def _tell(self, line: str) -> None:
        self._story.append(f"{'  ' * self._depth}{line}")


_EVENTS: Mapping[Callable[[Scenario], None], int] = {
    Scenario._write: 10,
    Scenario._work: 14,
    Scenario._wait: 4,
    Scenario._part: 2,
    Scenario._pause: 1,
    Scenario._resume: 3,
    Scenario._retry: 1,
}
