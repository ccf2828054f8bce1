"""A database that is locked, full, gone, foreign or not migrated: a typed error, and nothing half written."""

import contextlib
from collections.abc import Callable, Iterator
from pathlib import Path

import peewee
import psycopg
import pytest
from psycopg.conninfo import conninfo_to_dict

from shared.database.connect import connect
from shared.database.database import Database
from shared.database.migrating import apply_migrations
from shared.errors import ConfigInvalid, DatabaseBusy, DatabaseFull, DatabaseUnavailable, InvalidInput
from tests.integration.contention import contention
from tests.integration.database.conftest import Note, create_notes, texts, write


@pytest.fixture
def sqlite(patience: None, tmp_path: Path) -> Iterator[Database]:
    database = connect(f"sqlite:///{tmp_path / 'notes.db'}", create=True)
    create_notes(database)
    write(database, "before")
    yield database
    database.close()


@pytest.fixture
def postgres(patience: None, postgres_url: str) -> Iterator[Database]:
    database = connect(postgres_url)
    create_notes(database)
    write(database, "before")
    yield database
    database.close()


@contextlib.contextmanager
def another_process(database_url: str) -> Iterator[Database]:
    """As another process would see the same database: with connections and locks of its own."""
    with contextlib.closing(connect(database_url)) as other:
        yield other


@contextlib.contextmanager
def away(database: Database) -> Iterator[None]:
    """The database is nowhere to be found inside."""
    url = database.peewee.database
    name = conninfo_to_dict(url)["dbname"]
    with psycopg.connect(url, dbname="postgres", autocommit=True) as server:
        server.execute("SELECT pg_terminate_backend(pid, 5000) FROM pg_stat_activity WHERE datname = %s", (name,))
        server.execute(f"ALTER DATABASE {name} RENAME TO {name}_away".encode())
        try:
            yield
        finally:
            server.execute(f"ALTER DATABASE {name}_away RENAME TO {name}".encode())


def test_a_text_that_the_database_cannot_hold_is_the_caller_s_mistake(postgres: Database) -> None:
    with pytest.raises(InvalidInput, match="Null characters"), postgres.session():
        list(Note.select().where(Note.text == "a\x00"))


def test_a_row_that_another_process_holds_for_too_long_is_busy(patience: None, database_url: str) -> None:
    with contextlib.closing(connect(database_url, create=True)) as database:
        create_notes(database)
        write(database, "before")
        with another_process(database_url) as other, other.transaction():
            Note.update(text="theirs").execute()
            with pytest.raises(DatabaseBusy), database.transaction():
                Note.update(text="ours").execute()
        assert texts(database) == ["theirs"]


def test_a_writer_of_the_same_process_that_takes_too_long_is_busy(sqlite: Database) -> None:
    with contention(sqlite) as beside, sqlite.transaction():
        refused = beside.start(lambda: write(sqlite, "ours"))
        assert isinstance(refused.exception(), DatabaseBusy)
    assert texts(sqlite) == ["before"]


def test_readers_go_on_while_another_process_writes(patience: None, database_url: str) -> None:
    with contextlib.closing(connect(database_url, create=True)) as database:
        create_notes(database)
        write(database, "before")
        with another_process(database_url) as other, other.transaction():
            Note.update(text="theirs").execute()
            assert texts(database) == ["before"]


@pytest.mark.parametrize("length", [10_000, 10_000_000])
def test_a_full_sqlite_database_says_so_and_keeps_nothing_of_the_transaction(sqlite: Database, length: int) -> None:
    with pytest.raises(DatabaseFull), sqlite.transaction():
        Note.create(text="first")
        sqlite.rows("PRAGMA max_page_count = 1")  # cut to what the file has
        Note.create(text="x" * length)
    sqlite.close()
    assert texts(sqlite) == ["before"]
    write(sqlite, "after")


@pytest.mark.postgres
def test_a_full_postgresql_database_says_so_and_keeps_nothing_of_the_transaction(postgres: Database) -> None:
    with pytest.raises(DatabaseFull), postgres.transaction():
        Note.create(text="first")
        postgres.rows("DO $$ BEGIN RAISE EXCEPTION 'no space left on device' USING ERRCODE = 'disk_full'; END $$")
    assert texts(postgres) == ["before"]


@pytest.mark.parametrize("text", ["is locked", "is full", "no such table"])
def test_what_users_wrote_is_never_mistaken_for_trouble(database: Database, text: str) -> None:
    write(database, text)
    with pytest.raises(peewee.IntegrityError):
        write(database, text)


def test_a_table_that_is_not_there_means_not_migrated(database_url: str) -> None:
    with contextlib.closing(connect(database_url, create=True)) as database:
        with pytest.raises(DatabaseUnavailable, match="run `migrate`"):
            texts(database)
        with pytest.raises(DatabaseUnavailable, match="run `migrate`"):
            write(database, "too early")
        create_notes(database)
        assert texts(database) == []


