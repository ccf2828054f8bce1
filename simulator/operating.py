"""What operators do meanwhile: compare and repair, pause and resume, retry. And how workers compare by themselves."""

import random
from collections.abc import Callable
from contextlib import closing
from functools import partial

from typing_extensions import override

from shared.cli.access import Access
from shared.cli.compare import Comparer
from shared.cli.repair import look, repair
from shared.domain.peer import CONTROL
from shared.errors import SiloError
from shared.outbox.operate import ParkedFilter, pause, resume, retry_parked
from simulator.silo import SimulatedLane, operator_keys, own_address
from simulator.world import World

_GIVING_WAY_SECONDS = 5.0
"""What comparing waits for lasts longer in a story than it is worth telling."""


class OperatorAccess(Access):
    """The operator's own ways to silos: those between silos are for silos."""

    @override
    def address_of(self, silo: str) -> str:
        return own_address(silo)


class Operating:
    """The operators of a world. ``rng`` is another one in each step."""

    def __init__(self, world: World, tell: Callable[[str], None]) -> None:
        """Args:
        world: whose silos they operate.
        tell: takes each line of the story.
        """
        self.world = world
        self.rng = random.Random(0)
        self._tell = tell

    def compare(self) -> None:
        """An operator has differences found and mended."""
        self.repair()

    def repair(self) -> bool:
        """Compares all silos and has what differs sent again; False when one of them did not answer."""
        world = self.world
        access = OperatorAccess("", own_address(CONTROL), rpc_keys=operator_keys(), clock=world.clock)
        with closing(Comparer(access, sorted(world.regions))) as comparer:
            findings = look(comparer, is_deep=False, settle_seconds=0)
            if any(finding.error for finding in findings):
                self._tell("an operator compares, and not every silo answers")
                return False
            with world.from_outside():
                repair(access, comparer, findings)
            self._tell(f"an operator repairs {sum(len(finding.differences) for finding in findings)}")
        return True

    def compare_alone(self) -> None:
        """A worker compares what its destination holds, as it does when its lane opens and every so often."""
        free = [lane for lane in self.world.lanes if not lane.is_comparing]
        if free:
            self.take_look(self.rng.choice(free))

    def take_look(self, lane: SimulatedLane) -> bool:
        """One round of comparing; whether it came to its end and found nothing."""
        lane.is_comparing, found = True, None
        with self.world.living(lane.life.silo):
            try:
                found = lane.comparing.run_once(pause=partial(self._give_way, lane))
            except SiloError as exc:
                self._tell(f"{lane.name} compares in vain: {exc.reason}")
            lane.is_comparing = False
        if found and found.found:
            differing = ", ".join(f"{count} {sort}" for sort, count in sorted(found.found.items()))
            self._tell(f"{lane.name} compares and finds {differing}")
        return found is not None and not found.found

    def _give_way(self, lane: SimulatedLane, seconds: float) -> bool:
        """What happens between two steps of comparing: the world moves on, and it never stops."""
        self.world.clock.advance(max(seconds, _GIVING_WAY_SECONDS))
        self.world.network.meanwhile()
        lane.life.check()
        return False

    def pause(self) -> None:
        lane = self._any_lane()
        if lane:
            with self.world.living(lane.life.silo), lane.drain.database.transaction() as tx:
                pause(tx, lane.destination)
            self._tell(f"an operator pauses {lane.destination}")

    def resume(self) -> None:
        lane = self._any_lane()
        if lane:
            self.let_go(lane)
            self._tell(f"an operator resumes {lane.destination}")

    def let_go(self, lane: SimulatedLane) -> None:
        """Ends a pause."""
        with self.world.living(lane.life.silo), lane.drain.database.transaction() as tx:
            resume(tx, lane.destination)

    def retry(self) -> None:
        lane = self._any_lane()
        if lane:
            with self.world.living(lane.life.silo), lane.drain.database.transaction() as tx:
                retry_parked(tx, ParkedFilter(destination=lane.destination))
            self._tell(f"an operator retries what is parked for {lane.destination}")

    def _any_lane(self) -> SimulatedLane | None:
        lanes = self.world.lanes
        return self.rng.choice(lanes) if lanes else None
