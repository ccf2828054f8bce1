"""Rows of tables as they were before a migration, which today's models do not fit."""

from typing import Any

from shared.database.model import Model, fields_of, table_of
from shared.database.session import current_database
from shared.database.statement import marks


def insert_old(row: Model, **columns: object) -> None:
    """Writes a row into a table that had these columns beside some of today's; which of these, the table says."""
    fields: Any = fields_of(type(row))
    database, table = current_database(), table_of(type(row))
    had = {column.name for column in database.peewee.get_columns(table)}
    values = {each.column_name: each.db_value(getattr(row, each.safe_name)) for each in fields} | columns
    values = {name: value for name, value in values.items() if value is not None and name in had}
    database.rows(f"INSERT INTO {table} ({', '.join(values)}) VALUES ({marks(values)})", list(values.values()))
