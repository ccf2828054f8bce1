"""Kept rows are those of their tables: of what this process commits at once, of what another does when it is heard."""

import threading
import time
from collections.abc import Callable
from contextlib import closing

import peewee
import pytest

from shared.database.connect import connect
from shared.database.database import Database
from shared.database.statement import Dialect
from tests.integration.database.conftest import Note, create_notes, write
from tests.proxy import proxied

READ = "SELECT text FROM note ORDER BY id"
TELLING = (
    """CREATE FUNCTION silo_tell() RETURNS trigger LANGUAGE plpgsql AS
    $$ BEGIN PERFORM pg_notify('silo_tables', ''); RETURN NULL; END $$""",
    "CREATE TRIGGER silo_tell AFTER INSERT OR UPDATE OR DELETE ON note FOR EACH STATEMENT EXECUTE FUNCTION silo_tell()",
)


def kept(database: Database) -> list[str]:
    return [text for (text,) in database.kept.rows(READ)]


def soon(holds: Callable[[], bool]) -> bool:
    pause, give_up_at = threading.Event(), time.monotonic() + 20
    while not (held := holds()) and time.monotonic() < give_up_at:
        pause.wait(0.002)  # another process has to be heard
    return held


@pytest.fixture
def keeping(database: Database) -> Database:
    """Keeps what is read of notes, and is sure of it."""
    keep(database)
    return database


def keep(database: Database) -> None:
    if database.dialect is Dialect.POSTGRESQL:
        with database.transaction() as tx:
            for statement in TELLING:
                tx.database.rows(statement)
    database.keep_reads(["note"])
    assert soon(lambda: mark(database) is not None)


def mark(database: Database) -> object | None:
    watch = database.kept._watch
    return watch and watch.mark()


def in_another_thread(work: Callable[[], object]) -> None:
    thread = threading.Thread(target=work)
    thread.start()
    thread.join()


def test_nothing_is_asked_while_nobody_writes(keeping: Database, monkeypatch: pytest.MonkeyPatch) -> None:
    assert soon(lambda: kept(keeping) == [] and mark(keeping) is not None)
    monkeypatch.setattr(keeping.kept, "_ask", pytest.fail)
    assert kept(keeping) == []


def test_what_this_process_commits_shows_at_once(keeping: Database) -> None:
    for number in range(50):
        write(keeping, f"note {number}")
        assert len(kept(keeping)) == number + 1


def test_what_is_rolled_back_never_shows(keeping: Database) -> None:
    with pytest.raises(ValueError, match="undo"), keeping.transaction():
        Note.create(text="lost")
        in_another_thread(lambda: kept(keeping))
        raise ValueError("undo")
    assert kept(keeping) == []


def test_while_a_change_is_under_way_nothing_is_certain(keeping: Database) -> None:
    seen: list[list[str]] = []
    with keeping.transaction():
        Note.create(text="new")
        in_another_thread(lambda: seen.append(kept(keeping)))
        assert kept(keeping) == ["new"]
    assert seen == [[]]
    assert kept(keeping) == ["new"]


def test_a_statement_that_is_a_transaction_shows_at_once(keeping: Database) -> None:
    kept(keeping)
    keeping.write("INSERT INTO note (text) VALUES (?)", ("alone",))
    assert kept(keeping) == ["alone"]


def test_a_broken_write_leaves_nobody_unsure(keeping: Database) -> None:
    write(keeping, "taken")
    with pytest.raises(peewee.IntegrityError):
        write(keeping, "taken")
    assert soon(lambda: mark(keeping) is not None)


def test_what_another_process_commits_is_heard(keeping: Database, database_url: str) -> None:
    assert kept(keeping) == []
    with closing(connect(database_url)) as other:
        for number in range(10):
            write(other, f"note {number}")
            assert soon(lambda: len(kept(keeping)) == number + 1)  # noqa: B023 - it is asked at once


@pytest.mark.postgres
def test_who_cannot_hear_asks_the_tables(postgres_url: str) -> None:
    with proxied(postgres_url) as (proxy, url), closing(connect(postgres_url, listen_url=url)) as database:
        create_notes(database)
        keep(database)
        assert kept(database) == []
        proxy.fall_silent()
        assert soon(lambda: mark(database) is None)
        with closing(connect(postgres_url)) as other:
            write(other, "meanwhile")
        assert kept(database) == ["meanwhile"]
        proxy.speak()
        assert soon(lambda: mark(database) is not None)
        assert kept(database) == ["meanwhile"]


@pytest.mark.postgres
def test_behind_a_pooler_without_a_direct_way_nothing_is_kept(postgres_url: str) -> None:
    with closing(connect(f"{postgres_url}&pool=transaction")) as database:
        create_notes(database)
        database.keep_reads(["note"])
        assert kept(database) == []
        assert mark(database) is None
