"""What the pools of both engines refuse, and the one of SQLite. PostgreSQL's is in ``postgresql``.

peewee would open a connection for a statement outside every session and never give it back, and would run a write by
itself outside every transaction. These pools do neither.
"""

import sqlite3
from pathlib import Path
from typing import Any

import peewee
from playhouse.pool import PooledSqliteDatabase

from shared.errors import DatabaseMisused

NO_SESSION = "No session surrounds this statement."
NO_TRANSACTION = "No transaction surrounds this write."

POOL_WAIT_SECONDS = 5
"""How long a session waits for a connection before ``PoolExhausted``."""
LOCK_WAIT_SECONDS = 5
"""How long a writer waits for another writer before ``DatabaseBusy``."""


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


class SessionCursor:
    """A cursor that reads no row once the session that it belongs to has ended: its connection may be another's."""

    connection: Any

    def __init__(self, connection: Any) -> None:
        super().__init__(connection)  # type: ignore[call-arg]  # a driver's cursor comes after this among the bases
        self._use = connection.use

    def fetchone(self) -> Any:
        if self.connection.use is not self._use:
            raise DatabaseMisused(NO_SESSION)
        return super().fetchone()  # type: ignore[misc]


class _SqliteCursor(SessionCursor, sqlite3.Cursor):
    pass


class _SqliteConnection(sqlite3.Connection):
    is_writing = False
    """Whether ``transaction()`` has begun on it."""
    use = object()
    """Another one after each return to the pool."""


class Refusals:
    """What both pools refuse. Stands before peewee's pool among the bases."""

    _is_over = False
    """Whether what comes back to the pool is closed."""

    def end(self) -> None:
        """Closes every connection that is idle, and each that a session still uses once that gives it back."""
        # peewee's own `close_all` takes connections from under running statements, which crashes the process in SQLite.
        self._is_over = True
        self.close()  # type: ignore[attr-defined]  # peewee's, which comes without types
        self.close_idle()  # type: ignore[attr-defined]

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


class _SqlitePool(Refusals, PooledSqliteDatabase):  # type: ignore[misc]
    is_pooled = False

    def _open_cursor(self, conn: Any) -> Any:
        return conn.cursor(_SqliteCursor)

    def _close(self, conn: Any, close_conn: bool = False) -> None:  # noqa: FBT001, FBT002 - the pool's own signature
        conn.use = object()
        super()._close(conn, close_conn)

    def _can_reuse(self, conn: Any) -> bool:
        return not self._is_over and super()._can_reuse(conn)
