"""A pooled database and its sessions, snapshots and transactions, the same on both engines.

Refuses to know any table.
"""

import contextlib
import threading
from collections.abc import Callable, Collection, Iterable, Iterator, Sequence
from contextlib import AbstractContextManager
from functools import partial
from typing import Any, Protocol, cast

import peewee

from shared.clock import Clock, SystemClock
from shared.database.driver_error import translate
from shared.database.file import DatabaseFile
from shared.database.file_watch import FileWatch
from shared.database.kept import KeptReads, Rows
from shared.database.pool import LOCK_WAIT_SECONDS, NO_TRANSACTION
from shared.database.postgresql import answering_within
from shared.database.session import Session
from shared.database.statement import SQLITE_NOW, Dialect, clock_text, for_psycopg, has_rows, is_write
from shared.database.table_watch import TableWatch
from shared.database.transaction import Transaction, guarded
from shared.errors import DatabaseBusy, DatabaseMisused, DatabaseUnavailable
from shared.wake import Wake

CHECK_SECONDS = 1.0
"""How long the database may take to say that it is there, once it is connected."""
_REPEATABLE_READ = 3


class Expected(Protocol):
    """Tables that a process works with."""

    def refuse_older(self, database: "Database") -> None:
        """Raises:
        DatabaseUnavailable: they are not there yet as this release knows them.
        """
        ...


