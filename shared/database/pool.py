"""The pools of connections behind a database: how each engine is opened, with which bounds, and what they refuse.

peewee would open a connection for a statement outside every session and never give it back, and would run a write by
itself outside every transaction. These pools do neither.
"""

import sqlite3
import time
from pathlib import Path
from typing import Any

import peewee
import psycopg
from playhouse.pool import PooledPostgresqlDatabase, PooledSqliteDatabase
from psycopg.conninfo import conninfo_to_dict

from shared.errors import ConfigInvalid, DatabaseMisused

NO_SESSION = "No session surrounds this statement."
NO_TRANSACTION = "No transaction surrounds this write."

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
    # WAL lets readers go on beside the one writer; synchronous=full keeps what was acknowledged when power fails.
    pragmas = {"journal_mode": "wal", "synchronous": "full", "foreign_keys": 1, "cache_size": -16384}
    return _SqlitePool(
        str(path),
        pragmas={"busy_timeout": LOCK_WAIT_SECONDS * 1000, **pragmas},
        max_connections=size,
        timeout=POOL_WAIT_SECONDS,
        returning_clause=True,
        # The pool hands connections from thread to thread, one at a time.
        check_same_thread=False,
        factory=_SqliteConnection,
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
    return _PostgresqlPool(
        url.replace("postgres://", "postgresql://", 1),
        prefer_psycopg3=True,
        max_connections=size,
        timeout=POOL_WAIT_SECONDS,
        connect_timeout=5,
        application_name="silo",
        # Named, because a database created under the C locale would otherwise hand out text as bytes.
        client_encoding="utf8",
        # The server ends what nobody waits for any more: a client that gave up would leave its lock behind.
        options=f"-c lock_timeout={LOCK_WAIT_SECONDS}s -c statement_timeout={STATEMENT_SECONDS}s -c timezone=UTC",
        field_types={"INSTANT": "TIMESTAMPTZ"},
    )


class _SessionCursor:
    """A cursor that reads no row once the session that it belongs to has ended: its connection may be another's."""

    connection: Any

    def __init__(self, connection: Any) -> None:
        super().__init__(connection)  # type: ignore[call-arg]  # a driver's cursor comes after this among the bases
        self._use = connection.use

    def fetchone(self) -> Any:
        if self.connection.use is not self._use:
            raise DatabaseMisused(NO_SESSION)
        return super().fetchone()  # type: ignore[misc]


class _SqliteCursor(_SessionCursor, sqlite3.Cursor):
    pass


class _PostgresqlCursor(_SessionCursor, psycopg.Cursor[Any]):
    pass


class _SqliteConnection(sqlite3.Connection):
    is_writing = False
    """Whether ``transaction()`` has begun on it."""
    use = object()
    """Another one after each return to the pool."""


class _Refusals:
    """What both pools refuse. Stands before peewee's pool among the bases."""

    def connection(self) -> Any:
        if self.is_closed():  # type: ignore[attr-defined]  # peewee's, which comes without types
            raise DatabaseMisused(NO_SESSION)
        return super().connection()  # type: ignore[misc]

    def cursor(self, named_cursor: str | None = None) -> Any:
        return self._open_cursor(self.connection())  # type: ignore[attr-defined]

    def execute(self, query: Any, **context_options: Any) -> Any:
        if isinstance(query, peewee._WriteQuery) and not self.connection().is_writing:
            raise DatabaseMisused(NO_TRANSACTION)
        return super().execute(query, **context_options)  # type: ignore[misc]


class _SqlitePool(_Refusals, PooledSqliteDatabase):  # type: ignore[misc]
    def _open_cursor(self, conn: Any) -> Any:
        return conn.cursor(_SqliteCursor)

    def _close(self, conn: Any, close_conn: bool = False) -> None:  # noqa: FBT001, FBT002 - the pool's own signature
        conn.use = object()
        super()._close(conn, close_conn)


class _PostgresqlPool(_Refusals, PooledPostgresqlDatabase):  # type: ignore[misc]
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
            # Once for each connection and not for each statement: see above.
            setattr(conn, KEPT_CURSOR, conn.cursor())
            setattr(conn, KEPT_RAW_CURSOR, psycopg.RawCursor(conn))
            conn.is_writing, conn.use = False, object()
        return conn

    def _open_cursor(self, conn: Any) -> Any:
        return _PostgresqlCursor(conn)

    def _is_closed(self, conn: Any) -> bool:
        returned_at = self._returned_at.pop(self.conn_key(conn), None)
        if conn.closed:
            return True
        # It worked a moment ago; should the server have ended since, the statement says so.
        if returned_at is not None and time.monotonic() - returned_at < RESTED_SECONDS:
            return False
        return bool(super()._is_closed(conn))

    def _close(self, conn: Any, close_conn: bool = False) -> None:  # noqa: FBT001, FBT002 - the pool's own signature
        self._returned_at[self.conn_key(conn)] = time.monotonic()
        conn.use = object()
        super()._close(conn, close_conn)
        if conn.closed:
            self._returned_at.pop(self.conn_key(conn), None)
