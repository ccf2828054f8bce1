"""The order in which rows may be read so that whoever goes on after one misses none: by the transaction that wrote it.

On PostgreSQL an id is given out before its commit, so that a smaller one may be seen after a larger one; a transaction
has a number, and it is known before which number every one has ended. SQLite writes one after the other, and a table
counts its rows and these numbers in one. A row's number stands in a column that the database fills in.
"""

from shared.database.database import Database
from shared.database.statement import Dialect
from shared.database.transaction import Transaction


def next_number(tx: Transaction, *, table: str) -> int:
    """The number of what this transaction writes in a table; greater than that of any row which can be read."""
    if tx.database.dialect is Dialect.POSTGRESQL:
        statement = "SELECT pg_current_xact_id()::text::bigint"
    else:
        statement = f"UPDATE sqlite_sequence SET seq = seq + 1 WHERE name = '{table}' RETURNING seq"
    ((number,),) = tx.database.rows(statement)
    return int(number)


def is_settled(database: Database, column: str) -> str:
    """How a condition goes on: every transaction up to that of the row has ended. Begins with AND, or is empty."""
    if database.dialect is Dialect.SQLITE:
        return ""
    return f"AND {column} < pg_snapshot_xmin(pg_current_snapshot())::text::bigint"


def last_settled(database: Database, column: str, *, table: str) -> int:
    """A number that no row can still get, and that none has which can be read only later. Needs a session."""
    if database.dialect is Dialect.POSTGRESQL:
        statement = "SELECT pg_snapshot_xmin(pg_current_snapshot())::text::bigint - 1"
    else:
        statement = f"SELECT COALESCE(MAX({column}), 0) FROM {table}"
    ((number,),) = database.rows(statement)
    return int(number)
