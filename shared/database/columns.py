"""Column types that mean the same in SQLite and PostgreSQL. Owns the conversion; refuses to know any table."""

import json
from datetime import UTC, datetime
from typing import Any

import peewee

_DECODER = json.JSONDecoder()
_SQLITE_ROWID = "INTEGER"
"""What SQLite calls the type of a primary key that it counts up itself."""


class IdField(peewee.BigAutoField):
    """A primary key that is never given out twice, also after the newest row was deleted.

    SQLite reuses the largest id unless told otherwise; a reused id would meet the tombstone of its predecessor.
    """

    def ddl(self, ctx: peewee.Context) -> peewee.NodeList:
        # peewee's own ``BIGSERIAL`` where the engine has sequences, which never go back.
        column = super().ddl(ctx)
        if ctx.state.field_types.get("BIGAUTO") == _SQLITE_ROWID:
            return peewee.NodeList((column, peewee.SQL("AUTOINCREMENT")))
        return column


class InstantField(peewee.Field):
    """An aware UTC instant: ``timestamptz`` or ISO 8601 text that sorts by time."""

    field_type = "INSTANT"

    def db_value(self, value: datetime | None) -> str | None:
        return None if value is None else instant_text(value)

    def python_value(self, value: datetime | str | None) -> datetime | None:
        return None if value is None else parse_instant(value)


def instant_text(value: datetime) -> str:
    """``2030-01-01T00:00:00.000000+00:00``: fixed width, so that text order is time order."""
    return value.astimezone(UTC).isoformat(timespec="microseconds")


def parse_instant(value: datetime | str) -> datetime:
    """The inverse of ``instant_text``; a driver's datetime passes."""
    # psycopg parses for itself; SQLite hands out the text.
    return value.astimezone(UTC) if isinstance(value, datetime) else datetime.fromisoformat(value)


class JsonField(peewee.TextField):
    """A JSON value as text: never queried inside, so no engine's JSON type and none of its limits."""

    def db_value(self, value: Any) -> str | None:
        # Without blanks: these texts are most of what a database of events holds.
        return None if value is None else json.dumps(value, separators=(",", ":"))

    def python_value(self, value: str | None) -> Any:
        # What ``db_value`` wrote has nothing around it, so that the checks of ``json.loads`` are spared.
        return None if value is None else _DECODER.raw_decode(value)[0]


class BytesField(peewee.Field):
    field_type = "BLOB"

    def python_value(self, value: Any) -> bytes | None:
        # Drivers hand out memory of their own, which is gone when the cursor moves on.
        return None if value is None else bytes(value)
