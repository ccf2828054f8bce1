"""SQLite's file: made, found, and watched while it is open. Owns what can be wrong with it; knows no connection."""

import contextlib
import os
import sqlite3
import tempfile
from pathlib import Path

from shared.errors import ConfigInvalid, DatabaseUnavailable


class DatabaseFile:
    """The file that a process opened under a path."""

    def __init__(self, path: Path) -> None:
        """Args:
        path: of a file that is there.
        """
        self.path = path
        # The path is what operators see, the inode is what we write to.
        self._inode = path.stat().st_ino

    @classmethod
    def find(cls, path: Path, *, create: bool) -> "DatabaseFile":
        """The file under a path.

        Args:
            path: where it is.
            create: make a missing one, readable by its owner alone, and its folder.

        Raises:
            ConfigInvalid: it is not there, cannot be made or cannot be written.
        """
        # Only ``migrate`` and ``silo up`` make one: a silo that starts with a wrong path must not begin an empty world.
        if create:
            try:
                path.parent.mkdir(parents=True, exist_ok=True)
                if not path.exists():
                    _make(path)
            except OSError as exc:
                raise ConfigInvalid(f"Cannot create {path}: {exc.strerror}.") from exc
            except sqlite3.Error as exc:
                raise ConfigInvalid(f"Cannot create {path}.") from exc
        if not os.access(path, os.F_OK):
            raise ConfigInvalid(f"There is no database at {path}; run `migrate` first.")
        if not os.access(path, os.R_OK | os.W_OK):
            raise ConfigInvalid(f"The database at {path} cannot be written.")
        return cls(path)

    def refuse_if_gone(self) -> None:
        """SQLite goes on writing to an unlinked file; such writes would be lost.

        Raises:
            DatabaseUnavailable: the file is not under its path any more.
        """
        try:
            inode = self.path.stat().st_ino
        except OSError as exc:
            raise DatabaseUnavailable("The database file is gone.") from exc
        if inode != self._inode:
            raise DatabaseUnavailable("The database file was replaced while it was open.")


def _make(path: Path) -> None:
    """Makes an empty database that is in WAL mode from the moment it can be seen.

    Two connections that switch the mode of one file at the same time do not wait for each other: one of them fails.
    """
    with tempfile.TemporaryDirectory(dir=path.parent, prefix=f".{path.name}-") as folder:
        unseen = Path(folder) / path.name
        # Before SQLite opens it, which would make it readable by all.
        unseen.touch(mode=0o600)
        with contextlib.closing(sqlite3.connect(unseen)) as connection:
            connection.execute("PRAGMA journal_mode = wal")
        with contextlib.suppress(FileExistsError):  # somebody else was first, and made the same
            path.hardlink_to(unseen)
