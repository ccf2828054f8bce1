"""Writing editions, and in the same statement the messages of those who have to hear of them."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from itertools import chain
from typing import Any

from shared.category import Category
from shared.database.statement import Dialect, row_marks
from shared.database.statement import now as database_now
from shared.database.transaction import Transaction
from shared.outbox.edition import UNMADE, Key
from shared.outbox.enqueue import INSERT_MESSAGES, NOTIFY_CHANNEL, enqueue_messages, ring_after_commit


@dataclass(frozen=True)
class NewEdition:
    """An edition to be written."""

    category: Category
    object_id: int
    version: int
    schema: int
    state: bytes | None = field(repr=False)
    checksum: bytes
    holders: frozenset[str]
    told: frozenset[str]
    """The silos that have to hear of it: those that should hold it, and those that held the one before."""

    @property
    def key(self) -> Key:
        return self.category, self.object_id


_COLUMNS = "category, object_id, version, schema, is_gone, state, checksum, holders"
_TYPES = ("text", "bigint", "bigint", "int", "boolean", "bytea", "bytea", "text", "text")
"""What PostgreSQL takes the columns for, and after them the names of those who are told."""
# Where there was no edition to hold, somebody else may have written the first one meanwhile: then this is the next.
_INSERT = f"""
INSERT INTO edition (category, object_id, version, schema, state, checksum, holders)
SELECT category, object_id, version, schema, CASE WHEN is_gone THEN NULL ELSE state END, checksum, holders
FROM made WHERE true
ON CONFLICT (category, object_id) DO UPDATE SET
    version = CASE
        WHEN excluded.version > edition.version THEN excluded.version
        WHEN excluded.version = edition.version
            AND (edition.schema = {UNMADE} OR edition.checksum = excluded.checksum) THEN edition.version
        ELSE edition.version + 1 END,
    schema = excluded.schema, state = excluded.state, checksum = excluded.checksum, holders = excluded.holders"""
_SQLITE = f"WITH made ({_COLUMNS}) AS ({{rows}}) {_INSERT}"
# One statement for what would be three round trips, since this is what each write of a replicated object waits for.
_POSTGRESQL = f"""
WITH made ({_COLUMNS}, told) AS ({{rows}}),
written AS ({_INSERT}),
message (destination, category, object_id) AS (
    SELECT silo, category, object_id FROM made CROSS JOIN unnest(string_to_array(told, ' ')) AS silo),
enqueued AS ({INSERT_MESSAGES})
SELECT pg_notify('{NOTIFY_CHANNEL}', silo) FROM (SELECT DISTINCT destination FROM message) AS due (silo)"""


def write_editions(tx: Transaction, editions: Sequence[NewEdition]) -> None:
    """Writes editions that are held, or that are the first of their objects, and enqueues them for those told."""
    if not editions:
        return
    if tx.database.dialect is Dialect.POSTGRESQL:
        rows, parameters = _typed_rows([(*_row(each), " ".join(sorted(each.told))) for each in editions])
        tx.database.rows(_POSTGRESQL.format(rows=rows, now=database_now(tx.database), earlier="least"), parameters)
        ring_after_commit(tx, {silo for each in editions for silo in each.told})
        return
    untyped = [_row(each) for each in editions]
    tx.database.rows(_SQLITE.format(rows=f"VALUES {row_marks(untyped)}"), list(chain.from_iterable(untyped)))
    enqueue_messages(
        tx, [(silo, each.category.value, each.object_id) for each in editions for silo in sorted(each.told)]
    )


def _row(edition: NewEdition) -> tuple[Any, ...]:
    return (
        *(edition.category.value, edition.object_id, edition.version, edition.schema),
        *(edition.state is None, edition.state or b"", edition.checksum, " ".join(sorted(edition.holders))),
    )


def _typed_rows(rows: Sequence[tuple[Any, ...]]) -> tuple[str, list[Any]]:
    """Rows as PostgreSQL reads them: one array for each column, so that the text is the same for any number of rows.

    A row alone, which most writes are, goes as it is: the driver takes longer for nine arrays than for the statement.
    """
    if len(rows) == 1:
        return f"VALUES ({', '.join(f'?::{each}' for each in _TYPES)})", list(rows[0])
    arrays = ", ".join(f"%b::{each}[]" for each in _TYPES)
    return f"SELECT * FROM unnest({arrays})", [list(column) for column in zip(*rows, strict=True)]
