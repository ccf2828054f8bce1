"""The pool of connections to PostgreSQL: how each is opened, lent and given up.

No lock is held while a server is dialled or asked: a connection that is dead costs whoever meets it, and nobody else.
"""

import heapq
import time
from collections.abc import Mapping
from typing import Any

import peewee
import psycopg
from playhouse.pool import MaxConnectionsExceeded, PoolConnection, PooledDatabase, PooledPostgresqlDatabase
from psycopg.conninfo import conninfo_to_dict
from psycopg.pq import TransactionStatus

from shared.database.pool import LOCK_WAIT_SECONDS, POOL_WAIT_SECONDS, Refusals, SessionCursor
from shared.database.postgresql import (
    KEPT_CURSOR,
    KEPT_RAW_CURSOR,
    NAMES,
    PATIENCE,
    STATEMENT_SECONDS,
    Connection,
    is_out_of_time,
    missing,
)
from shared.database.table_watch import TableWatch
from shared.errors import ConfigInvalid

_POOL = "pool="
_MARK = "silo.direct"
"""A setting of ours, by which it is known again that the settings of a connection reach the server and stay."""
BEHIND_A_POOLER = (
    "Between this silo and its database a pooler keeps no settings of connections: "
    "add ?pool=transaction to the database's URL."
)


def postgresql_pool(url: str, *, size: int) -> Any:
    """Opens a server's database; nothing is dialled yet.

    Args:
        url: ``postgresql://…``; with ``pool=transaction`` among its parameters no state of a session is relied on.
        size: connections at most.

    Raises:
        ConfigInvalid: the URL is malformed.
    """
    url, is_pooled = _without_pool(url)
    try:
        options = str(conninfo_to_dict(url).get("options") or "")
        parameters = missing(url, {**PATIENCE, **NAMES})
    except psycopg.ProgrammingError as exc:
        raise ConfigInvalid("The database URL is malformed.") from exc  # without the URL: it may hold a password
    if is_pooled:
        # Prepared in one connection of the pooler's, a statement would be looked for in another.
        parameters["prepare_threshold"] = None
    else:
        bounds = " ".join(f"-c {name}={value}" for name, value in {**_bounds(), "timezone": "UTC", _MARK: "on"}.items())
        parameters["options"] = f"{bounds} {options}".strip()
    return _PostgresqlPool(
        url.replace("postgres://", "postgresql://", 1),
        is_pooled=is_pooled,
        prefer_psycopg3=True,
        max_connections=size,
        timeout=POOL_WAIT_SECONDS,
        field_types={"INSTANT": "TIMESTAMPTZ"},
        **parameters,
    )


def _bounds() -> Mapping[str, str]:
    """Settings by which the server ends what nobody waits for: a client that gave up would leave its lock behind."""
    return {"lock_timeout": f"{LOCK_WAIT_SECONDS}s", "statement_timeout": f"{STATEMENT_SECONDS}s"}


def _without_pool(url: str) -> tuple[str, bool]:
    """The URL as libpq knows it, and whether it says that a pooler stands before the server.

    Raises:
        ConfigInvalid: it is a pooler of another kind.
    """
    place, _, query = url.partition("?")
    parameters = query.split("&") if query else []
    pools = [each.removeprefix(_POOL) for each in parameters if each.startswith(_POOL)]
    if set(pools) - {"transaction"}:
        raise ConfigInvalid("The parameter pool of a database URL is transaction, or left out.")
    rest = "&".join(each for each in parameters if not each.startswith(_POOL))
    return f"{place}?{rest}" if rest else place, bool(pools)


class _PostgresqlCursor(SessionCursor, psycopg.Cursor[Any]):
    pass


class _Adapter(peewee.Psycopg3Adapter):
    def connect(self, db: Any, **params: Any) -> Connection:
        try:
            conn = Connection.connect(db.database, **params)
        except psycopg.OperationalError as exc:
            if "unsupported startup parameter" in str(exc):
                raise ConfigInvalid(BEHIND_A_POOLER) from exc
            raise
        # Once for each connection and not for each statement: see above.
        setattr(conn, KEPT_CURSOR, conn.cursor())
        setattr(conn, KEPT_RAW_CURSOR, psycopg.RawCursor(conn))
        return conn


