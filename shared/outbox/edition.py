"""Editions: what a silo lets others know of each object that it owns, and in which version.

Owns their table, and reading and locking it; what an edition says is ``editions``'s to decide. Which silo should
hold which object is the answer of the view ``interest``, which each silo's migrations make: category, object id and
destination. A destination that is null means that the owner cannot tell, so whoever holds the object may keep it.
"""

import hashlib
from collections import defaultdict
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, TypeAlias

import peewee

from shared.category import Category
from shared.database.columns import BytesField
from shared.database.database import Database
from shared.database.locking import lock_clause
from shared.database.model import Model
from shared.database.row import rows_by_id
from shared.database.session import current_database
from shared.database.statement import among, marks
from shared.database.transaction import Transaction
from shared.errors import ConfigInvalid
from shared.outbox.digest import BUCKETS
from shared.outbox.wire import SentChange

UNMADE = 0
"""``schema`` of an edition whose version is known and whose state is not: it was carried over by a migration."""

Key: TypeAlias = tuple[Category, int]
"""Category and id of an object."""
Due: TypeAlias = Mapping[Key, Collection[str | None]]
"""By object, the silos that should hold it; None among them: some silo that the owner cannot name."""
Listed: TypeAlias = Sequence[tuple[int, int, bytes]]
"""Id, version and checksum of objects, in id order."""


class Edition(Model):
    """What others may know of one object, and the only place that knows the object's version."""

    category = peewee.TextField()
    object_id = peewee.BigIntegerField()
    version = peewee.BigIntegerField()
    """Grows by at least one with every edition that differs from the one before; starts at 1."""
    schema = peewee.IntegerField()
    """Version of the form in which the kind makes states; ``UNMADE`` where none was made yet."""
    state = BytesField(null=True)
    """What holders keep, serialized deterministically; null is a tombstone."""
    checksum = BytesField()
    """SHA-256 of the state; empty for a tombstone."""
    holders = peewee.TextField()
    """Names of the silos that this edition was enqueued for as a state, a space between; in no order."""

    class Meta:
        table_name = "edition"
        primary_key = peewee.CompositeKey("category", "object_id")


@dataclass(frozen=True)
class Part:
    """Some of the objects of a category, in id order."""

    after_id: int = 0
    """Only objects with greater ids."""
    buckets: tuple[int, ...] = ()
    """Only objects of these; none: of all."""
    limit: int | None = None
    """Objects at most; None: all."""

    def clause(self, column: str) -> tuple[str, list[int]]:
        """What ends a ``SELECT`` that lists this part by the ids in a column, and its parameters."""
        # The bucket is the id modulo a power of two, which both engines spell alike only so.
        of_buckets = f" AND ({column} & {BUCKETS - 1}) IN ({marks(self.buckets)})" if self.buckets else ""
        at_most = "" if self.limit is None else " LIMIT ?"
        parameters = [self.after_id, *self.buckets, *(() if self.limit is None else (self.limit,))]
        return f"{column} > ?{of_buckets} ORDER BY {column}{at_most}", parameters


EVERYTHING = Part()


@dataclass(frozen=True)
class KnownEdition:
    """What an edition says, but for its state."""

    version: int
    schema: int
    checksum: bytes
    holders: frozenset[str]


def checksum_of(state: bytes | None) -> bytes:
    """What editions and replicas are compared by; empty for a tombstone."""
    return b"" if state is None else hashlib.sha256(state).digest()


def lock_editions(tx: Transaction, by_category: Mapping[Category, Sequence[int]]) -> None:
    """Keeps the editions that there are of these objects as they are until the transaction ends."""
    statement, parameters = _locking(tx, by_category)
    tx.database.rows(statement, parameters)


def lock_with_interest(
    tx: Transaction, by_category: Mapping[Category, Sequence[int]]
) -> tuple[Mapping[Key, KnownEdition], Due]:
    """The editions that there are of these objects, which are locked now, and who should hold each object."""
    locking, parameters = _locking(tx, by_category)
    interested, more = _interested(tx.database, by_category)
    # Both at once, since each write of a replicated object waits for this.
    statement = f"""
        WITH held AS MATERIALIZED ({locking})
        SELECT held.category, held.object_id, (
            SELECT seen.version FROM edition AS seen
            WHERE seen.category = held.category AND seen.object_id = held.object_id),
            held.version, held.schema, held.checksum, held.holders
        FROM held UNION ALL
        SELECT category, object_id, NULL, NULL, NULL, NULL, destination FROM ({interested}) AS due"""
    known: dict[Key, KnownEdition] = {}
    due: defaultdict[Key, set[str | None]] = defaultdict(set)
    is_late = False
    for name, object_id, seen, version, schema, checksum, silos in tx.database.rows(statement, parameters + more):
        if version is None:
            due[Category(name), object_id].add(silos)
            continue
        known[Category(name), object_id] = KnownEdition(version, schema, bytes(checksum), frozenset(silos.split()))
        is_late = is_late or seen != version
    # Somebody was waited for who has written an edition. Of an edition that it locks PostgreSQL gives the newest
    # version, but all else as it was when the statement began: what that writer did to the interest is not in it.
    return known, destinations_due(tx.database, by_category) if is_late else due


