"""The calm after a storm: everything works again, and the contract is held to what it promises then.

First one region stays away: it must delay no other. Then it comes back as well, and everything must be equal.
"""

from collections.abc import Callable, Set
from dataclasses import dataclass

from shared.domain.peer import CONTROL
from shared.outbox.claim import LEASE_SECONDS
from shared.simulation.ledger import ContractBroken
from simulator.event import Events
from simulator.silo import COMPARE_SECONDS
from simulator.verdict import check_control, check_organizations, check_region
from simulator.world import World

MAX_ROUNDS = 200
"""Turns of every worker until nothing may wait any more."""
_ROUNDS = 4
"""In how many rounds of comparing everything must be found, the last of which finds nothing."""
_TURN_SECONDS = 0.5
"""How long a turn of every worker takes, about."""
_BREATH_SECONDS = LEASE_SECONDS + 1.0


@dataclass
class Ending:
    """The end of one story."""

    world: World
    events: Events
    tell: Callable[[str], None]
    sample: Callable[[], None]
    """Called after each turn of every worker."""

    def play(self) -> None:
        """Raises:
        ContractBroken: something is not as it must be.
        """
        self._calm_down()
        # With one region there is no other that it could delay.
        if len(self.world.regions) > 1:
            self._await_all_but(self.events.rng.choice(list(self.world.regions)))
        self._drain(set())
        if self.world.was_restored:
            self._compare(set())
        self._check_control()
        for region in self.world.regions:
            self._check_region(region)
        self._check_organizations()

    def _calm_down(self) -> None:
        """No fault is left but what it has done: what was parked stays so, and what was claimed has to expire."""
        self.tell("the storm is over")
        network = self.world.network
        network.is_fair = True
        # What was lost stays lost; only from here on nothing is.
        network.on_the_way.clear()
        network.copies.clear()
        for link in network.links.values():
            link.is_cut = link.is_half_open = False
        for name, process in self.world.processes.items():
            # Clocks are as good as they are where somebody cares: a little off.
            process.clock.skew_seconds = max(-2.0, min(2.0, process.clock.skew_seconds))
            if not process.is_up:
                self.world.start(name)
        # A region that could not register in the storm is not called by control until it does.
        self.events.register()
        for lane in self.world.lanes:
            # A pause is an operator's wish and no fault; whoever made it would end it now.
            self.events.let_go(lane)

    def _await_all_but(self, region: str) -> None:
        """Sentence 5: one region is away, and the others miss nothing."""
        self.tell(f"{region} stays away")
        links = [link for key, link in self.world.network.links.items() if region in key]
        for link in links:
            link.is_cut = True
        self._drain({region})
        if self.world.was_restored:
            self._compare({region})
        for other in self.world.regions:
            if other != region:
                self._check_region(other)
        for link in links:
            link.is_cut = False
        self.tell(f"{region} is back")

    def _drain(self, away: Set[str]) -> None:
        """Workers work until nothing waits but for, or in, regions that are away."""
        lanes = [lane for lane in self.world.lanes if away.isdisjoint((lane.life.silo, lane.destination))]
        for each in self.world.lanes:
            # They try once, so that their breakers are open and their claims are held, as they would be.
            if each not in lanes:
                self.events.take_turn(each)
        for _ in range(MAX_ROUNDS):
            self.world.clock.advance(_TURN_SECONDS)
            delivered = sum(self.events.take_turn(lane) for lane in lanes)
            self.world.look()
            self.sample()
            if not self._waiting(away):
                return
            # Nothing is due yet: backoffs and the leases of the dead have to run out.
            if not delivered:
                self.world.clock.advance(_BREATH_SECONDS)
        raise ContractBroken(f"3: messages still wait after {MAX_ROUNDS} turns of every worker: {self._waiting(away)}.")

    def _waiting(self, away: Set[str]) -> list[tuple[str, str]]:
        return [key for key in self.world.waiting() if away.isdisjoint(key)]

    def _compare(self, away: Set[str]) -> None:
        """What ``SILO_COMPARE_SECONDS`` bring: every worker compares, and what it finds is mended."""
        for _ in range(_ROUNDS):
            self.world.clock.advance(COMPARE_SECONDS)
            lanes = [lane for lane in self.world.lanes if away.isdisjoint((lane.life.silo, lane.destination))]
            looks = [self.events.take_look(lane) for lane in lanes]
            self._drain(away)
            # The first round may find what the second has to mend: what it makes due changes what others hold.
            if all(looks):
                return
        raise ContractBroken(f"3: silos still differ after they compared {_ROUNDS} times.")

    def _check_control(self) -> None:
        window = self.world.windows[CONTROL]
        check_control(self.world.model, window.apps(), window.installations(), window.tokens())

    def _check_region(self, region: str) -> None:
        apps = self.world.windows[CONTROL].apps()
        check_region(self.world.model, region, self.world.windows[region].replicas(), apps=apps)
        parked = [each for each in self.world.windows[CONTROL].parked() if each[0] == region]
        parked += self.world.windows[region].parked()
        if parked:
            raise ContractBroken(f"3: messages are parked though nothing is wrong with them: {parked}.")

    def _check_organizations(self) -> None:
        held = {each: slug for each, (_, slug, _) in self.world.windows[CONTROL].organizations_held().items()}
        owned: dict[int, str] = {}
        for region in self.world.regions:
            owned |= self.world.windows[region].organizations_owned()
        check_organizations(self.world.model, held, owned)
