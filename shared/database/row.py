"""Models out of hand-written SQL, for the reads that every request makes.

Peewee needs ten times longer to write such a query than a database to answer it. Owns the column lists and the way
back; refuses to know any query.
"""

from collections.abc import Callable, Sequence
from typing import Any, Generic, TypeVar, cast

import peewee

from shared.database.columns import IdField
from shared.database.model import Model, fields_of

M = TypeVar("M", bound=Model)

_READ_AS_THEY_ARE = (
    *(IdField, peewee.ForeignKeyField, peewee.TextField),
    *(peewee.BigIntegerField, peewee.IntegerField, peewee.SmallIntegerField),
)
"""Kinds of columns whose values every driver hands out as they were stored."""


class Columns(Generic[M]):
    """All columns of a model's table under an alias, and the reading of models from them."""

    def __init__(self, model: type[M], alias: str) -> None:
        self._model = model
        fields = fields_of(model)
        self._names = [field.name for field in fields]
        self._readers = [(field.name, read) for field in fields if (read := _reader(field))]
        self._id_at = next(at for at, field in enumerate(fields) if field.primary_key)
        self.sql = ", ".join(f'{alias}."{field.column_name}"' for field in fields)
        """For the ``SELECT`` list."""
        self.width = len(fields)

    def read(self, row: Sequence[Any], *, at: int = 0) -> M:
        """The model whose columns start at that place of the row."""
        model = self._model(__no_default__=True)
        data = model.__data__ = dict(zip(self._names, row[at : at + self.width], strict=True))
        for name, read in self._readers:
            data[name] = read(data[name])
        return model

    def id_of(self, row: Sequence[Any]) -> int:
        """The primary key in a row that starts with the columns."""
        return cast(int, row[self._id_at])


def _reader(field: "peewee.Field[Any]") -> Callable[[Any], Any] | None:
    return None if type(field) in _READ_AS_THEY_ARE else field.python_value
