"""What goes wrong in a storm: silos die, ways are cut, clocks are set, old copies return. And what mends it.

Each of these is one line of the story.
"""

import sqlite3
from collections.abc import Callable
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path

from shared.simulation.fault import Fault
from simulator.asked import Asked
from simulator.network import Link
from simulator.operating import Operating
from simulator.world import World

# Within and beyond what a signature allows, either way: 60 s old and 5 s ahead.
_SKEWS_SECONDS = (-55.0, -20.0, -3.0, 0.0, 2.0, 4.0, 20.0, 60.0)


@dataclass(frozen=True)
class Copy:
    """What was so when a silo's database was copied."""

    asked: Asked
    founded: list[object]


class Troubles(Operating):
    """What happens to silos, machines and the network. ``rng`` is another one in each step."""

    def __init__(self, world: World, tell: Callable[[str], None]) -> None:
        super().__init__(world, tell)
        self._copies: dict[str, Copy] = {}

    def start(self) -> None:
        """Whatever is down comes up."""
        down = [name for name, process in self.world.processes.items() if not process.is_up]
        # Nothing else: what cannot happen in a step happens in another one, and the seed goes on.
        if down:
            silo = self.rng.choice(down)
            self.world.start(silo)
            self._tell(f"{silo} starts")

    def kill(self) -> None:
        """A silo is killed between two calls."""
        silo = self.rng.choice(list(self.world.processes))
        if self.world.processes[silo].is_up:
            self.world.end(silo)
            self.world.happened[Fault.CRASH] += 1
            self._tell(f"{silo} is killed")

    def part(self) -> None:
        """The way from one silo to another is cut, or whole again."""
        link = self.rng.choice(self._links_between_silos())
        # One way alone: requests may arrive whose answers never come back.
        link.is_cut = not link.is_cut
        self._tell(f"the way from {link.caller} to {link.callee} is {'cut' if link.is_cut else 'whole again'}")

    def hang(self) -> None:
        """A connection goes half open, or is whole again."""
        link = self.rng.choice(self._links_between_silos())
        link.is_half_open = not link.is_half_open
        self._tell(f"the way from {link.caller} to {link.callee} {'hangs' if link.is_half_open else 'is whole again'}")

    def skew(self) -> None:
        """A machine's clock is set."""
        silo = self.rng.choice(list(self.world.processes))
        seconds = self.world.processes[silo].clock.skew_seconds = self.rng.choice(_SKEWS_SECONDS)
        self.world.happened[Fault.CLOCK] += bool(seconds)
        self._tell(f"the clock of {silo} is {seconds} s off")

    def deliver_late(self) -> None:
        """A request arrives that its caller has given up."""
        network = self.world.network
        if network.on_the_way:
            # Any of them, so that they also overtake each other.
            sent = network.on_the_way.pop(self.rng.randrange(len(network.on_the_way)))
            self._tell(f"{sent.name} from {sent.link.caller} arrives at {sent.link.callee} late")
            self._tell(f"which is {network.deliver_again(sent)}")

    def replay(self) -> None:
        """Somebody sends a request again that was sent before."""
        network = self.world.network
        if network.copies:
            sent = self.rng.choice(network.copies)
            self._tell(f"{sent.name} from {sent.link.caller} to {sent.link.callee} is sent again")
            self._tell(f"which is {network.deliver_again(sent)}")

    def register(self) -> None:
        """A region that started while control was away tries again to tell it so."""
        for name in self.world.regions:
            region = self.world.region(name)
            if not region.is_up or region.is_registered:
                continue
            with self.world.living(name):
                region.greet()
                self._tell(f"{name} tries to register")

    def copy(self) -> None:
        """Somebody takes a copy of a silo's database."""
        silo = self.rng.choice(sorted(self.world.processes))
        with (
            closing(sqlite3.connect(self.world.processes[silo].path)) as source,
            closing(sqlite3.connect(self._copy_of(silo))) as target,
        ):
            # By SQLite's own means, as an operator does it: a copy of the file alone would lack what is beside it.
            source.backup(target)
        self._copies[silo] = Copy(self.world.model.kept(), self._founded())
        self._tell(f"a copy of {silo} is taken")

    def restore(self) -> None:
        """A silo goes on with its copy, unless organizations were founded since, which nobody could give back."""
        # An organization is provisioned in two silos at once, which no copy of one can bring back.
        kept = [silo for silo, copy in sorted(self._copies.items()) if copy.founded == self._founded()]
        if not kept:
            return
        silo = self.rng.choice(kept)
        self._tell(f"{silo} is restored from its copy")
        self.world.restore(silo, self._copy_of(silo), asked=self._copies[silo].asked)

    def _founded(self) -> list[object]:
        """What there is of organizations: those that somebody asked for, and what regions made of it."""
        owned = [self.world.windows[region].organizations_owned() for region in self.world.regions]
        return [len(self.world.model.asked_slugs), *owned]

    def _copy_of(self, silo: str) -> Path:
        return self.world.folder / f"{silo}.copy"

    def _links_between_silos(self) -> list[Link]:
        links = self.world.network.links
        # Without the reader's: whether it is answered is judged, and not what a cut way to it does.
        return [link for (caller, _), link in sorted(links.items()) if caller in self.world.processes]