def test_a_write_to_a_file_that_is_gone_is_refused(sqlite: Database, tmp_path: Path) -> None:
    (tmp_path / "notes.db").unlink()
    with pytest.raises(DatabaseUnavailable, match="gone"):
        write(sqlite, "into the void")


def test_a_write_to_a_file_that_was_replaced_is_refused(sqlite: Database, tmp_path: Path) -> None:
    (tmp_path / "notes.db").rename(tmp_path / "kept.db")
    (tmp_path / "notes.db").touch()
    with pytest.raises(DatabaseUnavailable, match="replaced"):
        write(sqlite, "into the void")


def migrate(database: Database, folder: Path) -> None:
    (folder / "0001_first.py").write_text("def up(migrator, db): ...")
    apply_migrations(database, folder)


def test_a_check_notices_a_file_that_is_gone(sqlite: Database, tmp_path: Path) -> None:
    migrate(sqlite, tmp_path)
    sqlite.check()
    (tmp_path / "notes.db").unlink()
    with pytest.raises(DatabaseUnavailable, match="gone"):
        sqlite.check()


@pytest.mark.postgres
def test_a_check_notices_a_server_that_is_away_at_once_and_its_return(postgres: Database, tmp_path: Path) -> None:
    migrate(postgres, tmp_path)
    postgres.check()
    with away(postgres), pytest.raises(DatabaseUnavailable):
        postgres.check()
    postgres.check()


def test_a_check_notices_that_nothing_was_migrated(database: Database) -> None:
    with pytest.raises(DatabaseUnavailable, match="run `migrate`"):
        database.check()


def test_a_file_that_is_no_database_is_unavailable_each_time(tmp_path: Path) -> None:
    path = tmp_path / "notes.db"
    path.write_bytes(b"not a database " * 1000)
    with contextlib.closing(connect(f"sqlite:///{path}")) as database:
        for _ in range(3):
            with pytest.raises(DatabaseUnavailable):
                texts(database)


@pytest.mark.postgres
def test_a_connection_that_the_server_ends_fails_its_transaction_and_no_other(postgres: Database) -> None:
    with pytest.raises(DatabaseUnavailable), postgres.transaction():
        Note.create(text="lost")
        [(pid,)] = postgres.rows("SELECT pg_backend_pid()")
        with psycopg.connect(postgres.peewee.database, autocommit=True) as killer:
            killer.execute("SELECT pg_terminate_backend(%s, 5000)", (pid,))
        Note.create(text="lost too")
    assert texts(postgres) == ["before"]


@pytest.mark.postgres
def test_a_database_that_is_away_is_unavailable_until_it_is_back(postgres: Database) -> None:
    with away(postgres):
        for _ in range(2):
            with pytest.raises(DatabaseUnavailable):
                write(postgres, "into the void")
    assert texts(postgres) == ["before"]


@pytest.mark.postgres
def test_of_two_transactions_that_wait_for_each_other_one_is_busy_and_one_commits(postgres_url: str) -> None:
    def rename(first: str, second: str, then: Callable[[], object] = lambda: None) -> None:
        with contextlib.suppress(DatabaseBusy), database.transaction():
            Note.update(text=first.upper()).where(Note.text == first).execute()
            then()
            Note.update(text=second.upper()).where(Note.text == second).execute()

    with contextlib.closing(connect(postgres_url)) as database, contention(database) as beside:
        create_notes(database)
        write(database, "a")
        write(database, "b")
        rename("a", "b", then=lambda: beside.start_and_let_wait(lambda: rename("b", "a")))
    with contextlib.closing(connect(postgres_url)) as database:
        assert texts(database) == ["A", "B"]


@pytest.mark.parametrize("url", ["", "mysql://localhost/silo", "sqlite://relative", "/var/lib/silo.db"])
def test_a_url_of_another_kind_is_refused(url: str) -> None:
    with pytest.raises(ConfigInvalid, match="starts with sqlite:/// or postgresql://"):
        connect(url)


@pytest.mark.parametrize("url", ["postgresql://silo:hunter2@[::1/silo", "postgresql://h/d?colour=red"])
def test_a_malformed_url_is_refused_and_not_shown(url: str) -> None:
    with pytest.raises(ConfigInvalid) as refused:
        connect(url)
    assert refused.value.message == "The database URL is malformed."


def test_a_missing_file_is_not_created_by_the_way(tmp_path: Path) -> None:
    with pytest.raises(ConfigInvalid, match="run `migrate` first"):
        connect(f"sqlite:///{tmp_path / 'notes.db'}")
    assert not (tmp_path / "notes.db").exists()


def test_a_folder_that_cannot_be_made_is_refused(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    with pytest.raises(ConfigInvalid, match="Cannot create"):
        connect(f"sqlite:///{tmp_path / 'file' / 'notes.db'}", create=True)


def test_a_new_file_is_for_its_owner_alone(tmp_path: Path) -> None:
    path = tmp_path / "deep" / "notes.db"
    with contextlib.closing(connect(f"sqlite:///{path}", create=True)) as database:
        create_notes(database)
    assert path.stat().st_mode & 0o777 == 0o600
