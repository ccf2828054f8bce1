"""The one place that knows databases: SQLite (WAL) and PostgreSQL, chosen by URL.

Owns connections, sessions, transactions and the migrations' runner. Refuses to know any table.

Several silos live in one process: a model has no database of its own. It uses the one whose ``session()``,
``snapshot()`` or ``transaction()`` surrounds the statement, in this thread and context.
"""

import contextlib
import threading
from collections.abc import Callable, Iterator, Sequence
from contextlib import AbstractContextManager
from contextvars import ContextVar
from dataclasses import dataclass, field
from enum import Enum
from pathlib import Path
from typing import Any, cast

import peewee
import psycopg
from playhouse.migrations import Runner
from playhouse.pool import PooledSqliteDatabase
from psycopg.conninfo import conninfo_to_dict

from shared.database_errors import translated
from shared.database_file import DatabaseFile
from shared.database_pool import RestedPool
from shared.errors import ConfigInvalid, DatabaseBusy, DatabaseUnavailable
from shared.rpc.guard import in_transaction
from shared.wake import Wake

POOL_SIZE = 24
"""Connections that one process opens to one database at most."""
POOL_WAIT_SECONDS = 5
"""How long a session waits for a connection before ``PoolExhausted``."""
LOCK_WAIT_SECONDS = 5
"""How long a writer waits for another writer before ``DatabaseBusy``."""
STATEMENT_SECONDS = 60
"""How long PostgreSQL lets one statement run."""

_REPEATABLE_READ = 3

_bound: ContextVar["Database | None"] = ContextVar("bound_database", default=None)


class Dialect(Enum):
    """Which engine is behind a URL."""

    SQLITE = "sqlite"
    POSTGRESQL = "postgresql"


@dataclass(frozen=True, eq=False)
class Transaction:
    """An open write transaction. Who holds one may write; ``enqueue`` demands it."""

    database: "Database"
    _callbacks: list[Callable[[], None]] = field(default_factory=list, repr=False)

    def after_commit(self, callback: Callable[[], None]) -> None:
        """Calls ``callback`` once, after the commit; never when it rolls back."""
        self._callbacks.append(callback)


class Database:
    """A pooled database; safe to share between threads."""

    def __init__(self, pool: Any, *, dialect: Dialect, file: DatabaseFile | None = None) -> None:
        """Args:
        pool: one of ``playhouse.pool``'s databases, which come without types.
        dialect: its engine.
        file: SQLite's.
        """
        self.dialect = dialect
        self.peewee: peewee.Database = pool
        self._pool = pool
        self.wake = Wake()
        self._file = file
        # SQLite's own waiting for a lock polls with growing sleeps; a lock of ours hands over at once.
        self._writer = threading.RLock() if dialect is Dialect.SQLITE else None

    def __repr__(self) -> str:
        return f"<Database {self.dialect.value}>"

    @contextlib.contextmanager
    def session(self) -> Iterator[None]:
        """Reads, each statement by itself. Nests; the connection goes back to the pool at the outermost end."""
        token = _bound.set(self)
        opened = False
        try:
            with translated(on_lost=self._discard):
                opened = self.peewee.connect(reuse_if_open=True)
                yield
        finally:
            if opened:
                self.peewee.close()
            _bound.reset(token)

    @contextlib.contextmanager
    def snapshot(self) -> Iterator[None]:
        """Reads that all see the same committed state."""
        with self.session(), self._begun(snapshot=True), _guarded():
            yield

    @contextlib.contextmanager
    def transaction(self) -> Iterator[Transaction]:
        """Writes: commits at the end, rolls back on any exception. Does not nest.

        Raises:
            DatabaseBusy: another writer held the lock longer than ``LOCK_WAIT_SECONDS``.
            DatabaseFull, DatabaseUnavailable, PoolExhausted: nothing was written.
        """
        tx = Transaction(self)
        with self._only_writer(), self.session():
            if self._file:
                self._file.refuse_if_gone()
            with self._begun(snapshot=False), _guarded():
                yield tx
        for callback in tx._callbacks:
            callback()

    def rows(self, sql: str, parameters: Sequence[Any] = ()) -> list[tuple[Any, ...]]:
        """Runs one statement, ``?`` for each parameter, and returns its rows ([] for a statement without any)."""
        text = sql.replace("?", "%s") if self.dialect is Dialect.POSTGRESQL else sql
        cursor = self._pool.execute_sql(text, parameters)
        return list(cursor.fetchall()) if cursor.description else []

    def write(self, sql: str, parameters: Sequence[Any] = ()) -> list[tuple[Any, ...]]:
        """Runs one statement that is a transaction by itself; on PostgreSQL that is one round trip instead of three."""
        if self.dialect is Dialect.SQLITE:
            with self.transaction():
                return self.rows(sql, parameters)
        with self.session():
            return self.rows(sql, parameters)

    def check(self) -> None:
        """Reads through a connection, so that a file that vanished and a server that is away are noticed.

        Raises:
            DatabaseUnavailable, PoolExhausted: nothing can be read, or nothing was migrated yet.
        """
        if self._file:
            self._file.refuse_if_gone()
        with self.session():
            self.rows("SELECT 1 FROM schema_migration LIMIT 1")

    def migrate(self, directory: Path, *, history: str = "schema_migration") -> list[str]:
        """Applies the pending migrations of ``directory`` and returns their names; safe to run twice at once."""
        with self.transaction():
            if self.dialect is Dialect.POSTGRESQL:
                self.rows("SELECT pg_advisory_xact_lock(hashtext('silo.migrate'))")
            return list(Runner(self.peewee, str(directory), table_name=history).up())

    def close(self) -> None:
        """Closes every connection."""
        self._pool.close_all()

    @contextlib.contextmanager
    def _only_writer(self) -> Iterator[None]:
        if self._writer is None:
            yield
            return
        if not self._writer.acquire(timeout=LOCK_WAIT_SECONDS):
            raise DatabaseBusy
        try:
            yield
        finally:
            self._writer.release()

    def _begun(self, *, snapshot: bool) -> AbstractContextManager[object]:
        if self.peewee.in_transaction():
            raise peewee.InterfaceError("a transaction is open on this thread already")
        if self.dialect is Dialect.SQLITE:
            return cast(
                AbstractContextManager[object], self.peewee.transaction("DEFERRED" if snapshot else "IMMEDIATE")
            )
        return cast(AbstractContextManager[object], self.peewee.transaction(_REPEATABLE_READ if snapshot else None))

    def _discard(self) -> None:
        """Drops the connections after a loss, so that the next session opens a fresh one.

        Not this thread's while it is in a transaction, which has to end first; the pool looks at what comes back.
        """
        if not self.peewee.in_transaction():
            self._pool.manual_close()
        self._pool.close_idle()


