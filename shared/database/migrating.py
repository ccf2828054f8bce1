"""Applying migrations: each once, in order, all or nothing, however long that takes.

A statement of a migration may take as long as it likes; a lock is waited for in attempts of a few seconds, so that
whoever queues behind the migration gets through in between. Owns waiting, and saying for whom; what a migration does is
its own.
"""

import contextlib
import threading
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import TypeAlias

import peewee
import psycopg
from playhouse.migrations import Runner

from shared.database.database import Database
from shared.database.postgresql import answering_within, open_alone
from shared.database.statement import Dialect
from shared.errors import DatabaseBusy

WAIT_SECONDS = 600.0
"""How long a migration waits for others in all; nothing of it is done when it gives up."""
PAUSE_SECONDS = 1.0
"""Between attempts."""
LOOK_SECONDS = 1.0
"""Between looks who is waited for."""
_ALONE = "hashtext('silo.migrate')"
_HOLDERS = """
SELECT pid, coalesce(nullif(application_name, ''), 'unnamed'), coalesce(state, 'unknown')
FROM pg_stat_activity WHERE pid = ANY (pg_blocking_pids(%s)) ORDER BY pid"""

Say: TypeAlias = Callable[[str], None]
"""Shows a sentence to whoever migrates."""


def apply_migrations(
    database: Database,
    directory: Path,
    *,
    history: str = "schema_migration",
    say: Say = lambda sentence: None,
    wait_seconds: float = WAIT_SECONDS,
) -> list[str]:
    """Applies the pending migrations of a folder and returns their names; safe to run twice at once.

    Those that follow each other are one transaction; one that says ``atomic = False`` stands alone, outside of any.

    Args:
        database: where to.
        directory: of the migrations.
        history: the table that says which were applied.
        say: told whom a migration waits for, every second that it does.
        wait_seconds: how long others are waited for.

    Raises:
        DatabaseBusy: somebody held a lock for longer than that.
    """
    runner = Runner(database.peewee, str(directory), table_name=history)
    waiting = _Waiting(database, say, wait_seconds)
    applied: list[str] = []
    with answering_within(None):
        while step := _next_step(database, runner):
            apply = _apply_together if step.is_atomic else _apply_outside
            applied += waiting.patiently(partial(apply, database, runner, step.through, waiting))
    return applied


def build_index(db: peewee.Database, name: str, *, on: str, is_unique: bool = False) -> None:
    """Builds an index while others write the table; for a migration that says ``atomic = False``.

    One that was left half built, say by a process that was killed, is dropped and built anew.

    Args:
        db: the database.
        name: of the index; trusted, as ``on`` is.
        on: table and columns, as SQL has them: ``note (text)``.
        is_unique: whether no two rows may be alike.
    """
    create = f"CREATE {'UNIQUE ' if is_unique else ''}INDEX"
    if not isinstance(db, peewee.PostgresqlDatabase):
        db.execute_sql(f"{create} IF NOT EXISTS {name} ON {on}")  # type: ignore[no-untyped-call]
        return
    valid = "SELECT indisvalid FROM pg_index WHERE indexrelid = to_regclass(%s)"
    if db.execute_sql(valid, (name,)).fetchone() == (False,):  # type: ignore[no-untyped-call]
        db.execute_sql(f"DROP INDEX CONCURRENTLY {name}")  # type: ignore[no-untyped-call]
    db.execute_sql(f"{create} CONCURRENTLY IF NOT EXISTS {name} ON {on}")  # type: ignore[no-untyped-call]


@dataclass(frozen=True)
class _Step:
    through: str
    """Name of the last migration of it."""
    is_atomic: bool


def _next_step(database: Database, runner: Runner) -> _Step | None:
    """What is to be applied next, all of it at once."""
    with database.session():
        pending = [each for each in runner.status() if each.path is not None and each.applied is None]
    step = None
    for each in pending:
        # SQLite has one writer, who would wait for nothing by leaving its transaction.
        is_atomic = database.dialect is Dialect.SQLITE or getattr(each.load(), "atomic", True)
        if step is None or (step.is_atomic and is_atomic):
            step = _Step(each.name, is_atomic)
        else:
            break
    return step


