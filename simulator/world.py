"""The world of one story: its silos, the network between them, the model that judges them, and windows to look through.

Owns life and death of silos, and the look after each step. What happens, and when, is ``event``'s and ``story``'s.
"""

import contextlib
import shutil
from collections import Counter
from collections.abc import Collection, Iterator
from datetime import timedelta
from pathlib import Path

from control_silo.models.user import User
from shared.category import category_of
from shared.clock import FrozenClock
from shared.database.columns import parse_instant
from shared.domain.peer import CONTROL
from shared.pb.hybridcloud.apps.v1 import app_service_pb2_grpc
from shared.pb.hybridcloud.replication.v1 import replica_service_pb2
from shared.rpc.channel import SiloChannel, connect
from shared.rpc.retry import RetryPolicy
from shared.simulation.fault import Fault
from simulator.asked import Asked
from simulator.crash import Crash, Fuse, Life
from simulator.foundation import Foundation, make_processes
from simulator.model import Model
from simulator.network import Network, Sent
from simulator.silo import READER, ControlProcess, RegionProcess, SimulatedLane, keys_of
from simulator.window import Window

RESTORING_SECONDS = 180.0
"""How long it takes to restore a silo, at least: nothing that was signed before is accepted after it."""


class World:
    """Every silo of one story."""

    def __init__(
        self, foundation: Foundation, folder: Path, *, clock: FrozenClock, seed: int, faults: Collection[Fault]
    ) -> None:
        """Args:
        foundation: what it begins with.
        folder: for its databases; what is there is overwritten.
        clock: the true time.
        seed: of what is left to chance in the silos.
        faults: what may go wrong.
        """
        foundation.copy_to(folder)
        self.clock = clock
        self.began_at = clock.now()
        self.fuse = Fuse()
        self.network = Network(self.clock, self.fuse, faults, died=self._died, watch=self._watch)
        self.model = Model(organizations=dict(foundation.organizations))
        self.regions = foundation.regions
        self.folder = folder
        self.happened: Counter[Fault] = Counter()
        """How often what went wrong that is no call's fate."""
        self._seed = seed
        self._creator_id = foundation.creator_id
        self._actor: User | None = None
        self.processes = make_processes(folder, self.network, self.regions)
        self.windows = {name: Window(process.path) for name, process in self.processes.items()}
        self._channels: dict[str, SiloChannel] = {}
        for process in self.processes.values():
            process.start(seed=seed)

    @property
    def control(self) -> ControlProcess:
        process = self.processes[CONTROL]
        assert isinstance(process, ControlProcess)  # noqa: S101 - by its name
        return process

    def region(self, name: str) -> RegionProcess:
        process = self.processes[name]
        assert isinstance(process, RegionProcess)  # noqa: S101 - by its name
        return process

    @property
    def lanes(self) -> list[SimulatedLane]:
        """Those of every silo that is up."""
        return [lane for process in self.processes.values() for lane in process.lanes]

    def actor(self) -> User:
        """The person who does everything. Needs control to be up, the first time."""
        # Read once: it is looked for in control, which may be down later.
        if self._actor is None:
            with self.control.control.database.session():
                self._actor = User.get_by_id(self._creator_id)
        return self._actor

    def reader(self, region: str) -> app_service_pb2_grpc.AppServiceStub:
        """A region as a service of the platform asks it."""
        if region not in self._channels:
            self._channels[region] = connect(
                self.network.link(READER, region).address,
                caller=READER,
                target_name=region,
                keys=keys_of(READER, self.regions),
                clock=self.clock,
                # The reader of a story asks once: what it is answered is what is judged.
                retry=RetryPolicy(max_attempts=1),
            )
        return app_service_pb2_grpc.AppServiceStub(self._channels[region])

    def start(self, silo: str) -> None:
        """Begins a silo's next life. Nothing else happens until it has told the others, or tried to."""
        self.processes[silo].start(seed=self._seed)
        # It may die of what it does first, like a process that finds its database broken.
        with self.network.still(), self.living(silo):
            self.processes[silo].greet()

    def end(self, silo: str) -> None:
        """Ends a silo's life, if it has one."""
        process = self.processes[silo]
        if process.is_up:
            process.end()

    @contextlib.contextmanager
    def living(self, silo: str) -> Iterator[None]:
        """What a silo does for itself: should it die of it, the block ends there."""
        life = self.processes[silo].life
        try:
            yield
        except Crash as crash:
            if crash.life is not life:
                raise
            self._died(life)

    @contextlib.contextmanager
    def from_outside(self) -> Iterator[None]:
        """What an operator has silos do: should one die of it, the block ends there."""
        try:
            yield
        except Crash as crash:
            self._died(crash.life)

    def restore(self, silo: str, copy: Path, *, asked: Asked) -> None:
        """Has a silo go on with an old copy of its database.

        Args:
            silo: which.
            copy: a file.
            asked: what had been asked of control when the copy was taken.
        """
        self.end(silo)
        # Before the copy is opened, whose leases and backoffs have run out by then.
        self.clock.advance(RESTORING_SECONDS)
        path = self.processes[silo].path
        # What SQLite wrote beside the file belongs to the database that is gone.
        for suffix in ("-wal", "-shm"):
            path.with_name(path.name + suffix).unlink(missing_ok=True)
        # A window on the old file would go on showing it.
        self.windows[silo].close()
        shutil.copyfile(copy, path)
        self.windows[silo] = Window(path)
        if silo == CONTROL:
            self.model.go_back(asked)
        else:
            # What a region has shown before binds it no more: its operator took it back.
            self.model.forget(silo)
        self.happened[Fault.RESTORE] += 1
        self.start(silo)

    def look(self) -> None:
        """Judges what the regions show now.

        Raises:
            ContractBroken: a sentence does not hold.
        """
        for region in self.regions:
            # Looked at only then: most steps change nothing there, and a look reads every row.
            if self.windows[region].has_changed():
                self.model.look(region, self.windows[region].replicas())

    @property
    def was_restored(self) -> bool:
        """Whether some silo has gone on with an old copy."""
        return self.happened[Fault.RESTORE] > 0

    def count_faults(self) -> Counter[Fault]:
        """How often each fault did something."""
        return self.happened + self.network.happened + Counter({Fault.CRASH: self.fuse.deaths})

    def list_wrong(self) -> list[str]:
        """What is wrong now, each in a few words."""
        down = [f"{name} is down" for name, process in self.processes.items() if not process.is_up]
        between = [link for link in self.network.links.values() if link.caller in self.processes]
        cut = [f"{link.caller} to {link.callee} cut" for link in between if link.is_cut or link.is_half_open]
        skewed = {name: process.clock.skew_seconds for name, process in self.processes.items()}
        return [*down, *cut, *(f"{name}'s clock is off" for name, seconds in skewed.items() if abs(seconds) > 1)]

    def waiting(self) -> dict[tuple[str, str], tuple[int, float]]:
        """By silo and destination, how many messages wait, and for how many seconds the oldest of them."""
        now = self.clock.now()
        found = {}
        for silo, window in self.windows.items():
            for destination, (count, oldest) in window.backlog().items():
                found[silo, destination] = (count, (now - parse_instant(oldest)) / timedelta(seconds=1))
        return found

    def close(self) -> None:
        for name in self.processes:
            self.end(name)
        for window in self.windows.values():
            window.close()
        for channel in self._channels.values():
            channel.close()
        self.network.close()

    def _died(self, life: Life) -> None:
        process = self.processes[life.silo]
        # It may have died and begun anew since.
        if process.life is life:
            process.end()

    def _watch(self, sent: Sent) -> None:
        """Sees what control sends to regions."""
        if sent.name != "ApplyChanges" or sent.link.caller != CONTROL:
            return
        for change in replica_service_pb2.ApplyChangesRequest.FromString(sent.body).changes:
            # A tombstone tells nothing that a region must not know.
            if change.WhichOneof("state"):
                self.model.sent(sent.link.callee, category_of(change.category), change.object_id)
