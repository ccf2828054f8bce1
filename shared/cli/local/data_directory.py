"""The directory of a platform on this machine: databases, logs, ``topology.json``, and one owner at a time.

Owns file names, the lock, and the promise that a first start is all or nothing: a marker stands while it lasts, and the
next start removes what an interrupted one left, which nobody had the secrets to use.
"""

import fcntl
import json
import os
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from dataclasses import asdict
from pathlib import Path

from shared.cli.platform_keys import PlatformKeys
from shared.cli.topology import FILE_NAME, Topology, find_topology, write_secret, write_topology
from shared.domain.peer import CONTROL
from shared.errors import ConfigInvalid

_LOCK = "up.lock"
_MARKER = "first-start.json"
_KEYS = "keys.json"
_SQLITE_FILES = ("", "-wal", "-shm", "-journal")


class DataDirectory:
    """One directory; made by ``prepare``."""

    def __init__(self, path: Path) -> None:
        self.path = path.absolute()

    def prepare(self) -> None:
        """Makes the directory, readable by its owner alone, unless it is there.

        Raises:
            ConfigInvalid: it cannot be made or written.
        """
        try:
            # Nobody else's to read: databases and secrets are in it.
            self.path.mkdir(mode=0o700, parents=True, exist_ok=True)
            (self.path / "logs").mkdir(mode=0o700, exist_ok=True)
            (self.path / _LOCK).touch(mode=0o600)
        except OSError as exc:
            raise ConfigInvalid(f"The directory {self.path} cannot be written: {exc.strerror}.") from exc

    @contextmanager
    def lock(self) -> Iterator[None]:
        """Holds the directory for this process; the lock ends with the process, however it ends.

        Raises:
            ConfigInvalid: another process holds it.
        """
        with (self.path / _LOCK).open("r+") as file:
            try:
                fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except OSError as exc:
                # Empty for a moment, between the lock and the number that its holder writes.
                holder = file.read().strip() or "another"
                raise ConfigInvalid(
                    f"`silo up` already runs on {self.path}, as process {holder}. Stop it, or choose another --data."
                ) from exc
            file.truncate(0)
            file.write(str(os.getpid()))
            file.flush()
            yield

    def database_path(self, silo: str) -> Path:
        """The SQLite file of a silo; the default names of DESIGN §8."""
        return self.path / ("control.db" if silo == CONTROL else f"region-{silo}.db")

    def databases(self) -> dict[str, Path]:
        """The SQLite file of each silo that has one here, by its name."""
        regions = {path.stem.removeprefix("region-"): path for path in sorted(self.path.glob("region-*.db"))}
        control = self.database_path(CONTROL)
        return ({CONTROL: control} if control.exists() else {}) | regions

    @property
    def secrets(self) -> tuple[Path, Path]:
        """The files beside the databases that belong to them."""
        return self.path / FILE_NAME, self.path / _KEYS

    def clear(self) -> None:
        """Removes every database and what belongs to them; logs and snapshots stay. Needs the lock."""
        for silo in self.databases():
            self._remove_database(silo)
        for path in self.secrets:
            path.unlink(missing_ok=True)

    def log_path(self, silo: str) -> Path:
        """Where a silo's output goes."""
        return self.path / "logs" / f"{silo}.log"

    def turn_logs(self, silos: Sequence[str]) -> None:
        """Sets the logs of the last run aside, so that every line in a log is of this run."""
        for path in map(self.log_path, silos):
            with suppress(FileNotFoundError):
                path.replace(path.with_suffix(".previous.log"))

    def find_topology(self) -> Topology | None:
        """What the last complete start wrote; None before the first.

        Raises:
            ConfigInvalid: the file is damaged.
        """
        return find_topology(self.path)

    def keys_for(self, regions: Sequence[str], *, is_first: bool) -> PlatformKeys:
        """The keys of control and these regions: what was kept, and what had to be made, which is kept from now on.

        Args:
            regions: names.
            is_first: whether this is the first start, to which nothing that an interrupted one left is of use.

        Raises:
            ConfigInvalid: the file is damaged.
        """
        path = self.path / _KEYS
        try:
            kept = (
                PlatformKeys.from_json(json.loads(path.read_text()))
                if path.exists() and not is_first
                else PlatformKeys()
            )
        except (ValueError, KeyError, TypeError) as exc:
            raise ConfigInvalid(f"{path} is damaged: it is not the JSON that `silo up` writes.") from exc
        keys = kept.completed(regions, shares_operator=True)
        if keys != kept:
            write_secret(path, json.dumps(asdict(keys)))
        return keys

    def begin_first_start(self, silos: Sequence[str]) -> None:
        """Marks the start as the first one, and removes what an interrupted one left.

        Raises:
            ConfigInvalid: there are databases that no interrupted first start explains.
        """
        marker = self.path / _MARKER
        with suppress(FileNotFoundError):
            # Only what the marker names: a database of somebody else's is never removed.
            for silo in _names_in(marker):
                self._remove_database(silo)
        found = [self.database_path(silo) for silo in silos if self.database_path(silo).exists()]
        if found:
            raise ConfigInvalid(
                f"{found[0]} is there, but {FILE_NAME} with its secrets is not. Put it back, or choose another --data."
            )
        marker.write_text(json.dumps(list(silos)))

    def complete(self, topology: Topology) -> None:
        """Keeps what a start ended with; from now on nothing here is removed."""
        # Before the marker goes: interrupted in between, the next start finds both, and takes it for complete.
        write_topology(self.path, topology)
        (self.path / _MARKER).unlink(missing_ok=True)

    def _remove_database(self, silo: str) -> None:
        path = self.database_path(silo)
        for suffix in _SQLITE_FILES:
            # SQLite would take a left journal for that of the new file.
            path.with_name(path.name + suffix).unlink(missing_ok=True)


def _names_in(marker: Path) -> list[str]:
    """Silos that an interrupted first start began to make; none when it was interrupted while it wrote that down."""
    text = marker.read_text()
    with suppress(ValueError):
        return list(json.loads(text))
    return []
