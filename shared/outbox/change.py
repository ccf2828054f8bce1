"""Changing: the one way in which a silo changes what others hold copies of.

A service says which objects its transaction changes, and no more. At the end of the transaction, and still in it, the
states of these objects are made, once each; an object whose state or interest is another than its edition says gets a
newer edition, and a message for every silo that should hold it, or held it before. An object that no state is made of
any more gets a tombstone.
"""

from collections.abc import Iterable

import peewee

from shared.category import Category
from shared.consistency import note_written
from shared.database.database import Database
from shared.database.statement import among
from shared.database.transaction import Transaction
from shared.outbox.edition import lock_editions
from shared.outbox.editions import AT_ONCE, make_editions
from shared.outbox.enqueue import enqueue
from shared.outbox.kind import Kinds


def change(tx: Transaction, category: Category, object_ids: Iterable[int]) -> None:
    """Says that the transaction changes these objects: their rows, or who should hold them.

    Safe to call at any point of the transaction, for an object that is new or gone, and again for the same one. An
    object that ends as it was stays at its version, which the reader's token names all the same.
    """
    for object_id in object_ids:
        # Said again it moves to the end: a reader's token has room for the last ones.
        tx.changed.pop((category, object_id), None)
        tx.changed[category, object_id] = None


def keep_editions(database: Database, kinds: Kinds) -> Database:
    """Has the database keep the editions of what these kinds own; answers with it."""

    def keep(tx: Transaction) -> None:
        keys = [(Category(category), object_id) for category, object_id in tx.changed]
        # All at once, at the end: an object that a transaction changes five times has one new edition.
        versions = make_editions(tx, kinds, keys)
        for category, object_id in keys:
            if (category, object_id) in versions:
                note_written(tx, category, object_id, versions[category, object_id])

    database.keeper = keep
    return database


def tell_new_destination(tx: Transaction, destination: str, categories: Iterable[Category]) -> None:
    """Enqueues all that a silo should hold which held nothing before, under the versions that there are."""
    for category in categories:
        # From the view and not from editions: what it should hold, also of objects that nobody has changed lately.
        statement = "SELECT DISTINCT object_id FROM interest WHERE category = ? AND destination = ?"
        # In one order, as every transaction locks editions.
        ids = sorted(object_id for (object_id,) in tx.database.rows(statement, (category.value, destination)))
        for some in peewee.chunked(ids, AT_ONCE):
            # An edition that is being changed now reads its holders under this lock: it finds the new one or is found
            # changed.
            lock_editions(tx, {category: some})
            wanted, values = among(tx.database, some)
            tx.database.rows(
                # A silo whose database was replaced held it before.
                f"UPDATE edition SET holders = trim(holders || ' ' || ?) WHERE category = ? AND object_id {wanted} "
                "AND ' ' || holders || ' ' NOT LIKE ?",
                (destination, category.value, *values, f"% {destination} %"),
            )
            enqueue(tx, category, some, destinations=[destination])
