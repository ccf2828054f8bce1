"""Whether anybody has written to some tables of PostgreSQL.

What this process writes is known before it is committed: from a transaction's first statement that changes one of the
tables until its end, nobody is sure of anything. What others write is heard: triggers of the tables notify in the
transaction that changes them. While the connection that listens has not answered a moment ago, nobody is sure either.
So no read is older than what this process has committed, and none is older than what another has by more than it takes
to hear of it; whoever must not see even that asks the tables.
"""

import contextlib
import re
import select
import socket
import threading
import time
from collections.abc import Collection, Iterator
from functools import lru_cache

import psycopg
import structlog

from shared.database.postgresql import Connection, answering_within, open_alone

log = structlog.get_logger(__name__)

CHANNEL = "silo_tables"
"""PostgreSQL channel on which the triggers of tables tell of changes; migrations make them."""
ASK_EVERY_SECONDS = 0.25
"""How often the connection that listens is asked whether it lives, and has heard all."""
SURE_SECONDS = 1.0
"""How long its answer counts: a network that swallows all without a word hides a change for no longer."""
STOP_SECONDS = 1.0
"""How long stopping waits for a connection that is being opened."""
_RECONNECT_SECONDS = 1.0
_WRITTEN = re.compile(r'\b(?:INSERT\s+INTO|UPDATE|DELETE\s+FROM)\s+"?([a-z_]+)', re.IGNORECASE)


class TableWatch:
    """A thread that listens, from the first question on. Implements ``Watch``; safe to share between threads."""

    def __init__(self, address: str, tables: Collection[str]) -> None:
        """Args:
        address: URL of the server itself, not of a pooler.
        tables: names of those that are watched.
        """
        self._address = address
        self._tables = frozenset(tables)
        self._changing, self._changes, self._sure_until = 0, 0, 0.0
        self._lock = threading.Lock()
        self._stopping = threading.Event()
        self._thread: threading.Thread | None = None
        self._waker: socket.socket | None = None

    def mark(self) -> object | None:
        if self._thread is None:
            self._start()
        # The count last: a change that begins and ends between the two has another one.
        if self._changing or time.monotonic() >= self._sure_until:
            return None
        return self._changes

    def changes(self, sql: str) -> bool:
        """Whether a statement changes one of the tables."""
        return not self._tables.isdisjoint(written_tables(sql))

    def begin(self) -> None:
        """A transaction of this process is about to change one of the tables; ``end`` has to follow."""
        with self._lock:
            self._changing += 1

    def end(self) -> None:
        """It has, or was rolled back."""
        with self._lock:
            # In this order, as marks are told without the lock.
            self._changes += 1
            self._changing -= 1

    def stop(self) -> None:
        self._stopping.set()
        if self._thread is not None and self._waker is not None:
            with contextlib.suppress(OSError):
                self._waker.send(b"\0")
            self._thread.join(STOP_SECONDS)

    def _start(self) -> None:
        with self._lock:
            if self._thread is None and not self._stopping.is_set():
                woken, self._waker = socket.socketpair()
                self._thread = threading.Thread(target=self._run, args=(woken,), name="table-watch", daemon=True)
                self._thread.start()

    def _run(self, woken: socket.socket) -> None:
        while not self._stopping.is_set():
            try:
                with self._listening() as connection:
                    while not self._stopping.is_set():
                        self._ask(connection, woken)
            except psycopg.Error as exc:
                log.info("table_watch.lost", error=type(exc).__name__)
            self._sure_until = 0.0
            self._stopping.wait(_RECONNECT_SECONDS)
        for each in (woken, self._waker):
            if each is not None:
                each.close()

    @contextlib.contextmanager
    def _listening(self) -> Iterator[Connection]:
        with open_alone(self._address) as connection:
            connection.add_notify_handler(lambda _: self._hear())
            connection.execute(f"LISTEN {CHANNEL}")
            # What was committed while nobody listened made no notification that could still come.
            self._hear()
            yield connection

    def _ask(self, connection: Connection, woken: socket.socket) -> None:
        """Asks whether the connection lives, which brings what it has heard, and hears what comes until the next time.

        Raises:
            psycopg.Error: it does not.
        """
        asked_at = time.monotonic()
        with answering_within(SURE_SECONDS):
            connection.execute("SELECT 1")
        # From the question on, since what was committed after it may not have been heard.
        self._sure_until = asked_at + SURE_SECONDS
        while (left := asked_at + ASK_EVERY_SECONDS - time.monotonic()) > 0 and not self._stopping.is_set():
            heard, _, _ = select.select([(fileno := connection.fileno()), woken.fileno()], [], [], left)
            if fileno in heard:
                connection.pgconn.consume_input()
                while connection.pgconn.notifies():
                    self._hear()

    def _hear(self) -> None:
        with self._lock:
            self._changes += 1


@lru_cache(maxsize=1024)
def written_tables(sql: str) -> frozenset[str]:
    """The tables that a statement changes."""
    return frozenset(name.lower() for name in _WRITTEN.findall(sql))
