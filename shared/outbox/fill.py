"""Filling: makes the editions that are missing after an upgrade, and compares editions with the rows they speak of.

Owns the walk over all objects of a kind, some at a time.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from shared.category import Category
from shared.database.database import Database
from shared.database.locking import await_writers, hold_name
from shared.database.row import rows_by_id
from shared.outbox.edition import Edition, checksum_of
from shared.outbox.editions import AT_ONCE, make_editions, states_of
from shared.outbox.kind import Kinds, OwnedKind


def fill_editions(database: Database, kinds: Kinds) -> None:
    """Makes an edition of every object that has none, or one that an older version of its kind has made.

    A version that was carried over stays: its holders have that state already. What is new or made otherwise is sent.
    Each transaction makes some, so that an interrupted run goes on where it was.
    """
    for kind in kinds.owned:
        # Small transactions: a silo of another process may be serving meanwhile.
        while _fill_some(database, kinds, kind):
            pass


def _fill_some(database: Database, kinds: Kinds, kind: OwnedKind) -> bool:
    unfilled = f"""
        WITH live (id) AS ({kind.live})
        SELECT object_id FROM edition WHERE category = ? AND schema <> ?
        UNION SELECT id FROM live WHERE NOT EXISTS (SELECT 1 FROM edition WHERE category = ? AND object_id = live.id)
        LIMIT {AT_ONCE}"""
    category = kind.category.value
    with database.transaction() as tx:
        hold_name(tx, "silo.fill")
        # The first edition of an object cannot be held before it is there: nobody may write one between the look at
        # the rows and the writing here, which would be the older of the two.
        await_writers(tx, Edition)
        ids = [object_id for (object_id,) in database.rows(unfilled, (category, kind.schema, category))]
        made = make_editions(tx, kinds, [(kind.category, each) for each in ids], carries_over=True)
    # Fewer than asked for were the last.
    return bool(made) and len(ids) == AT_ONCE


@dataclass(frozen=True)
class Stray:
    """An object whose edition is not what its rows say."""

    category: Category
    object_id: int
    is_shown: bool
    """Whether the edition has a state."""
    is_live: bool
    """Whether the rows make one."""

    def __str__(self) -> str:
        if self.is_live and self.is_shown:
            what = "its rows are not what its edition says"
        else:
            what = "its rows are there and its edition is not" if self.is_live else "its edition is there, and no rows"
        return f"{self.category} {self.object_id}: {what}. A service changed rows without change(tx, …)."


def list_strays(database: Database, kinds: Kinds) -> Iterator[Stray]:
    """Every object whose edition is not the one that its kind would make now."""
    for kind in kinds.owned:
        after_id = 0
        while True:
            with database.snapshot():
                ids = _ids_after(database, kind, after_id)
                yield from _strays(kind, ids)
            if len(ids) < AT_ONCE:
                break
            after_id = ids[-1]


def _ids_after(database: Database, kind: OwnedKind, after_id: int) -> Sequence[int]:
    statement = f"""
        WITH live (id) AS ({kind.live})
        SELECT object_id FROM edition WHERE category = ? AND object_id > ?
        UNION SELECT id FROM live WHERE id > ? ORDER BY 1 LIMIT {AT_ONCE}"""
    return [object_id for (object_id,) in database.rows(statement, (kind.category.value, after_id, after_id))]


def _strays(kind: OwnedKind, ids: Sequence[int]) -> Iterator[Stray]:
    statement = "SELECT object_id, checksum FROM edition WHERE category = ? AND object_id "
    shown = {object_id: bytes(checksum) for object_id, checksum in rows_by_id(statement, ids, kind.category.value)}
    made = states_of(kind, ids)
    for object_id in ids:
        # By checksum, since that is what an edition keeps whatever becomes of its state.
        expected = checksum_of(made.get(object_id))
        if shown.get(object_id, b"") != expected:
            yield Stray(kind.category, object_id, is_shown=bool(shown.get(object_id)), is_live=bool(expected))
