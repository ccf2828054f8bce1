"""Migrations: each once, all or nothing."""

import contextlib
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from shared.database.connect import connect
from shared.database.database import Database

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
    assert empty.migrate(migrations) == ["0001_first"]
    assert empty.migrate(migrations) == []
    assert tables(empty) == {"schema_migration", "first"}


def test_a_migration_that_fails_leaves_nothing_of_it_and_of_those_before_it(empty: Database, migrations: Path) -> None:
    (migrations / "0002_broken.py").write_text(BROKEN)
    with pytest.raises(RuntimeError, match="half way"):
        empty.migrate(migrations)
    assert tables(empty) == set()


def test_migrating_twice_at_once_applies_everything_once(database_url: str, migrations: Path) -> None:
    with (
        contextlib.closing(connect(database_url, create=True)) as one,
        contextlib.closing(connect(database_url)) as other,
        ThreadPoolExecutor(2) as executor,
    ):
        applied = list(executor.map(lambda database: database.migrate(migrations), (one, other)))
    assert sorted(applied) == [[], ["0001_first"]]


def test_each_history_is_its_own(empty: Database, migrations: Path, tmp_path: Path) -> None:
    (tmp_path / "other").mkdir()
    (tmp_path / "other" / "0001_first.py").write_text(FIRST.replace("first", "third"))
    empty.migrate(migrations)
    assert empty.migrate(tmp_path / "other", history="other_history") == ["0001_first"]


def test_a_new_file_is_in_wal_mode_before_anyone_can_open_it(tmp_path: Path) -> None:
    with contextlib.closing(connect(f"sqlite:///{tmp_path / 'new.db'}", create=True)):
        assert (tmp_path / "new.db").read_bytes()[18:20] == b"\x02\x02"  # the header's way of saying WAL
        assert [path.name for path in tmp_path.iterdir() if path.suffix == ".db"] == ["new.db"]