def current_database() -> Database:
    """The database whose session surrounds the caller.

    Raises:
        DatabaseUnavailable: there is no session; a mistake of ours.
    """
    database = _bound.get()
    if database is None:
        raise DatabaseUnavailable("No session surrounds this statement.")
    return database


def connect(url: str, *, create: bool = False, pool_size: int = POOL_SIZE) -> Database:
    """Opens ``sqlite:///path`` or ``postgresql://…``.

    Args:
        url: where the database is.
        create: make a missing SQLite file and its folder; otherwise a missing file is an error.
        pool_size: connections at most.

    Raises:
        ConfigInvalid: the URL is of neither kind or malformed, or the file is not there.
    """
    if url.startswith("sqlite:///"):
        return _connect_sqlite(Path(url.removeprefix("sqlite:///")), create=create, pool_size=pool_size)
    if url.startswith(("postgresql://", "postgres://")):
        return _connect_postgresql(url, pool_size=pool_size)
    raise ConfigInvalid("A database URL starts with sqlite:/// or postgresql://.")


def _connect_sqlite(path: Path, *, create: bool, pool_size: int) -> Database:
    file = DatabaseFile.find(path, create=create)
    pragmas = {"journal_mode": "wal", "synchronous": "full", "foreign_keys": 1, "cache_size": -16384}
    opened = PooledSqliteDatabase(
        str(path),
        pragmas={"busy_timeout": LOCK_WAIT_SECONDS * 1000, **pragmas},
        max_connections=pool_size,
        timeout=POOL_WAIT_SECONDS,
        returning_clause=True,
        check_same_thread=False,
        field_types={"INSTANT": "TEXT"},
    )
    return Database(opened, dialect=Dialect.SQLITE, file=file)


def _connect_postgresql(url: str, *, pool_size: int) -> Database:
    try:
        conninfo_to_dict(url)
    except psycopg.ProgrammingError as exc:
        raise ConfigInvalid("The database URL is malformed.") from exc  # without the URL: it may hold a password
    opened = RestedPool(
        url.replace("postgres://", "postgresql://", 1),
        prefer_psycopg3=True,
        max_connections=pool_size,
        timeout=POOL_WAIT_SECONDS,
        connect_timeout=5,
        application_name="silo",
        # Named, because a database created under the C locale would otherwise hand out text as bytes.
        client_encoding="utf8",
        options=f"-c lock_timeout={LOCK_WAIT_SECONDS}s -c statement_timeout={STATEMENT_SECONDS}s -c timezone=UTC",
        field_types={"INSTANT": "TIMESTAMPTZ"},
    )
    return Database(opened, dialect=Dialect.POSTGRESQL)


def tuples_of(query: "peewee.ModelSelect[Any]") -> list[Any]:
    """The rows of a query as tuples; peewee's stubs take them for models."""
    return list(query.tuples())


@contextlib.contextmanager
def _guarded() -> Iterator[None]:
    """Refuses calls to other silos while it lasts."""
    token = in_transaction.set(True)
    try:
        yield
    finally:
        in_transaction.reset(token)


class _BoundMetadata(peewee.Metadata):
    """Metadata whose database is the one of the surrounding session."""

    @property
    def database(self) -> peewee.Database | None:
        bound = _bound.get()
        return bound.peewee if bound else None

    @database.setter
    def database(self, value: peewee.Database | None) -> None:
        # A class that is declared inside a session is offered that of its base, and does not keep it.
        if value is not None and value is not self.database:
            raise TypeError("a model of a silo is never bound to one database")


class Model(peewee.Model):
    """What every table's model derives from."""

    class Meta:
        model_metadata_class = _BoundMetadata
        legacy_table_names = False
