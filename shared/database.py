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
from functools import lru_cache
from pathlib import Path
from typing import Any, cast

import peewee
from playhouse.migrations import Runner

from shared.database_errors import translate
from shared.database_file import DatabaseFile
from shared.database_pool import KEPT_CURSOR, KEPT_RAW_CURSOR, LOCK_WAIT_SECONDS, postgresql_pool, sqlite_pool
from shared.errors import ConfigInvalid, DatabaseBusy, DatabaseUnavailable
from shared.rpc.guard import in_transaction
from shared.wake import Wake

POOL_SIZE = 24
"""Connections that one process opens to one database at most."""
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

    def session(self) -> "Session":
        """Reads, each statement by itself. Nests; the connection goes back to the pool at the outermost end."""
        return Session(self)

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
        with peewee.__exception_wrapper__:  # type: ignore[attr-defined]  # its stubs leave it out
            connection = self._pool.connection()
            if self.dialect is Dialect.POSTGRESQL:
                text, kept = _for_psycopg(sql)
                cursor = getattr(connection, kept).execute(text, parameters)
            else:
                cursor = connection.execute(sql, parameters)
            return list(cursor.fetchall()) if _has_rows(cursor) else []

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

    def explain(self, exc: BaseException) -> None:
        """Raises what a driver's error means; does nothing for any other."""
        error = translate(exc)
        if isinstance(error, DatabaseUnavailable):
            self._discard()
        if error is not None:
            raise error from exc

    def _discard(self) -> None:
        """Drops the connections after a loss, so that the next session opens a fresh one.

        Not this thread's while it is in a transaction, which has to end first; the pool looks at what comes back.
        """
        if not self.peewee.in_transaction():
            self._pool.manual_close()
        self._pool.close_idle()


class Session:
    """One use of a database by one thread. A class, since a generator would cost a small read a third of its time."""

    __slots__ = ("_database", "_is_outermost", "_token")

    def __init__(self, database: Database) -> None:
        self._database = database
        self._is_outermost = False

    def __enter__(self) -> None:
        self._token = _bound.set(self._database)
        try:
            self._is_outermost = self._database.peewee.connect(reuse_if_open=True)
        except BaseException as exc:
            _bound.reset(self._token)
            self._database.explain(exc)
            raise

    def __exit__(self, kind: object, exc: BaseException | None, traceback: object) -> None:
        try:
            if exc is not None:
                self._database.explain(exc)
        finally:
            if self._is_outermost:
                self._database.peewee.close()
            _bound.reset(self._token)


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
        file = DatabaseFile.find(Path(url.removeprefix("sqlite:///")), create=create)
        return Database(sqlite_pool(file.path, size=pool_size), dialect=Dialect.SQLITE, file=file)
    if url.startswith(("postgresql://", "postgres://")):
        return Database(postgresql_pool(url, size=pool_size), dialect=Dialect.POSTGRESQL)
    raise ConfigInvalid("A database URL starts with sqlite:/// or postgresql://.")


@lru_cache(maxsize=256)
def _for_psycopg(sql: str) -> tuple[str, str]:
    """The statement as PostgreSQL takes it, and which of the kept cursors it is for.

    Numbered parameters are the server's own and are passed on as they are. A statement with a ``%`` of its own chooses
    the format of a parameter, which is psycopg's to read, statement by statement.
    """
    if "%" in sql:
        return sql.replace("?", "%s"), KEPT_CURSOR
    first, *rest = sql.split("?")
    return first + "".join(f"${number}{part}" for number, part in enumerate(rest, 1)), KEPT_RAW_CURSOR


def _has_rows(cursor: Any) -> bool:
    """Whether the statement has rows to answer with; psycopg makes its description anew at each look."""
    result = getattr(cursor, "pgresult", None)
    return bool(cursor.description if result is None else result.nfields)


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
