"""Models out of hand-written SQL, for the reads that every request makes.

Peewee needs ten times longer to write such a query than a database to answer it. Owns the column lists and the way
back; refuses to know any query.
"""

from collections.abc import Sequence
from typing import Any, Generic, TypeVar

from shared.database import Model

M = TypeVar("M", bound=Model)


class Columns(Generic[M]):
    """All columns of a model's table under an alias, and the reading of models from them."""

    def __init__(self, model: type[M], alias: str) -> None:
        self._model = model
        self._fields = model._meta.sorted_fields
        self.sql = ", ".join(f'{alias}."{column.column_name}"' for column in self._fields)
        """For the ``SELECT`` list."""
        self.width = len(self._fields)

    def read(self, row: Sequence[Any], *, at: int = 0) -> M:
        """The model whose columns start at that place of the row."""
        model = self._model(__no_default__=True)
        for column, value in zip(self._fields, row[at : at + self.width], strict=True):
            model.__data__[column.name] = column.python_value(value)
        return model
