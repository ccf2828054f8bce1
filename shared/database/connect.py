"""From a URL to a database: which engine, and what must be there already."""

from pathlib import Path

from shared.clock import Clock
from shared.database.database import Database
from shared.database.file import DatabaseFile
from shared.database.pool import sqlite_pool
from shared.database.postgresql_pool import postgresql_pool
from shared.database.statement import Dialect
from shared.errors import ConfigInvalid

POOL_SIZE = 24
"""Connections that one process opens to one database at most."""


def connect(
    url: str,
    *,
    create: bool = False,
    pool_size: int = POOL_SIZE,
    listen_url: str | None = None,
    clock: Clock | None = None,
) -> Database:
    """Opens ``sqlite:///path`` or ``postgresql://…``.

    Args:
        url: where the database is.
        create: make a missing SQLite file and its folder; otherwise a missing file is an error.
        pool_size: connections at most.
        listen_url: a direct way to the same database, where ``url`` leads through a pooler.
        clock: what time it is there, for tests and simulations; None: as the database says.

    Raises:
        ConfigInvalid: the URL is of neither kind or malformed, or the file is not there.
    """
    if url.startswith("sqlite:///"):
        file = DatabaseFile.find(Path(url.removeprefix("sqlite:///")), create=create)
        return Database(sqlite_pool(file.path, size=pool_size), dialect=Dialect.SQLITE, file=file, clock=clock)
    if url.startswith(("postgresql://", "postgres://")):
        return Database(
            postgresql_pool(url, size=pool_size), dialect=Dialect.POSTGRESQL, listen_url=listen_url, clock=clock
        )
    raise ConfigInvalid("A database URL starts with sqlite:/// or postgresql://.")
