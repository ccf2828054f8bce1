"""What every table's model derives from: its database is the one of the surrounding session."""

from typing import Any, NoReturn, cast

import peewee

from shared.database.pool import NO_SESSION
from shared.database.session import bound
from shared.errors import DatabaseMisused


class _Nowhere:
    """Stands for a database where no session is. A statement can be written and printed with it, and not run."""

    def get_sql_context(self) -> peewee.Context:
        return peewee.Context()

    def __getattr__(self, name: str) -> NoReturn:
        if name.startswith("__"):  # what Python itself looks for is not a statement
            raise AttributeError(name)
        raise DatabaseMisused(NO_SESSION)


_NOWHERE = cast(peewee.Database, _Nowhere())


class _BoundMetadata(peewee.Metadata):
    """Metadata whose database is the one of the surrounding session."""

    @property
    def database(self) -> peewee.Database:
        database = bound.get()
        # Looked up at each statement: one process holds several silos in tests and in ``silo simulate``.
        return database.peewee if database else _NOWHERE

    @database.setter
    def database(self, value: peewee.Database | None) -> None:
        # A class that is declared inside a session is offered that of its base, and does not keep it.
        if value is not None and value is not self.database:
            raise TypeError("a model of a silo is never bound to one database")


class Model(peewee.Model):
    """What every table's model derives from."""

    class Meta:
        model_metadata_class = _BoundMetadata
        # ``sentry_app`` and not ``sentryapp``, as the hand-written statements have it.
        legacy_table_names = False


def tuples_of(query: "peewee.ModelSelect[Any]") -> list[Any]:
    """The rows of a query as tuples; peewee's stubs take them for models."""
    return list(query.tuples())


def table_of(model: type[peewee.Model]) -> str:
    """The name of the model's table."""
    metadata: Any = model._meta
    return str(metadata.table_name)


def fields_of(model: type[peewee.Model]) -> list[peewee.Field]:
    """The model's fields in the order in which they were declared."""
    metadata: Any = model._meta
    return list(metadata.sorted_fields)
