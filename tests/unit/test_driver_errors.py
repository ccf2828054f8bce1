"""What drivers say, in our words: each code and each text that is known, beside a real one of every kind elsewhere."""

import sqlite3

import peewee
import psycopg.errors
import pytest

from shared.database.driver_error import translate
from shared.errors import DatabaseBusy, DatabaseFull, DatabaseUnavailable, PoolExhausted, SiloError

CODES: dict[str, type[SiloError]] = {
    "SerializationFailure": DatabaseBusy,
    "DeadlockDetected": DatabaseBusy,
    "LockNotAvailable": DatabaseBusy,
    "QueryCanceled": DatabaseBusy,
    "DiskFull": DatabaseFull,
    "OutOfMemory": DatabaseFull,
    "TooManyConnections": PoolExhausted,
    "UndefinedTable": DatabaseUnavailable,
    "UndefinedColumn": DatabaseUnavailable,
}
TEXTS: dict[str, type[SiloError]] = {
    "database is locked": DatabaseBusy,
    "database table is locked": DatabaseBusy,
    "database or disk is full": DatabaseFull,
    "no such table: app": DatabaseUnavailable,
    "no such column: app.slug": DatabaseUnavailable,
}


@pytest.mark.parametrize("name", CODES)
def test_each_code_of_postgresql_has_its_meaning(name: str) -> None:
    error = raised(peewee.OperationalError("text of the driver"), cause=getattr(psycopg.errors, name)())
    assert type(translate(error)) is CODES[name]


@pytest.mark.parametrize("text", TEXTS)
def test_each_text_of_sqlite_has_its_meaning(text: str) -> None:
    error = raised(peewee.OperationalError(text), cause=sqlite3.OperationalError(text))
    assert type(translate(error)) is TEXTS[text]


@pytest.mark.parametrize(
    ("text", "cause"),
    [
        ("text", psycopg.errors.UndefinedTable()),
        ("text", psycopg.errors.UndefinedColumn()),
        ("no such table: app", sqlite3.OperationalError()),
        ("no such column: app.slug", sqlite3.OperationalError()),
    ],
)
def test_a_database_of_another_version_is_told_apart_from_one_that_is_away(text: str, cause: Exception) -> None:
    found = translate(raised(peewee.OperationalError(text), cause=cause))
    assert found is not None
    assert "migrate" in found.message


def raised(error: Exception, *, cause: Exception) -> Exception:
    """The error as peewee raises it: out of the driver's own."""
    error.__cause__ = cause
    return error
