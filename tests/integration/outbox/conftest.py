"""An outbox on either engine, a frozen clock, and a destination that a test scripts."""

import random
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field

import pytest

from shared.clock import FrozenClock
from shared.database.connect import connect
from shared.database.database import Database
from shared.outbox.drain import Drain
from shared.outbox.enqueue import enqueue
from shared.outbox.lease import Leases
from shared.outbox.message import Claim, OutboxMessage, Rejection, migrate_outbox


@pytest.fixture
def clock() -> FrozenClock:
    """What time it is for workers and their database."""
    return FrozenClock()


@pytest.fixture
def database(database_url: str, clock: FrozenClock) -> Iterator[Database]:
    database = connect(database_url, create=True, clock=clock)
    migrate_outbox(database)
    yield database
    database.close()


@dataclass
class Scripted:
    """A destination whose answers a test decides; remembers the batches that reached it."""

    answer: Callable[[Claim], Rejection | None] = lambda claim: None
    serving: bool = True
    batches: list[list[int]] = field(default_factory=list)

    def deliver(self, claims: Sequence[Claim]) -> list[Rejection | None]:
        self.batches.append([claim.object_id for claim in claims])
        return [self.answer(claim) for claim in claims]

    def is_serving(self) -> bool:
        return self.serving


@dataclass
class Box:
    """Shorthand for what the tests do to an outbox."""

    database: Database
    clock: FrozenClock

    def enqueue(self, *object_ids: int, destination: str = "us") -> None:
        with self.database.transaction() as tx:
            enqueue(tx, "app", object_ids, destinations=[destination])

    def drain(self, destination: Scripted, *, limit: int = 500) -> Drain:
        return Drain(self.database, "us", destination, self.clock, random.Random(1), Leases(self.database), limit=limit)

    def rows(self) -> dict[int, OutboxMessage]:
        with self.database.session():
            return {row.object_id: row for row in OutboxMessage.select()}


@pytest.fixture
def box(database: Database, clock: FrozenClock) -> Box:
    return Box(database, clock)