class Database:
    """A pooled database; safe to share between threads."""

    def __init__(
        self,
        pool: Any,
        *,
        dialect: Dialect,
        file: DatabaseFile | None = None,
        listen_url: str | None = None,
        clock: Clock | None = None,
    ) -> None:
        """Args:
        pool: one of ``playhouse.pool``'s databases, which come without types.
        dialect: its engine.
        file: SQLite's.
        listen_url: a direct way to the same server, where the pool's leads through a pooler.
        clock: what time it is there; None: as the database says.
        """
        self.dialect = dialect
        self.clock = clock
        """Takes the place of the database's own, see ``now``; None outside tests and simulations."""
        self.peewee: peewee.Database = pool
        self._pool = pool
        self.wake = Wake()
        self.keeper: Callable[[Transaction], None] | None = None
        """Called before the commit of a transaction that ``changed`` something; ``bootstrap`` sets it."""
        self._file = file
        self._listen_url = listen_url
        self.kept = KeptReads(self._ask, must_ask=pool.in_transaction)
        """What was read and is kept, of the tables that ``keep_reads`` names."""
        self._expected: tuple[Expected, ...] = ()
        self._is_current = True
        # SQLite's own waiting for a lock polls with growing sleeps; a lock of ours hands over at once.
        self._writer = threading.RLock() if dialect is Dialect.SQLITE else None
        if dialect is Dialect.SQLITE:
            # Deterministic within a statement, which is all that SQLite wants: asked once, not for every row.
            pool.register_function(partial(clock_text, clock or SystemClock()), SQLITE_NOW, -1, deterministic=True)

    def __repr__(self) -> str:
        return f"<Database {self.dialect.value}>"

    @property
    def address(self) -> str:
        """Where it is: the file's path, or the server's URL, which may hold a password."""
        return str(self.peewee.database)

    @property
    def listen_address(self) -> str | None:
        """Where its notifications are heard; None: nowhere. A pooler would lend the connection to somebody else."""
        if self.dialect is Dialect.SQLITE:
            return None
        return self._listen_url or (None if self._pool.is_pooled else self.address)

    def expect(self, schemas: Iterable["Expected"]) -> None:
        """Takes no write from now on until the database has every migration of these."""
        self._expected, self._is_current = tuple(schemas), False

    def _require_current(self) -> None:
        """Looks until it was so once: nobody takes a migration back."""
        if not self._is_current:
            for schema in self._expected:
                schema.refuse_older(self)
            self._is_current = True

    def session(self) -> Session:
        """Reads, each statement by itself. Nests; the connection goes back to the pool at the outermost end."""
        return Session(self)

    @contextlib.contextmanager
    def snapshot(self) -> Iterator[None]:
        """Reads that all see the same committed state."""
        # Guarded like a write: a snapshot that waits for another silo keeps old rows from being cleaned up.
        with self.session(), self._begun(snapshot=True), guarded():
            yield

    @contextlib.contextmanager
    def transaction(self) -> Iterator[Transaction]:
        """Writes: commits at the end, rolls back on any exception. Does not nest.

        Raises:
            DatabaseMisused: a transaction or a snapshot surrounds this one.
            DatabaseBusy: another writer held the lock longer than ``LOCK_WAIT_SECONDS``.
            DatabaseFull, DatabaseUnavailable, PoolExhausted: nothing was written.
        """
        tx = Transaction(self)
        # Our lock before a connection is taken: writers that queue would otherwise keep every connection from readers.
        with self._only_writer(), self.session():
            if self._file:
                self._file.refuse_if_gone()
            self._require_current()
            with self._begun(snapshot=False), guarded(), self._writing():
                yield tx
                self._keep(tx)
        # Outside every lock and connection: a callback may wake a thread that writes at once.
        for callback in tx.callbacks:
            callback()

    @contextlib.contextmanager
    def autocommit(self) -> Iterator[None]:
        """Writes, each statement by itself: what PostgreSQL does concurrently can be in no transaction."""
        with self.session(), self._writing():
            yield

    def savepoint(self) -> AbstractContextManager[object]:
        """A part of the surrounding transaction that is undone alone when it fails."""
        return cast(AbstractContextManager[object], self.peewee.savepoint())

    def rows(
        self, sql: str, parameters: Sequence[Any] = (), *, anew: bool = False, binary: bool = False
    ) -> list[tuple[Any, ...]]:
        """Runs one statement, ``?`` for each parameter, and returns its rows ([] for a statement without any).

        Args:
            sql: the statement.
            parameters: its values.
            anew: plan it at each run, which takes a fraction of a millisecond. PostgreSQL keeps the plan that was right
                for an empty table when it has a million rows a moment later.
            binary: have PostgreSQL send the rows as it stores them, which spares both sides the writing of bytes as
                text. For columns of numbers, texts, bytes and instants.

        Raises:
            DatabaseMisused: no session surrounds it, or it changes or locks rows and no transaction surrounds it.
        """
        # peewee would run it by itself and commit it, outside whatever its author meant to be one change.
        if is_write(sql) and not self._pool.connection().is_writing:
            raise DatabaseMisused(NO_TRANSACTION)
        return self._run(sql, parameters, anew=anew, binary=binary)

    def _run(self, sql: str, parameters: Sequence[Any], *, anew: bool, binary: bool = False) -> list[tuple[Any, ...]]:
        with peewee.__exception_wrapper__:  # type: ignore[attr-defined]  # its stubs leave it out
            connection = self._pool.connection()
            if self.dialect is Dialect.POSTGRESQL:
                self._pool.note(sql)
                text, kept = for_psycopg(sql)
                cursor = getattr(connection, kept).execute(
                    text, parameters, prepare=False if anew else None, binary=binary
                )
            else:
                cursor = connection.execute(sql, parameters)
            return list(cursor.fetchall()) if has_rows(cursor) else []

    def keep_reads(self, tables: Collection[str]) -> None:
        """Keeps what ``kept`` reads of these tables from now on, where it can be known whether they change.

        Args:
            tables: their names; each has triggers on PostgreSQL that tell of changes (``table_watch``).
        """
        if self._file:
            self.kept.begin(FileWatch(self._file.path), tables)
        elif self.listen_address:
            self._pool.watch = TableWatch(self.listen_address, tables)
            self.kept.begin(self._pool.watch, tables)

    def _ask(self, sql: str, parameters: Sequence[Any]) -> Rows:
        with self.session():
            return self.rows(sql, parameters)

    def write(
        self, sql: str, parameters: Sequence[Any] = (), *, anew: bool = False, binary: bool = False
    ) -> list[tuple[Any, ...]]:
        """Like ``rows``, for a statement that is a transaction; on PostgreSQL one round trip instead of three."""
        # SQLite has one writer: its lock is ours, and a statement that went past it would be told that the database is
        # locked. Behind a pooler only a transaction has bounds at the server.
        if self.dialect is Dialect.SQLITE or self._pool.is_pooled:
            with self.transaction():
                return self.rows(sql, parameters, anew=anew, binary=binary)
        with self.session():
            self._require_current()
            return self._run(sql, parameters, anew=anew, binary=binary)

    def check(self) -> None:
        """Reads through a connection, so that a file that vanished and a server that is away are noticed.

        Raises:
            DatabaseUnavailable, PoolExhausted: nothing can be read, or some migration is pending.
        """
        if self._file:
            self._file.refuse_if_gone()
        with answering_within(CHECK_SECONDS), self.session():
            self.rows("SELECT 1 FROM schema_migration LIMIT 1")
            self._require_current()

    def close(self) -> None:
        """Closes every connection; one that a session of another thread uses, when that session ends."""
        self.kept.stop()
        self._pool.end()

    @contextlib.contextmanager
    def _only_writer(self) -> Iterator[None]:
        if self._writer is None:
            yield
            return
        # As long as PostgreSQL waits for a lock, so that both engines refuse alike.
        if not self._writer.acquire(timeout=LOCK_WAIT_SECONDS):
            raise DatabaseBusy
        try:
            yield
        finally:
            self._writer.release()

    def _keep(self, tx: Transaction) -> None:
        if not tx.changed:
            return
        if self.keeper is None:
            raise DatabaseMisused("An object was changed where nobody keeps editions.")
        self.keeper(tx)

    @contextlib.contextmanager
    def _writing(self) -> Iterator[None]:
        connection = self._pool.connection()
        connection.is_writing = True
        try:
            yield
        finally:
            connection.is_writing = False

    def _begun(self, *, snapshot: bool) -> AbstractContextManager[object]:
        if self.peewee.in_transaction():
            raise DatabaseMisused("A transaction is open on this thread already.")
        if self.dialect is Dialect.SQLITE:
            return cast(
                AbstractContextManager[object], self.peewee.transaction("DEFERRED" if snapshot else "IMMEDIATE")
            )
        return cast(AbstractContextManager[object], self.peewee.transaction(_REPEATABLE_READ if snapshot else None))

    def raise_translated(self, exc: BaseException) -> None:
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
        # The others of the pool are most likely as dead as the one that noticed.
        self._pool.close_idle()
