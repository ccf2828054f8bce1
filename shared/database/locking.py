"""Holding rows, tables and names until a transaction ends. SQLite has one writer, who holds everything already."""

from typing import TypeVar

import peewee

from shared.database.database import Database
from shared.database.model import table_of
from shared.database.statement import Dialect
from shared.database.transaction import Transaction

M = TypeVar("M", bound=peewee.Model)


def locked(tx: Transaction, query: "peewee.ModelSelect[M]") -> "peewee.ModelSelect[M]":
    """The query, waiting for whoever holds its rows, and holding them then."""
    # SQLite knows no such clause, and needs none: who holds a transaction is its one writer.
    return query.for_update() if _has_row_locks(tx.database) else query


def lock_clause(tx: Transaction) -> str:
    """What ends a hand-written ``SELECT`` that does the same as ``locked``."""
    return " FOR UPDATE" if _has_row_locks(tx.database) else ""


def unheld(tx: Transaction, query: "peewee.ModelSelect[M]") -> "peewee.ModelSelect[M]":
    """The query, holding its rows, and passing over those that somebody else holds: it waits for nobody."""
    # SQLite's one writer finds nothing held.
    return query.for_update(skip_locked=True) if _has_row_locks(tx.database) else query


def unheld_clause(database: Database, *, of: str = "") -> str:
    """What ends a hand-written ``SELECT`` that does the same as ``unheld``.

    Args:
        database: where it runs.
        of: the table whose rows are held, where the query reads several.
    """
    if not _has_row_locks(database):
        return ""
    return f" FOR UPDATE OF {of} SKIP LOCKED" if of else " FOR UPDATE SKIP LOCKED"


def await_writers(tx: Transaction, model: type[peewee.Model]) -> None:
    """Waits until nobody is writing the model's table, and lets nobody write it until this transaction ends.

    For a transaction that must see what others are about to commit, where they cannot see what it is about to commit.
    """
    if _has_row_locks(tx.database):
        # SHARE lets others read, and waits for whoever has written and not committed.
        tx.database.rows(f"LOCK TABLE {table_of(model)} IN SHARE MODE")


def hold_name(tx: Transaction, name: str) -> None:
    """Lets one transaction at a time hold a name: of something that is to be unique and has no row to lock yet."""
    if _has_row_locks(tx.database):
        # Two names may share a number and wait for each other, which costs time and nothing else.
        tx.database.rows("SELECT pg_advisory_xact_lock(hashtextextended(?, 0))", (name,))


def pass_over_ids(tx: Transaction, model: type[peewee.Model], *, newest: int) -> None:
    """Gives out no id up to ``newest`` from now on, and none twice.

    Comes before any row of the model is locked: it waits for all who write the table, but only when the ids have not
    come that far yet.
    """
    table = table_of(model)
    if not _has_row_locks(tx.database):
        _pass_over_rowids(tx, table, newest)
        return
    ((sequence,),) = tx.database.rows("SELECT pg_get_serial_sequence(?, 'id')", (table,))
    # `is_called` is false of a fresh sequence, whose `last_value` was not given out yet.
    ((last, is_used),) = tx.database.rows(f"SELECT last_value, is_called FROM {sequence}")
    if last < newest or not is_used:
        # A sequence is outside transactions: two who set it at once could set it back.
        tx.database.rows(f"LOCK TABLE {table} IN SHARE ROW EXCLUSIVE MODE")
        statement = f"SELECT setval(?::regclass, greatest(last_value, ?)) FROM {sequence}"
        tx.database.rows(statement, (sequence, newest))


def _pass_over_rowids(tx: Transaction, table: str, newest: int) -> None:
    tx.database.rows("DELETE FROM sqlite_sequence WHERE name = ? AND seq < ?", (table, newest))
    tx.database.rows(
        "INSERT INTO sqlite_sequence (name, seq) "
        "SELECT ?, ? WHERE NOT EXISTS (SELECT 1 FROM sqlite_sequence WHERE name = ?)",
        (table, newest, table),
    )


def _has_row_locks(database: Database) -> bool:
    return database.dialect is Dialect.POSTGRESQL
