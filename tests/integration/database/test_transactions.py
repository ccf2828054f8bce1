"""What a session, a snapshot and a transaction promise, on either engine."""

import threading
from collections.abc import Callable
from contextlib import closing

import peewee
import pytest

from shared.category import Category
from shared.consistency import WrittenVersion, collecting, note_written
from shared.database.connect import connect
from shared.database.database import Database
from shared.database.statement import committing_soon
from shared.database.transaction import refuse_inside_transaction
from shared.errors import DatabaseMisused, RpcInsideTransaction
from tests.integration.database.conftest import Note, texts, write


class Stop(BaseException):
    """An exception that ``except Exception`` does not catch."""


def in_another_thread(work: Callable[[], object]) -> None:
    thread = threading.Thread(target=work)
    thread.start()
    thread.join()


def test_what_a_transaction_wrote_is_there_after_its_end_and_not_before(database: Database) -> None:
    with database.transaction():
        Note.create(text="kept")
        seen: list[str] = []
        in_another_thread(lambda: seen.extend(texts(database)))
    assert (seen, texts(database)) == ([], ["kept"])


@pytest.mark.parametrize("reason", [ValueError, KeyboardInterrupt, Stop])
def test_a_transaction_rolls_back_on_any_exception(database: Database, reason: type[BaseException]) -> None:
    with pytest.raises(reason), database.transaction():
        Note.create(text="lost")
        raise reason
    assert texts(database) == []
    write(database, "next")
    assert texts(database) == ["next"]


def test_a_broken_rule_undoes_everything_and_is_left_to_the_service_to_explain(database: Database) -> None:
    write(database, "taken")
    with pytest.raises(peewee.IntegrityError), database.transaction():
        Note.create(text="new")
        Note.create(text="taken")
    assert texts(database) == ["taken"]


def test_callbacks_run_in_order_after_the_commit(database: Database) -> None:
    ran: list[object] = []
    with database.transaction() as tx:
        Note.create(text="kept")
        tx.after_commit(lambda: ran.append(texts(database)))
        tx.after_commit(lambda: ran.append("second"))
        assert ran == []
    assert ran == [["kept"], "second"]


def test_callbacks_never_run_after_a_rollback(database: Database) -> None:
    ran: list[str] = []
    with pytest.raises(ValueError, match="undo"), database.transaction() as tx:
        tx.after_commit(lambda: ran.append("never"))
        raise ValueError("undo")
    assert ran == []


def test_a_callback_may_write_in_a_transaction_of_its_own(database: Database) -> None:
    with database.transaction() as tx:
        tx.after_commit(lambda: write(database, "afterwards"))
    assert texts(database) == ["afterwards"]


def test_a_transaction_within_a_transaction_is_refused_and_undoes_both(database: Database) -> None:
    with pytest.raises(DatabaseMisused), database.transaction():
        Note.create(text="outer")
        write(database, "inner")
    assert texts(database) == []


def test_a_transaction_within_a_snapshot_is_refused(database: Database) -> None:
    with pytest.raises(DatabaseMisused), database.snapshot():
        write(database, "inner")
    assert texts(database) == []


def test_a_session_within_a_transaction_sees_what_it_wrote_and_ends_nothing(database: Database) -> None:
    with pytest.raises(ValueError, match="undo"), database.transaction():
        Note.create(text="mine")
        assert texts(database) == ["mine"]
        raise ValueError("undo")
    assert texts(database) == []


def test_a_snapshot_sees_one_state_while_others_commit(database: Database) -> None:
    with database.snapshot():
        before = texts(database)
        in_another_thread(lambda: write(database, "meanwhile"))
        assert texts(database) == before
    assert texts(database) == ["meanwhile"]


def test_a_session_sees_what_others_commit_meanwhile(database: Database) -> None:
    with database.session():
        in_another_thread(lambda: write(database, "meanwhile"))
        assert texts(database) == ["meanwhile"]


def test_a_call_is_refused_inside_a_transaction_and_nowhere_else(database: Database) -> None:
    with pytest.raises(RpcInsideTransaction), database.transaction():
        refuse_inside_transaction("/package.Service/Method")
    with database.transaction() as tx:
        tx.after_commit(lambda: refuse_inside_transaction("/package.Service/Method"))
    with database.session():
        refuse_inside_transaction("/package.Service/Method")


def test_a_version_is_noted_for_the_reader_once_it_is_committed(database: Database) -> None:
    with collecting() as written:
        with database.transaction() as tx:
            note_written(tx, Category.APP, 7, 3)
            assert written == []
        with pytest.raises(ValueError, match="undo"), database.transaction() as tx:
            note_written(tx, Category.APP, 7, 4)
            raise ValueError("undo")
    assert written == [WrittenVersion(Category.APP, 7, 3)]


def test_a_write_that_no_request_collects_is_not_noted(database: Database) -> None:
    with database.transaction() as tx:
        note_written(tx, Category.APP, 7, 3)
    with collecting() as written:
        pass
    assert written == []


def test_the_id_of_a_deleted_row_is_never_given_out_again(database: Database) -> None:
    with database.transaction():
        first = Note.create(text="first").id
        Note.delete().execute()
    with database.transaction():
        assert Note.create(text="second").id > first


@pytest.mark.postgres  # SQLite's every commit is on disk
def test_a_transaction_that_may_be_lost_is_the_only_one_that_waits_for_no_disk(postgres_url: str) -> None:
    with closing(connect(postgres_url)) as database:
        with database.transaction():
            database.rows("SET synchronous_commit = on")
        with database.transaction():
            database.rows(f"SELECT {committing_soon(database)}")
            assert database.rows("SHOW synchronous_commit") == [("off",)]
        with database.transaction():
            assert database.rows("SHOW synchronous_commit") == [("on",)]
