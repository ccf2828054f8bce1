"""What operators do meanwhile: compare and repair, pause and resume, retry."""

import random
from collections.abc import Callable
from contextlib import closing

from typing_extensions import override

from shared.cli.access import Access
from shared.cli.compare import Comparer
from shared.cli.repair import look, repair
from shared.domain.peer import CONTROL
from shared.outbox.operate import ParkedFilter, pause, resume, retry_parked
from simulator.silo import SimulatedLane, operator_keys, own_address
from simulator.world import World


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
            # Without waiting for messages under way: in a story nobody else would deliver them meanwhile.
            findings = look(comparer, is_deep=False, settle_seconds=0)
            # As `silo verify --repair` does: nothing is mended by half of what is known.
            if any(finding.error for finding in findings):
                self._tell("an operator compares, and not every silo answers")
                return False
            # Either silo may die of it: the command calls both.
            with world.from_outside():
                repair(access, comparer, findings)
            self._tell(f"an operator repairs {sum(len(finding.differences) for finding in findings)}")
        return True

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