def destinations_due(database: Database, by_category: Mapping[Category, Sequence[int]]) -> Due:
    """The silos that should hold each object; None among them: some silo that the owner cannot name."""
    statement, parameters = _interested(database, by_category)
    due: defaultdict[Key, set[str | None]] = defaultdict(set)
    for category, object_id, destination in database.rows(statement, parameters):
        due[Category(category), object_id].add(destination)
    return due


def _locking(tx: Transaction, by_category: Mapping[Category, Sequence[int]]) -> tuple[str, list[Any]]:
    parts, parameters = [], []
    for category, ids in by_category.items():
        wanted, values = among(tx.database, ids)
        parts.append(f"(category = '{category.value}' AND object_id {wanted})")
        parameters += values
    statement = f"""
        SELECT category, object_id, version, schema, checksum, holders FROM edition WHERE {" OR ".join(parts)}
        ORDER BY category, object_id{lock_clause(tx)}"""
    return statement, parameters


def _interested(database: Database, by_category: Mapping[Category, Sequence[int]]) -> tuple[str, list[Any]]:
    selects, parameters = [], []
    for category, ids in by_category.items():
        wanted, values = among(database, ids)
        # One part for each category, named in the text, so that a plan holds that category's part of the view alone.
        selects.append(
            "SELECT category, object_id, destination FROM interest "
            f"WHERE category = '{category.value}' AND object_id {wanted}"
        )
        parameters += values
    return " UNION ALL ".join(selects), parameters


def read_changes(category: Category, object_ids: Sequence[int], *, destination: str) -> list[SentChange]:
    """The edition of each object: its state where the destination should hold it, else a tombstone of that version.

    An object that has no edition was never committed, and is left out. Implements ``Load``, and needs a session.

    Raises:
        ConfigInvalid: the database was not migrated to its end.
    """
    database = current_database()
    wanted, ids = among(database, object_ids)
    # Interest is asked for anew: it may have changed since the message was enqueued, in either direction. One question
    # for each object, which finds a row or two by their ids: of a set PostgreSQL may think that all objects that there
    # are would be as quickly listed, and a limit is what keeps it from that.
    statement = f"""
        SELECT object_id, version, schema, CASE WHEN (
            SELECT true FROM interest
            WHERE category = '{category.value}' AND (destination = ? OR destination IS NULL)
            AND object_id = edition.object_id LIMIT 1) THEN state END
        FROM edition WHERE category = ? AND object_id {wanted}"""
    parameters = (destination, category.value, *ids)
    changes = [SentChange(category, *row) for row in database.rows(statement, parameters, binary=True)]
    if any(change.schema == UNMADE for change in changes):
        raise ConfigInvalid("Editions are still to be made here: run `migrate` to its end.")
    return changes


def list_due(category: Category, destination: str, *, part: Part = EVERYTHING) -> Listed:
    """The objects that the destination should hold, as their editions say. Needs a session."""
    clause, parameters = part.clause("object_id")
    statement = f"""
        SELECT object_id, version, checksum FROM edition
        WHERE category = ? AND state IS NOT NULL
        AND object_id IN (SELECT object_id FROM interest WHERE category = ? AND destination = ?) AND {clause}"""
    return current_database().rows(statement, (category.value, category.value, destination, *parameters))


def list_interest(category: Category, destination: str, *, part: Part) -> Sequence[tuple[int, int]]:
    """Id and version of the objects that the destination should hold; 0 of one that has no edition."""
    clause, parameters = part.clause("due.object_id")
    statement = f"""
        SELECT due.object_id, coalesce(edition.version, 0)
        FROM (SELECT DISTINCT object_id FROM interest WHERE category = ? AND destination = ?) AS due
        LEFT JOIN edition ON edition.category = ? AND edition.object_id = due.object_id WHERE {clause}"""
    return current_database().rows(statement, (category.value, destination, category.value, *parameters))


def greatest_id(category: Category) -> int:
    """The greatest id of all objects of the category that there ever were here. Needs a session."""
    statement = "SELECT coalesce(max(object_id), 0) FROM edition WHERE category = ?"
    ((greatest,),) = current_database().rows(statement, (category.value,))
    return int(greatest)


def count_editions(category: Category) -> int:
    """How many objects of the category there ever were here. Needs a session."""
    ((found,),) = current_database().rows("SELECT count(*) FROM edition WHERE category = ?", (category.value,))
    return int(found)


def versions_of(category: Category, object_ids: Collection[int]) -> Mapping[int, int]:
    """By id, the versions of objects that have an edition. Needs a session."""
    statement = "SELECT object_id, version FROM edition WHERE category = ? AND object_id "
    return dict(rows_by_id(statement, object_ids, category.value))
