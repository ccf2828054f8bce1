"""Releases and databases of different ages: neither goes on as if nothing were."""

import contextlib
from collections.abc import Iterator
from pathlib import Path

import pytest

import control_silo.bootstrap
import region_silo.bootstrap
from shared.database.connect import connect
from shared.database.database import Database
from shared.database.migrating import apply_migrations
from shared.database.schema import Schema
from shared.errors import ConfigInvalid, DatabaseUnavailable
from tests.integration.database.conftest import create_notes, texts, write

NOTHING = "def up(migrator, db):\n    pass\n"


@pytest.fixture
def known(tmp_path: Path) -> Path:
    """The folder of the migrations of this release, which are two."""
    folder = tmp_path / "known"
    folder.mkdir()
    for name in ("0001_first", "0002_second"):
        (folder / f"{name}.py").write_text(NOTHING)
    return folder


def schema_of(known: Path) -> Schema:
    return Schema(known, "schema_migration")


@pytest.fixture
def database(database_url: str, known: Path) -> Iterator[Database]:
    """A database with both migrations; a process that expects the same."""
    with contextlib.closing(connect(database_url, create=True)) as database:
        create_notes(database)
        apply_migrations(database, known)
        database.expect([schema_of(known)])
        yield database


def test_a_database_of_the_same_age_is_read_and_written(database: Database, known: Path) -> None:
    schema_of(known).refuse_newer(database)
    write(database, "today")
    database.check()
    assert texts(database) == ["today"]


def test_a_process_refuses_a_database_of_a_newer_release(database: Database, known: Path) -> None:
    (known / "0002_second.py").unlink()
    with pytest.raises(ConfigInvalid, match=r"newer release.*: 0002_second is not known here"):
        schema_of(known).refuse_newer(database)
    with pytest.raises(ConfigInvalid, match="0002_second is not known here"):
        schema_of(known).migrate(database)


def test_a_database_of_an_older_release_serves_reads_alone_until_it_is_migrated(
    database: Database, known: Path
) -> None:
    (known / "0003_third.py").write_text(NOTHING)
    for attempt in (database.check, lambda: write(database, "early"), lambda: database.write("DELETE FROM note")):
        with pytest.raises(DatabaseUnavailable, match="0003_third is pending; run `migrate`"):
            attempt()
    assert texts(database) == []
    with contextlib.closing(connect_again(database)) as migrating:
        apply_migrations(migrating, known)
    database.check()
    write(database, "in time")
    assert texts(database) == ["in time"]


def connect_again(database: Database) -> Database:
    """As another process would."""
    is_file = not database.address.startswith("postgresql")
    return connect(f"sqlite:///{database.address}" if is_file else database.address)


def test_control_does_not_migrate_the_database_of_a_region(database_url: str) -> None:
    with contextlib.closing(connect(database_url, create=True)) as database:
        region_silo.bootstrap.migrate(database)
        with pytest.raises(ConfigInvalid, match="for another silo: 0001_region is not known here"):
            control_silo.bootstrap.migrate(database)
        with database.session():
            assert not set(database.peewee.get_tables()) & {"sentry_app", "interest"}
