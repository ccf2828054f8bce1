"""Behind PgBouncer, in both of its modes: with ``pool=transaction`` everything works, without it the error says so."""

import contextlib
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from shared.database.connect import connect
from shared.database.database import Database
from shared.database.migrating import apply_migrations
from shared.database.postgresql_pool import BEHIND_A_POOLER
from shared.errors import ConfigInvalid, DatabaseBusy
from shared.outbox.claim import claim
from shared.outbox.enqueue import enqueue
from shared.outbox.listen import Listener
from shared.outbox.message import migrate_outbox
from tests.integration.database.conftest import Note, create_notes, texts, write
from tests.pooler import pooled

pytestmark = pytest.mark.postgres
MODES = ("session", "transaction")
PATIENCE_SECONDS = 20.0


@pytest.fixture(params=MODES)
def pooler_url(request: pytest.FixtureRequest, postgres_url: str) -> Iterator[str]:
    # One in session mode gives each client a connection of its own for as long as it stays.
    size = "default_pool_size = 4" if request.param == "transaction" else "default_pool_size = 24"
    with pooled(postgres_url, mode=request.param, more=size) as url:
        yield url


@pytest.fixture
def database(patience: None, pooler_url: str) -> Iterator[Database]:
    with contextlib.closing(connect(f"{pooler_url}?pool=transaction")) as database:
        create_notes(database)
        yield database


def test_without_the_parameter_the_first_error_says_what_to_do(pooler_url: str) -> None:
    with contextlib.closing(connect(pooler_url)) as database, pytest.raises(ConfigInvalid) as refused:
        texts(database)
    assert refused.value.message == BEHIND_A_POOLER


@pytest.mark.parametrize("mode", MODES)
def test_a_pooler_that_swallows_settings_is_found_out(postgres_url: str, mode: str) -> None:
    with (
        pooled(postgres_url, mode=mode, more="ignore_startup_parameters = options") as url,
        contextlib.closing(connect(url)) as database,
    ):
        for _ in range(2):
            with pytest.raises(ConfigInvalid, match="pool=transaction"):
                texts(database)


def test_many_threads_write_and_read_through_few_connections(database: Database) -> None:
    with ThreadPoolExecutor(8) as threads:
        list(threads.map(lambda number: write(database, str(number)), range(40)))
        # More often than a driver takes to prepare a statement.
        assert set(threads.map(lambda _: len(texts(database)), range(40))) == {40}


def test_a_snapshot_is_one_and_a_transaction_that_fails_is_undone(database: Database) -> None:
    write(database, "before")
    with database.snapshot():
        assert len(list(Note.select())) == 1
        with ThreadPoolExecutor(1) as threads:
            threads.submit(write, database, "meanwhile").result()
        assert len(list(Note.select())) == 1
    with pytest.raises(ValueError, match="undo"), database.transaction():
        Note.create(text="lost")
        raise ValueError("undo")
    assert texts(database) == ["before", "meanwhile"]


def test_a_lock_is_waited_for_no_longer_than_elsewhere(database: Database, postgres_url: str) -> None:
    write(database, "before")
    with contextlib.closing(connect(postgres_url)) as direct, direct.transaction():
        Note.update(text="theirs").execute()
        with pytest.raises(DatabaseBusy), database.transaction():
            Note.update(text="ours").execute()
        with pytest.raises(DatabaseBusy):
            database.write("UPDATE note SET text = ?", ("ours",))


INDEX = """
from shared.database.migrating import build_index
atomic = False
def up(migrator, db): build_index(db, "note_text_again", on="note (text)")
"""


def test_migrations_and_the_outbox_work(database: Database, tmp_path: Path) -> None:
    (tmp_path / "0001_first.py").write_text("def up(migrator, db): ...")
    (tmp_path / "0002_index.py").write_text(INDEX)
    assert apply_migrations(database, tmp_path) == ["0001_first", "0002_index"]
    migrate_outbox(database)
    database.check()
    with database.transaction() as tx:
        enqueue(tx, "app", [1, 2], destinations=["us"])
    assert sorted(each.object_id for each in claim(database, "us", limit=9)) == [1, 2]


def test_notifications_are_heard_past_the_pooler_or_not_listened_for(
    database: Database, pooler_url: str, postgres_url: str
) -> None:
    assert database.listen_address is None
    migrate_outbox(database)
    url = f"{pooler_url}?pool=transaction"
    with contextlib.closing(connect(url, listen_url=postgres_url)) as listening:
        assert listening.listen_address == postgres_url
        ready, bell = listening.wake.listen("ready"), listening.wake.listen("us")
        listener = Listener(listening, address=postgres_url)
        listener.start()
        assert ready.wait(PATIENCE_SECONDS)
        bell.clear()
        with database.transaction() as tx:
            enqueue(tx, "app", [7], destinations=["us"])
        assert bell.wait(PATIENCE_SECONDS)
        listener.stop()


@pytest.mark.parametrize("pool", ["session", "statement", ""])
def test_a_pool_of_another_kind_is_refused(pool: str) -> None:
    with pytest.raises(ConfigInvalid, match="transaction, or left out"):
        connect(f"postgresql://localhost/silo?pool={pool}")
