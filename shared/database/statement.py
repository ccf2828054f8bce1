"""One statement on either engine: placeholders on the way there, rows on the way back."""

from functools import lru_cache
from typing import Any

from shared.database.pool import KEPT_CURSOR, KEPT_RAW_CURSOR


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


def has_rows(cursor: Any) -> bool:
    """Whether the statement has rows to answer with; psycopg makes its description anew at each look."""
    result = getattr(cursor, "pgresult", None)
    return bool(cursor.description if result is None else result.nfields)


@lru_cache(maxsize=1024)
def is_write(sql: str) -> bool:
    """Whether a statement changes or locks rows."""
    return sql.lstrip().startswith(("INSERT", "UPDATE", "DELETE")) or " FOR UPDATE" in sql
