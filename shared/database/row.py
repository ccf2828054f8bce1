"""Models out of hand-written SQL, for the reads that every request or every delivery makes.

Peewee needs ten times longer to write such a query than a database to answer it. Owns the column lists and the way
back; refuses to know any query.
"""

import functools
import json
from collections.abc import Callable, Collection, Sequence
from typing import Any, Generic, TypeVar, cast

import peewee

from shared.database.columns import IdField, JsonField
from shared.database.model import Model, fields_of
from shared.database.session import current_database
from shared.database.statement import among

M = TypeVar("M", bound=Model)

_READ_AS_THEY_ARE = (
    *(IdField, peewee.ForeignKeyField, peewee.TextField),
    *(peewee.BigIntegerField, peewee.IntegerField, peewee.SmallIntegerField),
)
"""Kinds of columns whose values every driver hands out as they were stored."""


class Columns(Generic[M]):
    """All columns of a model's table under an alias, or most of them, and the reading of models from them."""

    def __init__(self, model: type[M], alias: str, *, without: Collection[str] = (), shares_json: bool = False) -> None:
        """Args:
        model: whose columns.
        alias: of its table in the statement.
        without: names of fields that are left out, and read as None.
        shares_json: whether equal JSON values may be one object in many models; for those who never change them.
        """
        self._model = model
        fields = [field for field in fields_of(model) if field.name not in without]
        self._names = [field.name for field in fields]
        # Chosen once for the model, so that reading a row asks no field what it is.
        readers = [(field.name, _reader(field, shares_json=shares_json)) for field in fields]
        self._readers = [(name, read) for name, read in readers if read]
        self._id_at = next(at for at, field in enumerate(fields) if field.primary_key)
        self.sql = ", ".join(f'{alias}."{field.column_name}"' for field in fields)
        """For the ``SELECT`` list."""
        self.width = len(fields)

    def read(self, row: Sequence[Any], *, at: int = 0) -> M:
        """The model whose columns start at that place of the row."""
        # Without defaults, which would be computed only to be written over: a uuid for each row that is read.
        model = self._model(__no_default__=True)
        data = model.__data__ = dict(zip(self._names, row[at : at + self.width], strict=True))
        for name, read in self._readers:
            data[name] = read(data[name])
        return model

    def id_of(self, row: Sequence[Any]) -> int:
        """The primary key in a row that starts with the columns."""
        return cast(int, row[self._id_at])


def rows_by_id(statement: str, ids: Collection[int], *parameters: str) -> list[tuple[Any, ...]]:
    """The rows of a statement that ends where its condition on ids begins; [] for no ids. Needs a session."""
    if not ids:
        return []
    database = current_database()
    condition, values = among(database, ids)
    return database.rows(statement + condition, (*parameters, *values))


def _reader(field: "peewee.Field[Any]", *, shares_json: bool) -> Callable[[Any], Any] | None:
    # By type itself: a field derived from it may read otherwise.
    if shares_json and type(field) is JsonField:
        return _parsed
    return None if type(field) in _READ_AS_THEY_ARE else field.python_value


@functools.lru_cache(maxsize=1024)
def _parsed(text: str | None) -> Any:
    """Parses JSON; lists of scopes and events repeat from app to app."""
    return None if text is None else json.loads(text)