class _PostgresqlPool(Refusals, PooledPostgresqlDatabase):  # type: ignore[misc]
    """peewee's pool, which would dial and ask with its lock held, so that every thread waits for a dead connection.

    Asking at every checkout would double the round trips of a small read; never asking would fail the first statement
    of each connection after the server restarted.
    """

    psycopg3_adapter = _Adapter
    watch: TableWatch | None = None
    """What has to know of changes of its tables before they are committed; None: nothing has to."""

    def __init__(self, *args: Any, is_pooled: bool, **kwargs: Any) -> None:
        self.is_pooled = is_pooled
        self._dialling = 0
        super().__init__(*args, **kwargs)

    def begin(self, isolation_level: Any = None) -> None:
        if not self.is_pooled:
            super().begin(isolation_level)
            return
        # In one message, and gone with the transaction: the connection is another's after it.
        level = f" ISOLATION LEVEL {self._adapter.isolation_level_str(isolation_level)}" if isolation_level else ""
        bounds = "; ".join(f"SET LOCAL {name} = '{value}'" for name, value in _bounds().items())
        with peewee.__exception_wrapper__:  # type: ignore[attr-defined]  # as above
            self.cursor().execute(f"BEGIN{level}; {bounds}")

    def note(self, sql: str) -> None:
        """Comes before each statement: what changes a table that is watched makes whoever watches it unsure."""
        if self.watch and self.watch.changes(sql) and not (conn := self.connection()).is_changing:
            conn.is_changing = True
            self.watch.begin()

    def execute_sql(self, sql: str, params: Any = None) -> Any:
        self.note(sql)
        return super().execute_sql(sql, params)

    def commit(self) -> None:
        conn = self.connection()
        try:
            super().commit()
        finally:  # it may have been committed all the same
            self._settle(conn)

    def rollback(self) -> None:
        conn = self.connection()
        try:
            super().rollback()
        finally:
            self._settle(conn)

    def _settle(self, conn: Any) -> None:
        if self.watch and conn.is_changing:
            conn.is_changing = False
            self.watch.end()

    def connect(self, reuse_if_open: bool = False) -> bool:  # noqa: FBT001, FBT002 - peewee's own signature
        if not self._state.closed:
            if reuse_if_open:
                return False
            raise peewee.OperationalError("Connection already opened.")
        self._state.reset()
        # No lock is held: what a thread has open is its own affair.
        with peewee.__exception_wrapper__:  # type: ignore[attr-defined]  # its stubs leave it out
            conn = self._take()
            if self.server_version is None:
                self._refuse_unknown_pooler(conn)
                self._set_server_version(conn)
            self._state.set_connection(conn)
        return True

    def _refuse_unknown_pooler(self, conn: Connection) -> None:
        """Looks once, at the first connection, whether it is what it was asked to be.

        Raises:
            ConfigInvalid: a pooler has swallowed the settings.
        """
        if not self.is_pooled and conn.execute(f"SELECT current_setting('{_MARK}', true)").fetchone() != ("on",):
            self._close(conn, close_conn=True)
            raise ConfigInvalid(BEHIND_A_POOLER)

    def _open_cursor(self, conn: Any) -> Any:
        return _PostgresqlCursor(conn)

    def _take(self) -> Connection:
        while (resting := self._reserve()) is not None:
            if resting.lives():
                return resting
            # Those that have rested were cut off together: nobody has to find out one by one.
            self._close(resting, close_conn=True)
            self.close_idle()
        return self._dial()

    def _reserve(self) -> Connection | None:
        """A resting connection, or None: there is room for another, which the caller has to dial.

        Raises:
            MaxConnectionsExceeded: there was neither for too long.
        """
        give_up_at = time.monotonic() + self._wait_timeout
        with self._pool_available:
            while not self._connections:
                if len(self._in_use) + self._dialling < self._max_connections:
                    self._dialling += 1
                    return None
                if not self._pool_available.wait(give_up_at - time.monotonic()):
                    raise MaxConnectionsExceeded
            opened_at: float
            conn: Connection
            opened_at, _, conn = heapq.heappop(self._connections)
            self._in_use[self.conn_key(conn)] = PoolConnection(opened_at, conn, time.monotonic())
            return conn

    def _dial(self) -> Connection:
        conn: Connection | None = None
        try:
            if is_out_of_time():
                raise psycopg.errors.ConnectionTimeout("No time is left to connect.")
            conn = super(PooledDatabase, self)._connect()
        finally:
            with self._pool_available:
                self._dialling -= 1
                if conn is not None:
                    self._in_use[self.conn_key(conn)] = PoolConnection(time.monotonic(), conn, time.monotonic())
                else:
                    self._pool_available.notify()
        return conn

    def _close(self, conn: Any, close_conn: bool = False) -> None:  # noqa: FBT001, FBT002 - the pool's own signature
        conn.use = object()
        # A statement that was a transaction by itself has ended, and so has whatever else was begun.
        self._settle(conn)
        # One that is in the middle of something is not brought to its end: that might take for ever.
        is_fit = not (close_conn or conn.closed) and conn.info.transaction_status is TransactionStatus.IDLE
        with self._pool_available:
            known = self._in_use.pop(self.conn_key(conn), None)
            is_fit = is_fit and not self._is_over
            if known is not None and is_fit:
                conn.returned_at = time.monotonic()
                self._heap_counter += 1
                heapq.heappush(self._connections, (known.timestamp, self._heap_counter, conn))
            self._pool_available.notify()
        if known is None or not is_fit:
            self._close_raw(conn)
