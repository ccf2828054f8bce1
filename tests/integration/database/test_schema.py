"""What the migrations make is what the models say."""

import contextlib
from collections.abc import Callable, Iterator
from importlib import import_module
from pkgutil import walk_packages
from types import ModuleType
from typing import Any

import pytest

import control_silo.bootstrap
import control_silo.models
import region_silo.bootstrap
import region_silo.models
from shared.database.connect import connect
from shared.database.database import Database
from shared.database.model import Model

HISTORIES = "schema_migration"
WITHOUT_FIELDS = {"outbox_delivery_due"}
"""An index of an expression, which no model has a word for."""
WITHOUT_MODEL = {"app_health_revision", "id_counter", "peer_nonce"}
"""Written by one statement each, and read by nobody else."""


@pytest.fixture
def database(database_url: str) -> Iterator[Database]:
    with contextlib.closing(connect(database_url, create=True)) as database, database.session():
        yield database


@pytest.mark.parametrize(
    ("migrate", "models"),
    [(control_silo.bootstrap.migrate, control_silo.models), (region_silo.bootstrap.migrate, region_silo.models)],
    ids=["control", "region"],
)
def test_the_tables_that_migrations_make_are_those_of_the_models(
    database: Database, migrate: Callable[[Database], list[str]], models: ModuleType
) -> None:
    migrate(database)
    made = {
        table for table in database.peewee.get_tables() if not table.startswith((HISTORIES, "sqlite_"))
    } - WITHOUT_MODEL
    found = {table: as_made(database, table) for table in made}
    assert found == {model._meta.table_name: as_meant(model) for model in models_of(models)}


def models_of(package: ModuleType) -> Iterator[type[Model]]:
    """Those of the package and those that every silo has, of which its bootstrap has imported all that it migrates."""
    for found in walk_packages(package.__path__, f"{package.__name__}."):
        import_module(found.name)
    yield from _tables_below(Model, of={package.__name__.partition(".")[0], "shared"})


def _tables_below(model: type[Model], *, of: set[str]) -> Iterator[type[Model]]:
    """A model that others derive from is only what these have in common; one without a key is a view."""
    for each in model.__subclasses__():
        yield from _tables_below(each, of=of)
        is_table = each._meta.primary_key and not each.__subclasses__()
        if is_table and each.__module__.partition(".")[0] in of:
            yield each


def as_made(database: Database, table: str) -> dict[str, set[Any]]:
    columns = database.peewee.get_columns(table)
    key = (tuple(column.name for column in columns if column.primary_key), True)
    references = database.peewee.get_foreign_keys(table)
    return {
        "columns": {(column.name, column.null) for column in columns},
        # Engines list the index of a primary key or not, as they like.
        "indexes": {
            (tuple(index.columns), index.unique)
            for index in database.peewee.get_indexes(table)
            if index.name not in WITHOUT_FIELDS
        }
        - {key},
        "references": {(each.column, each.dest_table, each.on_delete or "NO ACTION") for each in references},
    }


def as_meant(model: type[Model]) -> dict[str, set[Any]]:
    meta: Any = model._meta
    return {
        "columns": {(field.column_name, bool(field.null)) for field in meta.sorted_fields},
        "indexes": {
            (tuple(part.column_name for part in index._expressions), index._unique) for index in meta.fields_to_index()
        },
        "references": {
            (field.column_name, target._meta.table_name, field.on_delete or "NO ACTION")
            for field, target in meta.refs.items()
        },
    }
