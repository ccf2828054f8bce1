"""Ids of what this region makes: unique in the world, and telling by themselves where the object lives.

Owns the counters. The arithmetic is ``shared.domain.region_id``'s; why it is so: docs/adr/0005.
"""

from collections.abc import Mapping
from enum import StrEnum

from shared.database.database import Database
from shared.database.transaction import Transaction
from shared.domain.region_id import region_id
from shared.errors import SiloUnreachable


class IdKind(StrEnum):
    """Kinds of object whose ids are looked up by control or named in webhooks; each counts by itself."""

    PROJECT = "project"
    ISSUE = "issue"
    INCIDENT = "incident"


def next_id(tx: Transaction, kind: IdKind) -> int:
    """A new id, given out for good when the transaction commits.

    The counter's row stays locked until then: transactions that make objects of one kind follow each other.

    Raises:
        SiloUnreachable: control has never heard of this region, so that it has no number yet.
    """
    number = _region_number(tx)
    rows = tx.database.rows(
        # One statement makes the counter and counts it up: the first two objects ever may be made at once.
        "INSERT INTO id_counter (kind, last) VALUES (?, 1) "
        "ON CONFLICT (kind) DO UPDATE SET last = id_counter.last + 1 RETURNING last",
        (kind,),
    )
    return region_id(rows[0][0], region_number=number)


def list_counts(database: Database) -> dict[str, int]:
    """How far was counted, by kind."""
    with database.session():
        return dict(database.rows("SELECT kind, last FROM id_counter ORDER BY kind"))


def count_on(tx: Transaction, counts: Mapping[str, int]) -> None:
    """Goes on above these, where less was counted."""
    for kind, count in sorted(counts.items()):
        tx.database.rows(
            "INSERT INTO id_counter (kind, last) VALUES (?, ?) ON CONFLICT (kind) DO UPDATE SET last = "
            "CASE WHEN excluded.last > id_counter.last THEN excluded.last ELSE id_counter.last END",
            (kind, count),
        )


def _region_number(tx: Transaction) -> int:
    rows = tx.database.rows("SELECT number FROM region_identity")
    if not rows or rows[0][0] is None:
        raise SiloUnreachable("This region has not registered with control yet.")
    return int(rows[0][0])
