"""Copies of SQLite files that others write to meanwhile."""

import sqlite3
from collections.abc import Iterable
from contextlib import ExitStack, closing
from pathlib import Path

BUSY_SECONDS = 30.0
"""How long a file is waited for that somebody writes to."""


def copy_at_one_moment(paths: Iterable[Path], *, into: Path) -> None:
    """Copies several databases as they were at nearly one moment.

    A reader of SQLite sees what was committed when it began. All of them begin before the first one is copied, so that
    what differs between two silos is what was on its way anyhow.

    Args:
        paths: the files; each keeps its name.
        into: a folder. The copies in it are their owner's alone.
    """
    with ExitStack() as stack:
        readers = {}
        for path in paths:
            reader = stack.enter_context(closing(sqlite3.connect(path, timeout=BUSY_SECONDS, isolation_level=None)))
            reader.execute("BEGIN")
            # A transaction begins with the first thing that is read in it.
            reader.execute("SELECT count(*) FROM sqlite_master").fetchone()
            readers[path.name] = reader
        for name, reader in readers.items():
            with closing(sqlite3.connect(into / name)) as copy:
                reader.backup(copy)
            (into / name).chmod(0o600)
