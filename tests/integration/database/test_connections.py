"""Who holds connections, and for how long; several databases in one process and thread."""

import contextlib
import threading
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any, cast

import psycopg
import pytest

from shared.database.connect import connect
from shared.database.database import Database
from shared.database.model import Model
from shared.errors import DatabaseMisused, PoolExhausted
from tests.integration.database.conftest import Note, create_notes, texts, write

PATIENCE_SECONDS = 20.0


@pytest.fixture
def single(patience: None, database_url: str) -> Iterator[Database]:
    """A database with one connection in its pool."""
    database = connect(database_url, create=True, pool_size=1)
    create_notes(database)
    yield database
    database.close()


@contextlib.contextmanager
def occupied(database: Database) -> Iterator[None]:
    """Another thread holds a session inside."""
    taken, may_end = threading.Event(), threading.Event()

    def occupy() -> None:
        with database.session():
            taken.set()
            may_end.wait()

    thread = threading.Thread(target=occupy)
    thread.start()
    taken.wait()
    try:
        yield
    finally:
        may_end.set()
        thread.join()


def test_nested_sessions_share_a_connection_and_give_it_back_at_the_outermost_end(single: Database) -> None:
    with single.session(), single.session():
        assert texts(single) == []
    with occupied(single):
        pass
    assert texts(single) == []


def test_a_session_that_gets_no_connection_says_so(single: Database) -> None:
    with occupied(single), pytest.raises(PoolExhausted), single.session():
        pass
    assert texts(single) == []


def test_a_transaction_that_fails_gives_its_connection_back(single: Database) -> None:
    for _ in range(3):
        with pytest.raises(ValueError, match="undo"), single.transaction():
            raise ValueError("undo")
    with occupied(single):
        pass


def test_many_threads_share_a_few_connections(database_url: str) -> None:
    with contextlib.closing(connect(database_url, create=True, pool_size=8)) as database:
        create_notes(database)
        with ThreadPoolExecutor(8) as executor:
            list(executor.map(lambda number: write(database, str(number)), range(50)))
        assert len(texts(database)) == 50


def test_closing_takes_no_connection_from_under_a_session_of_another_thread(database_url: str) -> None:
    database = connect(database_url, create=True)
    create_notes(database)
    begun, closed = threading.Event(), threading.Event()

    def write_late() -> None:
        with database.transaction():
            begun.set()
            assert closed.wait(20)
            Note.create(text="written late")

    with ThreadPoolExecutor(1) as executor:
        written = executor.submit(write_late)
        assert begun.wait(20)
        database.close()
        closed.set()
        written.result()
    pool = cast(Any, database.peewee)
    assert (len(pool._in_use), len(pool._connections)) == (0, 0)
    with contextlib.closing(connect(database_url)) as after:
        assert texts(after) == ["written late"]


def test_a_model_uses_the_database_of_the_session_around_it(new_database_url: Callable[[], str]) -> None:
    with (
        contextlib.closing(connect(new_database_url(), create=True)) as us,
        contextlib.closing(connect(new_database_url(), create=True)) as de,
    ):
        for database, text in ((us, "in us"), (de, "in de")):
            create_notes(database)
            write(database, text)
        with us.transaction():
            Note.create(text="also in us")
            assert texts(de) == ["in de"]
        assert (texts(us), texts(de)) == (["in us", "also in us"], ["in de"])


def test_transactions_of_two_databases_end_each_by_itself(new_database_url: Callable[[], str]) -> None:
    with (
        contextlib.closing(connect(new_database_url(), create=True)) as us,
        contextlib.closing(connect(new_database_url(), create=True)) as de,
    ):
        create_notes(us)
        create_notes(de)
        with pytest.raises(ValueError, match="undo"), us.transaction():
            Note.create(text="lost")
            write(de, "kept")
            raise ValueError("undo")
        assert (texts(us), texts(de)) == ([], ["kept"])


def test_a_model_that_is_declared_inside_a_session_is_not_bound_to_it(database: Database) -> None:
    with database.session():

        class Late(Model):
            pass

    with pytest.raises(DatabaseMisused):
        Late.select().exists()


def test_a_model_cannot_be_bound_to_one_database(database: Database) -> None:
    with pytest.raises(TypeError):
        Note.bind(database.peewee)


def test_closing_leaves_no_file_open(tmp_path: Path) -> None:
    path = tmp_path / "notes.db"
    with contextlib.closing(connect(f"sqlite:///{path}", create=True)) as database:
        create_notes(database)
        with ThreadPoolExecutor(4) as executor:
            list(executor.map(lambda number: write(database, str(number)), range(8)))
    open_files = [link.readlink() for link in Path("/proc/self/fd").iterdir() if link.is_symlink()]
    assert not [file for file in open_files if file.is_relative_to(tmp_path)]


@pytest.mark.postgres
def test_closing_leaves_no_connection_at_the_server(postgres_url: str) -> None:
    with contextlib.closing(connect(postgres_url)) as database:
        create_notes(database)
        with ThreadPoolExecutor(4) as executor:
            list(executor.map(lambda number: write(database, str(number)), range(8)))
    others = "SELECT count(*) FROM pg_stat_activity WHERE application_name = 'silo' AND datname = current_database()"
    with psycopg.connect(postgres_url, autocommit=True) as observer:
        pause = threading.Event()
        give_up_at = time.monotonic() + PATIENCE_SECONDS
        while (left := observer.execute(others).fetchone()) != (0,) and time.monotonic() < give_up_at:
            pause.wait(0.02)
    assert left == (0,)
