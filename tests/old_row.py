"""Rows of tables as they were before a migration, which today's models do not fit."""

from typing import Any

from shared.database.model import Model, fields_of, table_of
from shared.database.session import current_database
from shared.database.statement import marks


def insert_old(row: Model, **columns: object) -> None:
    """Writes a row into a table that had these columns beside today's; one that is None here it had not."""
    fields: Any = fields_of(type(row))
    values = {each.column_name: each.db_value(getattr(row, each.safe_name)) for each in fields} | columns
    values = {name: value for name, value in values.items() if value is not None}
    names, table = ", ".join(values), table_of(type(row))
    current_database().rows(f"INSERT INTO {table} ({names}) VALUES ({marks(values)})", list(values.values()))
