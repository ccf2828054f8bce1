"""Transactions that meet in the order that a test decides. On PostgreSQL: SQLite has one writer, so none ever meet."""

import contextlib
import threading
from collections.abc import Callable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from typing import TypeVar

from shared.database.database import Database

T = TypeVar("T")

_PATIENCE_SECONDS = 4.0
"""Below the five seconds after which a waiting statement gives up."""
_LOOK_SECONDS = 0.01


class Contention:
    """Work that runs beside the test, and is known to wait."""

    def __init__(self, database: Database, executor: ThreadPoolExecutor) -> None:
        self._database = database
        self._executor = executor

    def start(self, work: Callable[[], T]) -> "Future[T]":
        return self._executor.submit(work)

    def start_and_let_wait(self, work: Callable[[], T]) -> "Future[T]":
        """Returns when the work waits for a transaction."""
        started = self.start(work)
        self.wait_for_waiting(1)
        return started

    @contextlib.contextmanager
    def table_held(self, table: str) -> Iterator[None]:
        """Whoever touches the table inside waits until the end of the block."""
        with self._database.transaction():
            self._database.rows(f"LOCK TABLE {table} IN ACCESS EXCLUSIVE MODE")
            yield

    def wait_for_waiting(self, count: int) -> None:
        """Returns when so many transactions wait for another one."""
        pause, waiting = threading.Event(), 0
        for _ in range(int(_PATIENCE_SECONDS / _LOOK_SECONDS)):
            [(waiting,)] = self._database.rows("SELECT count(DISTINCT pid) FROM pg_locks WHERE NOT granted")
            if waiting >= count:
                return
            pause.wait(_LOOK_SECONDS)
        raise AssertionError(f"{waiting} transactions wait, not {count}")


@contextlib.contextmanager
def contention(database: Database) -> Iterator[Contention]:
    """On that database, until the block ends."""
    with ThreadPoolExecutor(4) as executor:
        yield Contention(database, executor)
