"""Connections to PostgreSQL: how long anything on one may take, and whether one that has rested still lives.

PostgreSQL bounds what it runs, and the kernel what it sends; but a proxy may have lost the server and keep us, or a
network drop every packet in silence. So every answer is waited for with a deadline of ours.
"""

import contextlib
import time
from collections.abc import Iterator, Mapping
from contextvars import ContextVar
from typing import Any

import psycopg
from psycopg.conninfo import conninfo_to_dict
from psycopg.pq import TransactionStatus

CONNECT_SECONDS = 3
"""How long opening a connection may take; whole seconds, and never less than two, as libpq has it."""
STATEMENT_SECONDS = 10
"""How long PostgreSQL lets one statement run."""
ANSWER_SECONDS = STATEMENT_SECONDS + 2.0
"""How long the answer to one statement is waited for: a server that still is there has ended it by then."""
RESTED_SECONDS = 1.0
"""A connection that was used more recently is taken without asking whether it lives."""
ASK_SECONDS = 1.0
"""How long a connection may take to say so."""

PATIENCE: Mapping[str, Any] = {
    "connect_timeout": CONNECT_SECONDS,
    "keepalives": 1,
    "keepalives_idle": 5,
    "keepalives_interval": 2,
    "keepalives_count": 3,
    "tcp_user_timeout": int(ANSWER_SECONDS * 1000),
}
"""For libpq: a peer that is gone without a word is noticed within a dozen seconds also where nobody waits."""
NAMES: Mapping[str, Any] = {
    "application_name": "silo",
    # Named, because a database created under the C locale would otherwise hand out text as bytes.
    "client_encoding": "utf8",
}
KEPT_CURSOR = "kept_cursor"
"""Attribute of a connection: a cursor for statements whose rows are fetched at once. A new cursor for each would look
up anew how every column is read, a quarter of what a small read costs here."""
KEPT_RAW_CURSOR = "kept_raw_cursor"
"""Likewise, for statements with parameters ``$1``, ``$2`` …"""

_deadline: ContextVar[float | None] = ContextVar("database_deadline", default=None)


@contextlib.contextmanager
def answering_within(seconds: float | None) -> Iterator[None]:
    """Waits for the answers to all statements inside no longer than so many seconds; None: as long as they take.

    A connection that has not answered by then is closed. SQLite answers or fails by itself.
    """
    token = _deadline.set(float("inf") if seconds is None else time.monotonic() + seconds)
    try:
        yield
    finally:
        _deadline.reset(token)


def is_out_of_time() -> bool:
    """Whether ``answering_within`` leaves none."""
    return time.monotonic() >= (_deadline.get() or float("inf"))


def open_alone(url: str) -> "Connection":
    """A connection outside every pool, for as long as the caller likes.

    Raises:
        psycopg.Error: there is none to be had.
    """
    return Connection.connect(url, autocommit=True, **missing(url, {**PATIENCE, **NAMES}))


def missing(url: str, parameters: Mapping[str, Any]) -> dict[str, Any]:
    """Those of the parameters that an operator has not set in the URL."""
    given = conninfo_to_dict(url)
    return {name: value for name, value in parameters.items() if name not in given}


class Connection(psycopg.Connection[Any]):
    """A connection that nobody waits for without end."""

    is_writing = False
    """Whether ``transaction()`` has begun on it."""
    is_changing = False
    """Whether it has changed a table that is watched, in a transaction that goes on."""
    use = object()
    """Another one after each return to the pool."""
    returned_at: float | None = None
    """``time.monotonic()`` when it was; None: it never was."""

    def wait(self, gen: Any, interval: float = 0.1, timeout: float | None = None) -> Any:
        """Waits like the driver, which does so for ever where no time is given, but no longer than is allowed."""
        if timeout is not None:
            return super().wait(gen, interval=interval, timeout=timeout)
        deadline = _deadline.get()
        if deadline is None:  # as almost always: the clock is not asked
            left: float | None = ANSWER_SECONDS
        else:
            left = None if deadline == float("inf") else max(0.0, deadline - time.monotonic())
        try:
            return super().wait(gen, interval=interval, timeout=left)
        except psycopg.OperationalError:
            # The answer that did not come would be taken for that of the next statement.
            if self.pgconn.transaction_status == TransactionStatus.ACTIVE:
                self.pgconn.finish()
            raise

    def lives(self) -> bool:
        """Whether it can be used; one that has rested is asked."""
        if self.closed:
            return False
        # It worked a moment ago; should the server have ended since, the statement says so.
        if self.returned_at is None or time.monotonic() - self.returned_at < RESTED_SECONDS:
            return True
        try:
            with answering_within(ASK_SECONDS):
                getattr(self, KEPT_CURSOR).execute("SELECT 1")
        except psycopg.Error:
            return False
        return True
