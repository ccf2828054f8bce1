"""Applying: writes the replicas of a batch of changes, each only if it is newer. The receiving half of the engine.

Owns the order of events, the isolation of a bad change from the good ones, and the single statement that makes the
contract true: insert, or update where the version is newer. Refuses to know any category; a silo gives its tables.
"""

from collections import defaultdict
from collections.abc import Callable, Mapping, Sequence
from typing import Any, Protocol

import peewee
import structlog

from shared.category import Category, is_category, number_of
from shared.database.database import Database
from shared.database.driver_error import translate
from shared.database.statement import Dialect, numbers, row_marks
from shared.database.transaction import Transaction
from shared.errors import CategoryUnknown, FieldMissing, Forbidden, InvalidInput, SiloError, VersionImplausible
from shared.pb.hybridcloud.replication.v1 import replica_pb2, replica_service_pb2

log = structlog.get_logger(__name__)

MAX_CHANGES = 1000
"""Changes that one call may carry."""

MAX_VERSION = 2**53 - 1
"""The newest version that is taken. What is held at the greatest number that there is could never be outranked."""

_STATE_OF = {number_of(category): category.value for category in Category}
"""The field that has the state, by the number of the category."""
_ARRAY_TYPES = ((bool, "boolean"), (int, "bigint"), (bytes, "bytea"), (str, "text"))

ChangeResult = replica_service_pb2.ChangeResult
_APPLIED = ChangeResult(outcome=ChangeResult.OUTCOME_APPLIED)
_STALE = ChangeResult(outcome=ChangeResult.OUTCOME_STALE)


class ReplicaTable(Protocol):
    """Where the replicas of one category live."""

    @property
    def name(self) -> str:
        """What the table is called; trusted, since it becomes part of a statement."""
        ...

    @property
    def columns(self) -> tuple[str, ...]:
        """The columns that a row fills, ``id`` and ``version`` first; trusted, as the name is."""
        ...

    def look_up(self, object_ids: Sequence[int]) -> bool:
        """Reads at once what rows of these objects are judged by; False: rows are judged by nothing that is stored.

        Needs a session.
        """
        ...

    def row(self, change: replica_pb2.Change) -> tuple[Any, ...]:
        """The row of a change, a tombstone included.

        Raises:
            InvalidInput, Forbidden: the change can never be applied.
        """
        ...

    def applied(self, tx: Transaction, changes: Sequence[replica_pb2.Change]) -> None:
        """Called with the changes that were newer; writes what belongs to them."""
        ...


def apply_changes(
    database: Database,
    changes: Sequence[replica_pb2.Change],
    *,
    tables: Mapping["replica_pb2.Category", ReplicaTable],
    committed: Callable[[], None] = lambda: None,
) -> list[ChangeResult]:
    """Applies every change that is newer than its replica, in one transaction.

    Args:
        database: of the silo that holds the replicas.
        changes: 1 to ``MAX_CHANGES``, any order, any categories.
        tables: the categories that this silo keeps replicas of.
        committed: called once after the commit.

    Returns:
        One result per change, in order.

    Raises:
        FieldMissing: there is no change.
        InvalidInput: there are too many.
    """
    if not changes:
        raise FieldMissing.at("changes", "at least one is required.")
    if len(changes) > MAX_CHANGES:
        raise InvalidInput.at("changes", f"{len(changes)} is more than the {MAX_CHANGES} that one call may carry.")
    # Protobuf makes an object of a change anew each time that it is asked for one.
    changes = list(changes)
    # Whoever gets no other answer was outranked, be it by the replica or by another change of this batch.
    results: list[ChangeResult] = [_STALE] * len(changes)
    rows: defaultdict[replica_pb2.Category, dict[int, int]] = defaultdict(dict)
    for index, change in enumerate(changes):
        try:
            check(change, tables)
        except InvalidInput as exc:
            results[index] = _rejected(exc)
            continue
        # One statement cannot write a row twice; of several versions of an object only the newest matters.
        by_id, object_id = rows[change.category], change.object_id
        newest = by_id.get(object_id)
        if newest is None or changes[newest].version < change.version:
            by_id[object_id] = index
    for category, by_id in rows.items():
        _judge(database, tables[category], changes, by_id, results)
    if not any(rows.values()):
        return results
    with database.transaction() as tx:
        for category, indexes in sorted(rows.items()):
            # In id order, so that two batches lock their common rows the same way round.
            ordered = [indexes[object_id] for object_id in sorted(indexes)]
            # Anew: what was read before the transaction may be otherwise by now.
            tables[category].look_up(list(indexes))
            _apply_category(tx, tables[category], changes, ordered, results)
        # Readers who wait must not look before the rows can be seen.
        tx.after_commit(committed)
    return results


def check(change: replica_pb2.Change, tables: Mapping["replica_pb2.Category", ReplicaTable]) -> None:
    """Raises:
    CategoryUnknown: a later release of this silo could apply the change.
    InvalidInput, VersionImplausible: the change is not one that this silo could ever apply.
    """
    category, state = change.category, change.WhichOneof("state")
    if category not in tables:
        if not is_category(category):
            raise CategoryUnknown
        raise InvalidInput(f"category: this silo keeps no replicas of {category}.")
    if change.object_id <= 0:
        raise FieldMissing("object_id: a positive id is required.")
    if change.version <= 0:
        raise FieldMissing("version: a positive version is required.")
    # An owner that counted this far is broken or hostile; taking it would shut out every later owner.
    if change.version > MAX_VERSION:
        raise VersionImplausible
    if state not in (None, expected := _STATE_OF[category]):
        raise InvalidInput(f"state: a change of {expected} carries {expected}, not {state}.")


