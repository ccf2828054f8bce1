"""SQLite's file: made, found, and watched while it is open. Owns what can be wrong with it; knows no connection."""

import os
from pathlib import Path

from shared.errors import ConfigInvalid, DatabaseUnavailable


class DatabaseFile:
    """The file that a process opened under a path."""

    def __init__(self, path: Path) -> None:
        """Args:
        path: of a file that is there.
        """
        self.path = path
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
        if create:
            try:
                path.parent.mkdir(parents=True, exist_ok=True)
                if not path.exists():
                    path.touch(mode=0o600)
            except OSError as exc:
                raise ConfigInvalid(f"Cannot create {path}: {exc.strerror}.") from exc
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
