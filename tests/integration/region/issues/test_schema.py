"""The migrations and the models describe the same tables."""

from pathlib import Path

import peewee
import pytest

import region_silo.bootstrap
from region_silo.models.event import Event
from region_silo.models.issue import Activity, Comment, Issue, IssueEnvironment, IssueUser
from region_silo.models.project import Project, Rule
from shared.database.connect import connect
from shared.database.database import Database

MODELS = (Project, Issue, IssueUser, IssueEnvironment, Activity, Event, Comment, Rule)


def _tables(database: Database) -> list[tuple[str, str]]:
    statement = "SELECT tbl_name, sql FROM sqlite_master WHERE sql IS NOT NULL ORDER BY tbl_name, name"
    names = {model._meta.table_name for model in MODELS}
    return [(table, sql) for table, sql in database.rows(statement) if table in names]


@pytest.fixture
def migrated(tmp_path: Path) -> Database:
    database = connect(f"sqlite:///{tmp_path / 'migrated.db'}", create=True)
    region_silo.bootstrap.migrate(database)
    return database


def test_the_migrations_make_the_tables_of_the_models(migrated: Database, tmp_path: Path) -> None:
    made = connect(f"sqlite:///{tmp_path / 'made.db'}", create=True)
    with made.transaction():
        peewee.Database.create_tables(made.peewee, MODELS)
        wanted = _tables(made)
    with migrated.session():
        assert _tables(migrated) == wanted
    made.close()
    migrated.close()
