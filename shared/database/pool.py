"""The pools of connections behind a database: how each engine is opened, and with which bounds. Knows nothing else."""

import time
from pathlib import Path
from typing import Any

import psycopg
from playhouse.pool import PooledPostgresqlDatabase, PooledSqliteDatabase
from psycopg.conninfo import conninfo_to_dict

from shared.errors import ConfigInvalid

POOL_WAIT_SECONDS = 5
"""How long a session waits for a connection before ``PoolExhausted``."""
LOCK_WAIT_SECONDS = 5
"""How long a writer waits for another writer before ``DatabaseBusy``."""
STATEMENT_SECONDS = 60
"""How long PostgreSQL lets one statement run."""

KEPT_CURSOR = "kept_cursor"
"""Attribute of a PostgreSQL connection: a cursor for statements whose rows are fetched at once. A new cursor for each
would look up anew how every column is read, a quarter of what a small read costs here."""
KEPT_RAW_CURSOR = "kept_raw_cursor"
"""Likewise, for statements with parameters ``$1``, ``$2`` …"""
RESTED_SECONDS = 1.0
"""A connection that was used more recently is taken without asking."""


def sqlite_pool(path: Path, *, size: int) -> Any:
    """Opens a file that is there."""
    pragmas = {"journal_mode": "wal", "synchronous": "full", "foreign_keys": 1, "cache_size": -16384}
    return PooledSqliteDatabase(
        str(path),
        pragmas={"busy_timeout": LOCK_WAIT_SECONDS * 1000, **pragmas},
        max_connections=size,
        timeout=POOL_WAIT_SECONDS,
        returning_clause=True,
        check_same_thread=False,
        field_types={"INSTANT": "TEXT"},
    )


def postgresql_pool(url: str, *, size: int) -> Any:
    """Opens a server's database; nothing is dialled yet.

    Raises:
        ConfigInvalid: the URL is malformed.
    """
    try:
        conninfo_to_dict(url)
    except psycopg.ProgrammingError as exc:
        raise ConfigInvalid("The database URL is malformed.") from exc  # without the URL: it may hold a password
    return RestedPool(
        url.replace("postgres://", "postgresql://", 1),
        prefer_psycopg3=True,
        max_connections=size,
        timeout=POOL_WAIT_SECONDS,
        connect_timeout=5,
        application_name="silo",
        # Named, because a database created under the C locale would otherwise hand out text as bytes.
        client_encoding="utf8",
        options=f"-c lock_timeout={LOCK_WAIT_SECONDS}s -c statement_timeout={STATEMENT_SECONDS}s -c timezone=UTC",
        field_types={"INSTANT": "TIMESTAMPTZ"},
    )


class RestedPool(PooledPostgresqlDatabase):  # type: ignore[misc]
    """A pool that asks the server whether a connection lives only after it has rested.

    Asking at every checkout would double the round trips of a small read; never asking would fail the first statement
    of each connection after the server restarted.
    """

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        self._returned_at: dict[int, float] = {}
        super().__init__(*args, **kwargs)

    def _connect(self) -> Any:
        conn = super()._connect()
        if not hasattr(conn, KEPT_CURSOR):
            setattr(conn, KEPT_CURSOR, conn.cursor())
            setattr(conn, KEPT_RAW_CURSOR, psycopg.RawCursor(conn))
        return conn

    def _is_closed(self, conn: Any) -> bool:
        returned_at = self._returned_at.pop(self.conn_key(conn), None)
        if conn.closed:
            return True
        if returned_at is not None and time.monotonic() - returned_at < RESTED_SECONDS:
            return False
        return bool(super()._is_closed(conn))

    def _close(self, conn: Any, close_conn: bool = False) -> None:  # noqa: FBT001, FBT002 - the pool's own signature
        self._returned_at[self.conn_key(conn)] = time.monotonic()
        super()._close(conn, close_conn)
        if conn.closed:
            self._returned_at.pop(self.conn_key(conn), None)