def _judge(
    database: Database,
    table: ReplicaTable,
    changes: Sequence[replica_pb2.Change],
    by_id: dict[int, int],
    results: list[ChangeResult],
) -> None:
    """Takes out what is refused, before the transaction: who sends much of it would keep all others from writing."""
    with database.session():
        if not table.look_up(list(by_id)):
            return
    for object_id, index in list(by_id.items()):
        try:
            table.row(changes[index])
        except (InvalidInput, Forbidden) as exc:
            results[index] = _rejected(exc)
            del by_id[object_id]


def _apply_category(
    tx: Transaction,
    table: ReplicaTable,
    changes: Sequence[replica_pb2.Change],
    indexes: Sequence[int],
    results: list[ChangeResult],
) -> None:
    """All at once; if that fails, one by one, so that the bad change stands alone."""
    try:
        # In PostgreSQL an error spoils the whole transaction, but for what a savepoint takes back.
        with tx.database.savepoint():
            _apply_rows(tx, table, changes, indexes, results)
    except (peewee.DatabaseError, InvalidInput, Forbidden, ValueError, OverflowError) as exc:
        if not _is_of_a_state(exc):
            raise
        if len(indexes) == 1:
            results[indexes[0]] = _rejected(exc)
            return
        for index in indexes:
            _apply_category(tx, table, changes, [index], results)


def _is_of_a_state(exc: Exception) -> bool:
    """Whether it is a state's fault, and not trouble of the database's, which concerns every change."""
    if not isinstance(exc, peewee.DatabaseError) or isinstance(exc, peewee.IntegrityError | peewee.DataError):
        return True
    return isinstance(translate(exc), InvalidInput)


def _apply_rows(
    tx: Transaction,
    table: ReplicaTable,
    changes: Sequence[replica_pb2.Change],
    indexes: Sequence[int],
    results: list[ChangeResult],
) -> None:
    newer = upsert_newer(tx, table.name, table.columns, [table.row(changes[index]) for index in indexes])
    applied = [index for index in indexes if changes[index].object_id in newer]
    if applied:
        table.applied(tx, [changes[index] for index in applied])
    for index in applied:
        results[index] = _APPLIED


def upsert_newer(tx: Transaction, table: str, columns: Sequence[str], rows: Sequence[tuple[Any, ...]]) -> set[int]:
    """Inserts rows, or updates those whose version is newer than the stored one, in one statement.

    Args:
        tx: the transaction.
        table: its name; trusted.
        columns: ``id`` and ``version`` first; trusted.
        rows: one value per column, no id twice.

    Returns:
        Ids of the rows that were written.
    """
    # The id is what was found by; everything else is written whole, so that no column is of another version.
    assignments = ", ".join(f"{column} = excluded.{column}" for column in columns[1:])
    source, parameters = _source(tx.database, rows)
    statement = (
        f"INSERT INTO {table} ({', '.join(columns)}) {source} "
        f"ON CONFLICT (id) DO UPDATE SET {assignments} WHERE excluded.version > {table}.version RETURNING id"
    )
    return {object_id for (object_id,) in tx.database.rows(statement, parameters)}


def _source(database: Database, rows: Sequence[tuple[Any, ...]]) -> tuple[str, list[Any]]:
    """The rows as a statement reads them, and its parameters.

    PostgreSQL gets one binary array per column: the text of the statement stays the same, so that it is planned once,
    and a row costs an eighth of what it costs as a list of values.
    """
    if database.dialect is Dialect.POSTGRESQL:
        types, arrays = zip(*map(_array, zip(*rows, strict=True)), strict=True)
        # Side by side and not `FROM unnest(…, …)`, for which PostgreSQL copies every row once more.
        return f"SELECT {', '.join(f'unnest(%b::{each}[])' for each in types)}", list(arrays)
    return f"VALUES {row_marks(rows)}", [value for values in rows for value in values]


def _array(values: Sequence[Any]) -> tuple[str, Any]:
    """What a column's values are to PostgreSQL, and all of them as one parameter."""
    name = next(name for kind, name in _ARRAY_TYPES if isinstance(values[0], kind))
    if name == "boolean":
        return name, f"{{{','.join('t' if value else 'f' for value in values)}}}"
    return name, numbers(values) if name == "bigint" else list(values)


def _rejected(exc: Exception) -> ChangeResult:
    if isinstance(exc, SiloError):
        return ChangeResult(
            outcome=ChangeResult.OUTCOME_REJECTED,
            reason=exc.reason,
            message=exc.message,
            permanent=not isinstance(exc, CategoryUnknown),
        )
    log.warning("replica.change_rejected", error=type(exc).__name__)
    return ChangeResult(
        outcome=ChangeResult.OUTCOME_REJECTED,
        reason=InvalidInput.reason,
        message="The database does not take this state.",
        permanent=True,
    )
