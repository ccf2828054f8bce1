"""What every table's model derives from: its database is the one of the surrounding session."""

from typing import Any

import peewee

from shared.database.database import bound


class _BoundMetadata(peewee.Metadata):
    """Metadata whose database is the one of the surrounding session."""

    @property
    def database(self) -> peewee.Database | None:
        database = bound.get()
        return database.peewee if database else None

    @database.setter
    def database(self, value: peewee.Database | None) -> None:
        # A class that is declared inside a session is offered that of its base, and does not keep it.
        if value is not None and value is not self.database:
            raise TypeError("a model of a silo is never bound to one database")


class Model(peewee.Model):
    """What every table's model derives from."""

    class Meta:
        model_metadata_class = _BoundMetadata
        legacy_table_names = False


def tuples_of(query: "peewee.ModelSelect[Any]") -> list[Any]:
    """The rows of a query as tuples; peewee's stubs take them for models."""
    return list(query.tuples())
