"""The protections that the contract rests on, each as a way to switch it off. No product knows of these."""

from collections.abc import Callable, Mapping, Sequence
from functools import partial
from typing import Any

import pytest

import control_silo.bootstrap
import shared.outbox.apply
import shared.outbox.drain
import shared.outbox.enqueue
import shared.outbox.new_edition
from shared.category import Category
from shared.database.database import Database
from shared.database.file_watch import FileWatch
from shared.database.session import current_database
from shared.database.statement import marks
from shared.database.transaction import Transaction
from shared.outbox.deliver import ReplicaDestination
from shared.outbox.message import Claim
from shared.outbox.wire import SentChange
from shared.peers.keys import PeerKeys
from shared.rpc.nonces import NonceMemory
from simulator.database import SimulatedDatabase

Off = Callable[[pytest.MonkeyPatch], None]


def version_guard(patch: pytest.MonkeyPatch) -> None:
    """What arrives is written, newer or not."""
    real = shared.outbox.apply.upsert_newer

    def upsert(tx: Transaction, table: str, columns: Sequence[str], rows: Sequence[tuple[Any, ...]]) -> set[int]:
        ids = [row[0] for row in rows]
        tx.database.rows(f"DELETE FROM {table} WHERE id IN ({marks(ids)})", ids)
        return real(tx, table, columns, rows)

    patch.setattr(shared.outbox.apply, "upsert_newer", upsert)


def tombstone(patch: pytest.MonkeyPatch) -> None:
    """What is deleted leaves nothing behind."""
    real = shared.outbox.apply.upsert_newer

    def upsert(tx: Transaction, table: str, columns: Sequence[str], rows: Sequence[tuple[Any, ...]]) -> set[int]:
        written = real(tx, table, columns, rows)
        tx.database.rows(f"DELETE FROM {table} WHERE tombstone")
        return written

    patch.setattr(shared.outbox.apply, "upsert_newer", upsert)


def generation(patch: pytest.MonkeyPatch) -> None:
    """What was delivered is acknowledged, whatever was written meanwhile."""

    def acknowledge(database: Database, claims: Sequence[Claim], **_options: bool) -> None:
        with database.transaction() as tx:
            tx.database.rows(f"DELETE FROM outbox WHERE id IN ({marks(claims)})", [claim.id for claim in claims])

    patch.setattr(shared.outbox.drain, "acknowledge", acknowledge)


def enqueueing_in_the_transaction(patch: pytest.MonkeyPatch) -> None:
    """Messages follow in a transaction of their own."""
    real = shared.outbox.enqueue.enqueue_messages

    def enqueue(tx: Transaction, messages: Sequence[tuple[str, str, int]]) -> None:
        tx.after_commit(lambda: _apart(tx.database, lambda own: real(own, messages)))

    patch.setattr(shared.outbox.new_edition, "enqueue_messages", enqueue)


def edition_in_the_transaction(patch: pytest.MonkeyPatch) -> None:
    """Editions follow in a transaction of their own, and their messages with them."""
    real = SimulatedDatabase._keep

    def keep(database: SimulatedDatabase, tx: Transaction) -> None:
        changed = dict(tx.changed)
        tx.changed.clear()
        if changed:
            tx.after_commit(lambda: _apart(database, lambda own: own.changed.update(changed)))

    def keep_or_follow(database: SimulatedDatabase, tx: Transaction) -> None:
        (real if getattr(database, "is_following", False) else keep)(database, tx)

    patch.setattr(SimulatedDatabase, "_keep", keep_or_follow)


def interest(patch: pytest.MonkeyPatch) -> None:
    """Whoever is told of an object is told all of it."""

    def load(category: Category, object_ids: Sequence[int], *, destination: str) -> list[SentChange]:
        wanted = f"category = ? AND object_id IN ({marks(object_ids)})"
        statement = f"SELECT object_id, version, schema, state FROM edition WHERE {wanted}"
        rows = current_database().rows(statement, (category.value, *object_ids))
        return [SentChange(category, *row) for row in rows]

    patch.setattr(control_silo.bootstrap, "ReplicaDestination", partial(ReplicaDestination, load=load))


def refusal_of_replays(patch: pytest.MonkeyPatch) -> None:
    """A call is accepted as often as it comes."""
    patch.setattr(NonceMemory, "remember", lambda *_, **__: True)
    patch.setattr(PeerKeys, "accept_once", lambda *_, **__: True)


def watching_of_tables(patch: pytest.MonkeyPatch) -> None:
    """What was read once is kept, whatever is written meanwhile."""
    patch.setattr(FileWatch, "mark", lambda _: 0)


def _apart(database: Database, do: Callable[[Transaction], object]) -> None:
    database.is_following = True  # type: ignore[attr-defined]
    try:
        with database.transaction() as own:
            do(own)
    finally:
        database.is_following = False  # type: ignore[attr-defined]


PROTECTIONS: Mapping[str, Off] = {
    each.__name__.replace("_", " "): each
    for each in (
        version_guard,
        tombstone,
        generation,
        enqueueing_in_the_transaction,
        edition_in_the_transaction,
        interest,
        refusal_of_replays,
        watching_of_tables,
    )
}
