"""What every story begins with: migrated databases, registered regions, one organization in each, and a person.

It is made once for a process of the simulator and copied for each seed: migrations take a hundred times longer.
"""

import contextlib
import shutil
import sqlite3
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

import control_silo.bootstrap
import region_silo.bootstrap
from control_silo.models.user import User
from control_silo.replication.kinds import KINDS
from control_silo.services.organization import create_organization
from shared.clock import FrozenClock
from shared.database.connect import connect
from shared.database.database import Database
from shared.domain.peer import CONTROL
from simulator.crash import Fuse
from simulator.network import Network
from simulator.silo import ControlProcess, RegionProcess, SiloProcess

REGION_NAMES = ("us", "de", "jp", "au", "br", "in", "za", "ca")
"""The names of regions, the first ones of which a world has."""


@dataclass(frozen=True)
class Foundation:
    """Databases to begin with."""

    folder: Path
    regions: Sequence[str]
    organizations: dict[int, tuple[str, str]]
    """By id, the slug and the region of each organization."""
    creator_id: int
    """The id of the person who does everything."""

    def copy_to(self, folder: Path) -> None:
        """Lays databases for another story."""
        for silo in (CONTROL, *self.regions):
            # What the story before has left beside the file belongs to its database.
            for suffix in ("-wal", "-shm"):
                (folder / f"{silo}.db{suffix}").unlink(missing_ok=True)
            shutil.copyfile(self.folder / f"{silo}.db", folder / f"{silo}.db")


def make_processes(folder: Path, network: Network, regions: Sequence[str]) -> dict[str, SiloProcess]:
    """Every silo, none of them started, each with its database in the folder."""
    made: dict[str, SiloProcess] = {
        CONTROL: ControlProcess(CONTROL, folder / f"{CONTROL}.db", network=network, regions=regions)
    }
    for name in regions:
        made[name] = RegionProcess(name, folder / f"{name}.db", network=network, regions=regions)
    return made


def lay(folder: Path, regions: Sequence[str]) -> Foundation:
    """Makes the databases in a folder."""
    network = Network(FrozenClock(), Fuse(), faults=())
    network.is_fair = True
    _migrate(folder / f"{CONTROL}.db", control_silo.bootstrap.migrate)
    for name in regions:
        _migrate(folder / f"{name}.db", region_silo.bootstrap.migrate)
    processes = make_processes(folder, network, regions)
    for process in processes.values():
        process.start(seed=0)
    try:
        foundation = _settle(folder, processes, regions)
    finally:
        for process in processes.values():
            process.end()
        network.close()
    for name in processes:
        # One file each, which can be copied.
        with contextlib.closing(sqlite3.connect(folder / f"{name}.db")) as connection:
            connection.execute("PRAGMA wal_checkpoint(TRUNCATE)")
    return foundation


def _settle(folder: Path, processes: dict[str, SiloProcess], regions: Sequence[str]) -> Foundation:
    control = processes[CONTROL]
    assert isinstance(control, ControlProcess)  # noqa: S101 - as made above
    organizations = {}
    for name in regions:
        region = processes[name]
        assert isinstance(region, RegionProcess)  # noqa: S101 - as made above
        region.greet()
        slug = f"home-of-{name}"
        made = create_organization(control.control, slug=slug, name=slug.title(), region=name, kinds=KINDS)
        organizations[made.id] = (slug, name)
    with control.database.transaction():
        now = control.clock.now()
        creator = User.create(username="maker@acme.example", email="maker@acme.example", created_at=now)
    for process in processes.values():
        for lane in process.lanes:
            while lane.drain.run_once().claimed:
                pass
    return Foundation(folder, regions, organizations, creator.id)


def _migrate(path: Path, migrate: Callable[[Database], list[str]]) -> None:
    database = connect(f"sqlite:///{path}", create=True)
    try:
        migrate(database)
    finally:
        database.close()
