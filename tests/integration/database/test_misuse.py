"""What is done outside a session or a transaction fails at once, and always with the same error."""

from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextvars import copy_context
from typing import Any

import pytest

from shared.database.connect import connect
from shared.database.database import Database
from shared.database.session import current_database
from shared.errors import DatabaseMisused
from tests.integration.database.conftest import Note, create_notes, texts, write

INSERT = "INSERT INTO note (text) VALUES ('raw')"

STATEMENTS: dict[str, Callable[[Database], Any]] = {
    "iterate": lambda database: list(Note.select()),
    "get": lambda database: Note.get(Note.text == "kept"),
    "get_or_none": lambda database: Note.get_or_none(Note.text == "kept"),
    "get_by_id": lambda database: Note.get_by_id(1),
    "first": lambda database: Note.select().first(),
    "exists": lambda database: Note.select().exists(),
    "count": lambda database: Note.select().count(),
    "scalar": lambda database: Note.select(Note.id).scalar(),
    "tuples": lambda database: list(Note.select().tuples()),
    "len": lambda database: len(Note.select()),
    "rows": lambda database: database.rows("SELECT 1"),
    "current database": lambda database: current_database(),
    "peewee": lambda database: database.peewee.execute_sql("SELECT 1"),  # type: ignore[no-untyped-call]
}
WRITES: dict[str, Callable[[Database], Any]] = {
    "create": lambda database: Note.create(text="new"),
    "save": lambda database: Note(text="new").save(),
    "save one that is there": lambda database: Note(id=1, text="new").save(),
    "insert": lambda database: Note.insert(text="new").execute(),
    "insert many": lambda database: Note.insert_many([{"text": "new"}]).execute(),
    "insert returning": lambda database: list(Note.insert(text="new").returning(Note.id).execute()),
    "update": lambda database: Note.update(text="new").execute(),
    "delete": lambda database: Note.delete().execute(),
    "delete instance": lambda database: Note(id=1).delete_instance(),
    "rows that insert": lambda database: database.rows(INSERT),
    "rows that update": lambda database: database.rows("\nUPDATE note SET text = 'raw'"),
    "rows that delete": lambda database: database.rows("DELETE FROM note"),
    "rows that lock": lambda database: database.rows("SELECT id FROM note FOR UPDATE"),
}


@pytest.mark.parametrize("use", [*STATEMENTS, *WRITES])
def test_a_statement_outside_every_session_is_refused(database: Database, use: str) -> None:
    write(database, "kept")
    with pytest.raises(DatabaseMisused, match="No session"):
        (STATEMENTS | WRITES)[use](database)
    assert texts(database) == ["kept"]


@pytest.mark.parametrize("use", WRITES)
def test_a_write_in_a_session_without_a_transaction_is_refused(database: Database, use: str) -> None:
    write(database, "kept")
    with database.session(), pytest.raises(DatabaseMisused, match="No transaction"):
        WRITES[use](database)
    assert texts(database) == ["kept"]


@pytest.mark.parametrize("use", WRITES)
def test_a_write_in_a_snapshot_is_refused(database: Database, use: str) -> None:
    write(database, "kept")
    with database.snapshot(), pytest.raises(DatabaseMisused, match="No transaction"):
        WRITES[use](database)
    assert texts(database) == ["kept"]


def test_a_query_is_not_run_after_its_session(database: Database) -> None:
    with database.session():
        query = Note.select()
    with pytest.raises(DatabaseMisused, match="No session"):
        list(query)


def test_a_query_is_not_run_in_the_session_of_another_database(
    database: Database, new_database_url: Callable[[], str]
) -> None:
    other = connect(new_database_url(), create=True)
    create_notes(other)
    with database.session():
        query = Note.select()
    with other.session(), pytest.raises(DatabaseMisused, match="No session"):
        list(query)
    other.close()


def half_read(database: Database) -> Iterator[Note]:
    """An iterator whose session ended after the first row."""
    write(database, "first")
    write(database, "second")
    with database.session():
        notes = iter(Note.select().iterator())
        next(notes)
    return notes


def test_rows_that_a_session_left_unread_are_not_read_after_it(database: Database) -> None:
    notes = half_read(database)
    with pytest.raises(DatabaseMisused, match="No session"):
        next(notes)


def test_rows_that_a_session_left_unread_are_not_read_in_the_next(database: Database) -> None:
    notes = half_read(database)
    with database.session(), pytest.raises(DatabaseMisused, match="No session"):
        next(notes)


def test_a_thread_that_only_inherits_a_session_has_none(database: Database) -> None:
    with database.session(), ThreadPoolExecutor(1) as executor:
        context = copy_context()
        with pytest.raises(DatabaseMisused, match="No session"):
            executor.submit(context.run, Note.select().count).result()


def test_a_refused_statement_takes_no_connection(database_url: str) -> None:
    single = connect(database_url, create=True, pool_size=1)
    create_notes(single)
    for _ in range(3):
        with pytest.raises(DatabaseMisused):
            Note.select().count()
    assert texts(single) == []
    single.close()


def test_a_query_can_be_printed_outside_every_session() -> None:
    assert 'FROM "note"' in Note.select().sql()[0]
