"""The two engines, and statements written by hand: the same text on either but for what is here. A value is a ``?``."""

from collections.abc import Collection, Iterable, Sequence
from datetime import timedelta
from enum import Enum
from functools import lru_cache
from typing import TYPE_CHECKING, Any

from shared.clock import Clock
from shared.database.columns import instant_text
from shared.database.postgresql import KEPT_CURSOR, KEPT_RAW_CURSOR

if TYPE_CHECKING:
    from shared.database.database import Database


SQLITE_NOW = "silo_now"
"""A function of every connection to SQLite, since its own clock tells milliseconds alone."""


class Dialect(Enum):
    """Which engine is behind a URL."""

    SQLITE = "sqlite"
    POSTGRESQL = "postgresql"


def marks(values: Collection[object]) -> str:
    """A placeholder for each value, for ``IN (…)``; of none, the ``NULL`` that nothing is equal to."""
    # `IN ()` is a mistake to PostgreSQL.
    return ", ".join("?" * len(values)) or "NULL"


def row_marks(rows: Sequence[Sequence[object]]) -> str:
    """``(?, ?), (?, ?)``: placeholders for rows of one length, for ``VALUES``."""
    return ", ".join([f"({marks(rows[0])})"] * len(rows))


def instant_mark(database: "Database") -> str:
    """The placeholder of an ``instant_text`` where nothing else tells PostgreSQL what it is."""
    return "?::timestamptz" if database.dialect is Dialect.POSTGRESQL else "?"


def now(database: "Database") -> str:
    """The time, as the database tells it: an expression for any number of places in a statement.

    What is due, how long a claim holds and how far a destination is behind are said in it alone: machines whose clocks
    disagree share one database.
    """
    if database.dialect is Dialect.SQLITE:
        return f"{SQLITE_NOW}()"
    # That of the statement, since a condition on ``clock_timestamp`` would be asked again for each row, past any index.
    return f"'{instant_text(database.clock.now())}'::timestamptz" if database.clock else "statement_timestamp()"


def clock_text(clock: Clock, seconds: float = 0.0) -> str:
    """SQLite's clock is the machine's, and tells milliseconds alone."""
    return instant_text(clock.now() + timedelta(seconds=seconds))


def in_seconds(database: "Database") -> str:
    """The time so many seconds after ``now``; the seconds are a parameter."""
    # The seconds go to the function: SQLite would add them to a text.
    if database.dialect is Dialect.SQLITE:
        return f"{SQLITE_NOW}(?)"
    return f"({now(database)} + make_interval(secs => ?::float8))"


def among(database: "Database", values: Collection[Any]) -> tuple[str, list[Any]]:
    """How a condition goes on that a column is one of some values, and its parameters.

    PostgreSQL gets them as one array: the text stays the same for any number of them, so that it is planned once. One
    alone is compared by itself: of an array PostgreSQL expects ten, holds a plan that suits every one for dearer than
    it is, and so would plan anew at each call, which takes ten times longer than to find one row.
    """
    if len(values) == 1:
        return "= ?", list(values)
    if database.dialect is Dialect.POSTGRESQL:
        return ("= ANY(?::bigint[])", [numbers(values)]) if _are_numbers(values) else ("= ANY(?)", [list(values)])
    return f"IN ({marks(values)})", list(values)


def numbers(values: Iterable[int]) -> str:
    """Whole numbers as PostgreSQL reads an array of them; the driver takes forty times longer to write one."""
    return f"{{{','.join(map(str, values))}}}"


def _are_numbers(values: Collection[Any]) -> bool:
    return isinstance(next(iter(values), None), int)


@lru_cache(maxsize=256)
def for_psycopg(sql: str) -> tuple[str, str]:
    """The statement as PostgreSQL takes it, and which of the kept cursors it is for.

    Numbered parameters are the server's own and are passed on as they are. A statement with a ``%`` of its own chooses
    the format of a parameter, which is psycopg's to read, statement by statement.
    """
    if "%" in sql:
        return sql.replace("?", "%s"), KEPT_CURSOR
    first, *rest = sql.split("?")
    return first + "".join(f"${number}{part}" for number, part in enumerate(rest, 1)), KEPT_RAW_CURSOR


def committing_soon(database: "Database") -> str:
    """An expression without rows of its own: once it was asked for, the transaction commits before it is on disk.

    A power failure right after it may undo it, whole. SQLite's every commit is on disk.
    """
    # A query, since PostgreSQL asks that once for a statement, and a bare function once for each row.
    is_told = database.dialect is Dialect.POSTGRESQL
    return "(SELECT set_config('synchronous_commit', 'off', true))" if is_told else "NULL"


def has_rows(cursor: Any) -> bool:
    """Whether the statement has rows to answer with; psycopg makes its description anew at each look."""
    result = getattr(cursor, "pgresult", None)
    return bool(cursor.description if result is None else result.nfields)


@lru_cache(maxsize=1024)
def is_write(sql: str) -> bool:
    """Whether a statement changes or locks rows."""
    return sql.lstrip().startswith(("INSERT", "UPDATE", "DELETE")) or " FOR UPDATE" in sql
