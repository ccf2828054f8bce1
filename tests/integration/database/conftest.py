"""A database with one small table, and what a test asks of it."""

from collections.abc import Iterator

import peewee
import pytest

from shared.database.columns import IdField
from shared.database.connect import connect
from shared.database.database import Database
from shared.database.model import Model


class Note(Model):
    """What the tests write."""

    id = IdField()
    text = peewee.TextField(unique=True)

    class Meta:
        table_name = "note"


def create_notes(database: Database) -> None:
    with database.transaction():
        Note.create_table()


def write(database: Database, text: str) -> None:
    with database.transaction():
        Note.create(text=text)


def texts(database: Database) -> list[str]:
    with database.session():
        return [note.text for note in Note.select().order_by(Note.id)]


@pytest.fixture
def database(database_url: str) -> Iterator[Database]:
    database = connect(database_url, create=True)
    create_notes(database)
    yield database
    database.close()


@pytest.fixture
def patience(monkeypatch: pytest.MonkeyPatch) -> None:
    """Nobody waits long for a lock or a connection; to be asked for before ``database``."""
    for module in ("database", "pool", "postgresql_pool"):
        monkeypatch.setattr(f"shared.database.{module}.LOCK_WAIT_SECONDS", 0.2)
    for module in ("pool", "postgresql_pool"):
        monkeypatch.setattr(f"shared.database.{module}.POOL_WAIT_SECONDS", 0.2)