def _apply_together(database: Database, runner: Runner, through: str, waiting: "_Waiting") -> list[str]:
    with database.transaction():
        if database.dialect is Dialect.POSTGRESQL:
            # However large the tables are that it changes.
            database.rows("SET LOCAL statement_timeout = 0")
        with waiting.watched():
            if database.dialect is Dialect.POSTGRESQL:
                # Two processes that start at once would see the same migrations pending; SQLite has one writer anyway.
                database.rows(f"SELECT pg_advisory_xact_lock({_ALONE})")
            return list(runner.up(through))


def _apply_outside(database: Database, runner: Runner, name: str, waiting: "_Waiting") -> list[str]:
    bounds = _unbounded(database, wait_seconds=waiting.seconds)
    with _alone(database), database.autocommit(), bounds, waiting.watched():
        return list(runner.up(name))


@contextlib.contextmanager
def _alone(database: Database) -> Iterator[None]:
    """Keeps others from migrating meanwhile.

    Raises:
        DatabaseBusy: somebody migrates at this moment.
    """
    # In a transaction of another connection: what is built concurrently can be in none, and a lock of a session would
    # not hold behind a pooler. It is only tried: a statement that waits would be waited for by the building.
    with contextlib.closing(open_alone(database.address)) as connection, connection.transaction():
        if connection.execute(f"SELECT pg_try_advisory_xact_lock({_ALONE})").fetchone() != (True,):
            raise DatabaseBusy("Another process migrates this database.")
        yield


@contextlib.contextmanager
def _unbounded(database: Database, *, wait_seconds: float) -> Iterator[None]:
    """Lets statements of this session take their time; behind a pooler they have no bounds outside transactions."""
    bounds = {} if getattr(database.peewee, "is_pooled", False) else {"statement_timeout": 0.0}
    # Building waits for old transactions and is waited for by nobody: an attempt given up would be made for nothing.
    bounds |= {"lock_timeout": wait_seconds} if bounds else {}
    for name, seconds in bounds.items():
        database.rows(f"SET {name} = '{seconds:.0f}s'")
    try:
        yield
    finally:
        for name in bounds:
            database.rows(f"RESET {name}")


class _Waiting:
    """How long others have been waited for, and who they are."""

    def __init__(self, database: Database, say: Say, seconds: float) -> None:
        self._database = database
        self._say = say
        self.seconds = seconds
        """How long at most."""
        self._since: float | None = None

    def patiently(self, attempt: Callable[[], list[str]]) -> list[str]:
        """Makes attempts until one is not stopped by somebody else's lock.

        Raises:
            DatabaseBusy: none was, for too long.
        """
        give_up_at = time.monotonic() + self.seconds
        while True:
            try:
                done = attempt()
            except DatabaseBusy as exc:
                if time.monotonic() >= give_up_at:
                    raise DatabaseBusy(f"Others held what a migration needs for {self.seconds:.0f} s.") from exc
                if self._database.dialect is Dialect.SQLITE:
                    self._say_for("for another writer of the database")
                threading.Event().wait(PAUSE_SECONDS)
            else:
                self._since = None
                return done

    @contextlib.contextmanager
    def watched(self) -> Iterator[None]:
        """Says meanwhile who holds what the current session waits for. Needs a session."""
        if self._database.dialect is Dialect.SQLITE:
            yield
            return
        ((pid,),) = self._database.rows("SELECT pg_backend_pid()")
        over = threading.Event()
        watching = threading.Thread(target=self._watch, args=(pid, over), name="migration-locks", daemon=True)
        watching.start()
        try:
            yield
        finally:
            over.set()
            watching.join()

    def _watch(self, pid: int, over: threading.Event) -> None:
        # Nearly always it is over before the first look, and no connection is opened.
        if over.wait(LOOK_SECONDS):
            return
        with contextlib.suppress(psycopg.Error), contextlib.closing(open_alone(self._database.address)) as connection:
            while not over.wait(LOOK_SECONDS):
                holders = connection.execute(_HOLDERS, (pid,)).fetchall()
                if holders:
                    named = ", ".join(f"pid {holder} ({program}, {state})" for holder, program, state in holders)
                    self._say_for(f"for a lock held by {named}")
                else:
                    self._since = None

    def _say_for(self, what: str) -> None:
        now = time.monotonic()
        self._since = self._since or now
        self._say(f"waiting {what} for {now - self._since:.0f} s")
