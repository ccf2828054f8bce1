"""Migrations: each once, all or nothing."""

import contextlib
import re
import threading
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import peewee
import pytest

from shared.database.connect import connect
from shared.database.database import Database
from shared.database.migrating import apply_migrations
from shared.database.statement import Dialect
from shared.errors import DatabaseBusy

FIRST = """
import peewee

def up(migrator, db):
    db.execute_sql("CREATE TABLE first (id INTEGER PRIMARY KEY)")
"""
BROKEN = """
def up(migrator, db):
    db.execute_sql("CREATE TABLE second (id INTEGER PRIMARY KEY)")
    raise RuntimeError("half way")
"""


@pytest.fixture
def empty(database_url: str) -> Iterator[Database]:
    with contextlib.closing(connect(database_url, create=True)) as database:
        yield database


@pytest.fixture
def migrations(tmp_path: Path) -> Path:
    folder = tmp_path / "migrations"
    folder.mkdir()
    (folder / "0001_first.py").write_text(FIRST)
    return folder


def tables(database: Database) -> set[str]:
    with database.session():
        return set(database.peewee.get_tables()) - {"sqlite_sequence"}


def test_a_migration_is_applied_once_and_named(empty: Database, migrations: Path) -> None:
    assert apply_migrations(empty, migrations) == ["0001_first"]
    assert apply_migrations(empty, migrations) == []
    assert tables(empty) == {"schema_migration", "first"}


def test_a_migration_that_fails_leaves_nothing_of_it_and_of_those_before_it(empty: Database, migrations: Path) -> None:
    (migrations / "0002_broken.py").write_text(BROKEN)
    with pytest.raises(RuntimeError, match="half way"):
        apply_migrations(empty, migrations)
    assert tables(empty) == set()


def test_migrating_twice_at_once_applies_everything_once(database_url: str, migrations: Path) -> None:
    with (
        contextlib.closing(connect(database_url, create=True)) as one,
        contextlib.closing(connect(database_url)) as other,
        ThreadPoolExecutor(2) as executor,
    ):
        applied = list(executor.map(lambda database: apply_migrations(database, migrations), (one, other)))
    assert sorted(applied) == [[], ["0001_first"]]


class Blocker:
    """Somebody else who uses the database: holds what the next migration needs, until it is heard of."""

    def __init__(self, database: Database) -> None:
        self._database = database
        self.heard: list[str] = []
        self.is_heard = threading.Event()
        self._holds = threading.Event()
        self._thread = threading.Thread(target=self._hold)

    def __enter__(self) -> "Blocker":
        self._thread.start()
        assert self._holds.wait(30)
        return self

    def __exit__(self, *_: object) -> None:
        self.is_heard.set()
        self._thread.join()

    def hear(self, sentence: str) -> None:
        self.heard.append(sentence)
        self.is_heard.set()

    def _hold(self) -> None:
        with self._database.transaction() as tx:
            tx.database.rows("UPDATE first SET id = id")
            self._holds.set()
            self.is_heard.wait(60)


CHANGED = """
def up(migrator, db):
    db.execute_sql("ALTER TABLE first ADD COLUMN note TEXT")
"""
INDEXED = """
from shared.database.migrating import build_index

atomic = False

def up(migrator, db):
    build_index(db, "first_note", on="first (note)", is_unique=True)
"""


@pytest.fixture
def other(empty: Database) -> Iterator[Database]:
    """The same database, as another process has it."""
    is_file = not empty.address.startswith("postgresql")
    with contextlib.closing(connect(f"sqlite:///{empty.address}" if is_file else empty.address)) as other:
        yield other


@pytest.mark.parametrize("kind", [[CHANGED], [CHANGED, INDEXED]], ids=["in a transaction", "outside of any"])
def test_a_migration_waits_behind_a_long_transaction_says_so_and_goes_on(
    empty: Database, other: Database, migrations: Path, kind: list[str]
) -> None:
    names = [f"000{number}_more" for number, _ in enumerate(kind, start=2)]
    for name, text in zip(names, kind, strict=True):
        apply_migrations(empty, migrations)
        (migrations / f"{name}.py").write_text(text)
    with Blocker(other) as blocker:
        assert apply_migrations(empty, migrations, say=blocker.hear) == names[-1:]
    holder = (
        "another writer" if empty.dialect is Dialect.SQLITE else r"a lock held by pid \d+ \(silo, idle in transaction\)"
    )
    assert re.fullmatch(rf"waiting for {holder}.* for 0 s", blocker.heard[0])


def test_a_migration_gives_up_in_the_end_and_leaves_nothing(
    patience: None, empty: Database, other: Database, migrations: Path
) -> None:
    apply_migrations(empty, migrations)
    (migrations / "0002_changed.py").write_text(CHANGED)
    with Blocker(other), pytest.raises(DatabaseBusy, match="Others held what a migration needs for 0 s"):
        apply_migrations(empty, migrations, wait_seconds=0)
    assert apply_migrations(empty, migrations) == ["0002_changed"]


def test_an_index_is_built_anew_where_it_was_left_half_built(empty: Database, migrations: Path) -> None:
    (migrations / "0002_changed.py").write_text(CHANGED)
    apply_migrations(empty, migrations)
    (migrations / "0003_indexed.py").write_text(INDEXED)
    with empty.transaction():
        empty.rows("INSERT INTO first (id, note) VALUES (1, 'same'), (2, 'same')")
    for _ in range(2):
        with pytest.raises(peewee.IntegrityError):
            apply_migrations(empty, migrations)
    with empty.transaction():
        empty.rows("DELETE FROM first WHERE id = 2")
    assert apply_migrations(empty, migrations) == ["0003_indexed"]
    with pytest.raises(peewee.IntegrityError), empty.transaction():
        empty.rows("INSERT INTO first (id, note) VALUES (3, 'same')")


@pytest.mark.postgres
def test_an_index_is_built_while_others_write(empty: Database, other: Database, migrations: Path) -> None:
    if empty.dialect is Dialect.SQLITE:
        pytest.skip("SQLite has one writer.")
    (migrations / "0002_changed.py").write_text(CHANGED)
    apply_migrations(empty, migrations)
    (migrations / "0003_indexed.py").write_text(INDEXED)

    def write(sentence: str) -> None:
        # It is being built, and waits for the blocker: whoever writes now waits for nobody.
        with other.transaction():
            other.rows("INSERT INTO first (id, note) VALUES (7, 'meanwhile')")
        blocker.hear(sentence)

    with Blocker(other) as blocker:
        apply_migrations(empty, migrations, say=write)
    with pytest.raises(peewee.IntegrityError), empty.transaction():
        empty.rows("INSERT INTO first (id, note) VALUES (8, 'meanwhile')")


def test_each_history_is_its_own(empty: Database, migrations: Path, tmp_path: Path) -> None:
    (tmp_path / "other").mkdir()
    (tmp_path / "other" / "0001_first.py").write_text(FIRST.replace("first", "third"))
    apply_migrations(empty, migrations)
    assert apply_migrations(empty, tmp_path / "other", history="other_history") == ["0001_first"]


def test_a_new_file_is_in_wal_mode_before_anyone_can_open_it(tmp_path: Path) -> None:
    with contextlib.closing(connect(f"sqlite:///{tmp_path / 'new.db'}", create=True)):
        assert (tmp_path / "new.db").read_bytes()[18:20] == b"\x02\x02"  # the header's way of saying WAL
        assert [path.name for path in tmp_path.iterdir() if path.suffix == ".db"] == ["new.db"]
