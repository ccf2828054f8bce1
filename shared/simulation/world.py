"""A small world to simulate in: one owner of subjects, and silos that hold replicas of them.

A subject is all that replication sees of an app: an id, a version and a state. Owns the two tables; everything between
them is the platform's own engine.
"""

import contextlib
import itertools
import random
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from shared.category import Category
from shared.clock import FrozenClock
from shared.database.connect import connect
from shared.database.database import Database
from shared.database.statement import marks
from shared.database.transaction import Transaction
from shared.errors import InvalidInput
from shared.outbox.apply import ReplicaTable
from shared.outbox.deliver import Load, ReplicaDestination
from shared.outbox.drain import Drain
from shared.outbox.edition import checksum_of
from shared.outbox.enqueue import enqueue
from shared.outbox.kind import HeldKind, Kinds, refuse_others
from shared.outbox.lease import Leases
from shared.outbox.message import migrate_outbox
from shared.outbox.replica_servicer import ReplicaServicer
from shared.outbox.wire import SentChange
from shared.pb.hybridcloud.replication.v1 import replica_pb2
from shared.pb.hybridcloud.replication.v1.replica_service_pb2_grpc import add_ReplicaServiceServicer_to_server
from shared.rpc.channel import SiloChannel
from shared.rpc.channel import connect as connect_channel
from shared.rpc.keyring import Key, Keyring
from shared.rpc.retry import RetryPolicy
from shared.rpc.server import SiloServer, serve
from shared.simulation.fault import Fault
from shared.simulation.ledger import ContractBroken, Ledger, State
from shared.simulation.scenario import SimulatedLane
from shared.simulation.weather import SMALL_FAULTS, Weather

OWNER = "owner"
HOLDERS = ("north", "south")
CHOOSY = "south"
"""Refuses subjects that say ``POISON``, for good."""
POISON = "poison"
SUBJECTS = 8
WORKERS = 2
"""To each holder."""
CATEGORY = Category.ORGANIZATION
"""Whose messages carry a subject: the smallest there is."""

_SECRET = b"of no use outside this process"
_numbers = itertools.count(1)


@dataclass(frozen=True)
class SubjectKind(HeldKind):
    """Subjects in a silo that holds replicas of them."""

    refuses_poison: bool
    category = CATEGORY
    name = "subject_replica"
    columns = ("id", "version", "tombstone", "state")

    def table_for(self, caller: str) -> ReplicaTable:
        refuse_others(caller, owner=OWNER)
        return self

    def row(self, change: replica_pb2.Change) -> tuple[Any, ...]:
        """Raises:
        InvalidInput: it is poison to this holder.
        """
        state = change.organization.organization.name
        if self.refuses_poison and state == POISON:
            raise InvalidInput("This silo takes no poison.")
        return change.object_id, change.version, not change.HasField("organization"), state

    def applied(self, tx: Transaction, changes: Sequence[replica_pb2.Change]) -> None:
        """Nothing belongs to a subject but its row."""

    def checksums_anew(self, database: Database, rows: Sequence[Sequence[Any]]) -> Iterable[bytes]:
        return (checksum_of(state.encode()) for *_, state in rows)


class World:
    """The owner and its holders: their databases, servers and workers."""

    def __init__(self, new_database_url: Callable[[], str], *, workers: int = WORKERS) -> None:
        """Args:
        new_database_url: gives the URL of another empty database at each call.
        workers: how many drain each destination.
        """
        # One clock for all, which stands still but for what the scenario says: no run depends on this machine.
        self.clock = FrozenClock()
        self.owner = _open(
            new_database_url(), self.clock, "subject (id BIGINT PRIMARY KEY, version BIGINT, state TEXT)"
        )
        replica = "subject_replica (id BIGINT PRIMARY KEY, version BIGINT, tombstone BOOLEAN, state TEXT)"
        self.holders = {name: _open(new_database_url(), self.clock, replica) for name in HOLDERS}
        self._servers: list[SiloServer] = []
        self._channels: dict[str, SiloChannel] = {}
        self._workers = workers
        for name in HOLDERS:
            self._serve(name)

    def begin(
        self, rng: random.Random, *, load: Load | None = None, faults: Collection[Fault] = SMALL_FAULTS
    ) -> "Play":
        """Empties the world and gives the stage of another scenario.

        Args:
            rng: decides everything that is left to chance.
            faults: what may go wrong.
            load: reads the owner's states in place of its own; for tests of the simulator.
        """
        for database in (self.owner, *self.holders.values()):
            with database.transaction():
                own = "subject" if database is self.owner else "subject_replica"
                # Emptied and not made anew: opening databases takes longer than playing in them.
                for table in ("outbox", "outbox_pause", "outbox_destination", own):
                    database.rows(f"DELETE FROM {table}")  # noqa: S608 - names of ours
        weather = Weather(rng, faults=faults)
        lanes = [self._lane(name, number, weather, rng, load) for name in HOLDERS for number in range(self._workers)]
        return Play(self, weather, lanes)

    def close(self) -> None:
        for server in self._servers:
            server.stop()
        for channel in self._channels.values():
            channel.close()
        for database in (self.owner, *self.holders.values()):
            database.close()

    def _serve(self, name: str) -> None:
        database = self.holders[name]
        kinds = Kinds(held=(SubjectKind(name, refuses_poison=name == CHOOSY),))
        server = serve(
            f"inprocess:simulation-{next(_numbers)}",
            name=name,
            keys=Keyring([Key(OWNER, "simulation", _SECRET)]),
            clock=self.clock,
            servicers=[(add_ReplicaServiceServicer_to_server, ReplicaServicer(database, kinds))],
        )
        self._servers.append(server)
        self._channels[name] = connect_channel(
            server.address,
            caller=OWNER,
            target_name=name,
            keys=Keyring([Key(name, "simulation", _SECRET)]),
            clock=self.clock,
            # The channel tries nothing again: each attempt is to be one that the weather has decided on.
            retry=RetryPolicy(max_attempts=1),
        )

    def _lane(self, holder: str, number: int, weather: Weather, rng: random.Random, load: Load | None) -> SimulatedLane:
        channel = weather.over(self._channels[holder], silo=holder)
        destination = ReplicaDestination(self.owner, holder, lambda: channel, load or self.load)
        drain = Drain(
            # A batch of any size: limits decide which messages go together, and so which fail together.
            self.owner,
            holder,
            destination,
            self.clock,
            rng,
            Leases(self.owner),
            limit=rng.randint(1, SUBJECTS),
        )
        return SimulatedLane(f"{holder}'s worker {number + 1}", holder, self.owner, drain)

    def load(self, category: Category, object_ids: Sequence[int], *, destination: str) -> list[SentChange]:
        """The states of subjects, as the owner has them. Implements ``Load``."""
        rows = self.owner.rows(
            f"SELECT id, version, state FROM subject WHERE id IN ({marks(object_ids)})",  # noqa: S608 - placeholders only
            list(object_ids),
        )
        return [SentChange(category, object_id, version, 1, state_named(name)) for object_id, version, name in rows]


def state_named(name: str | None) -> bytes | None:
    """The state of a subject that says this; None: of one that is gone."""
    if name is None:
        return None
    return replica_pb2.OrganizationState(organization={"name": name}).SerializeToString()


class Play:
    """A world while one scenario is played in it. Implements ``Stage``."""

    def __init__(self, world: World, weather: Weather, lanes: Sequence[SimulatedLane]) -> None:
        self.clock = world.clock
        self.weather = weather
        self.lanes = lanes
        self.ledger = Ledger()
        self.world = world
        self._writes = itertools.count(1)

    def write(self, rng: random.Random) -> str:
        """Changes one subject or several in one transaction, which now and then fails."""
        # Few subjects, written often: states meet their successors, which is where contracts break.
        subjects = rng.sample(range(1, SUBJECTS + 1), rng.choice((1, 1, 1, 3)))
        state = rng.choice((f"state {next(self._writes)}", f"state {next(self._writes)}", POISON, None))
        # A transaction that fails must leave no message either.
        is_doomed = rng.random() < 0.15
        written: dict[int, int] = {}
        with contextlib.suppress(_Doomed), self.world.owner.transaction() as tx:
            written = {subject: self._upsert(tx, subject, state) for subject in subjects}
            self.enqueue(tx, subjects)
            if is_doomed:
                raise _Doomed
        if not is_doomed:
            for subject, version in written.items():
                self.ledger.commit(subject, version, state)
        done = "failed to write" if is_doomed else "wrote"
        return f"the owner {done} {state!r} to {', '.join(map(str, subjects))}"

    def enqueue(self, tx: Transaction, subjects: Sequence[int]) -> None:
        """Marks subjects dirty for every holder."""
        enqueue(tx, CATEGORY, subjects, destinations=HOLDERS)

    def check(self) -> None:
        for name, database in self.world.holders.items():
            held = _replicas(database)
            for object_id, (version, state) in held.items():
                self.ledger.show(name, object_id, version, state)
            for object_id in range(1, SUBJECTS + 1):
                if object_id not in held:
                    self.ledger.forget(name, object_id)
        with self.world.owner.session():
            backlog = self.world.owner.rows("SELECT destination, count(*) FROM outbox GROUP BY destination")
        # A message is a dirty key: however often subjects are written, there are no more keys than subjects.
        if any(count > SUBJECTS for _, count in backlog):
            raise ContractBroken(f"More messages than subjects wait: {dict(backlog)}.")

    def check_ending(self) -> None:
        newest = self.ledger.newest()
        parked = self._parked()
        for name, database in self.world.holders.items():
            held = _replicas(database)
            for object_id, expected in newest.items():
                # What a holder refuses for good has to be parked, and nothing else may be.
                is_refused = name == CHOOSY and expected[1] == POISON
                if is_refused != ((name, object_id) in parked):
                    raise ContractBroken(f"{object_id} for {name} is{'' if is_refused else ' not'} to be parked.")
                if not is_refused and held.get(object_id) != expected:
                    raise ContractBroken(f"{name} ends with {held.get(object_id)} of {object_id}, not {expected}.")

    def _parked(self) -> set[tuple[str, int]]:
        with self.world.owner.session():
            rows = self.world.owner.rows("SELECT destination, object_id FROM outbox WHERE state = 'parked'")
        return {(destination, object_id) for destination, object_id in rows}

    def _upsert(self, tx: Transaction, subject: int, state: State) -> int:
        """Writes a subject under a newer version, which it answers."""
        rows: list[tuple[int]] = tx.database.rows(
            "INSERT INTO subject (id, version, state) VALUES (?, 1, ?) ON CONFLICT (id) DO UPDATE "
            "SET version = subject.version + 1, state = excluded.state RETURNING version",
            (subject, state),
        )
        return rows[0][0]


class _Doomed(Exception):
    """A transaction that fails after everything was written in it."""


def _replicas(database: Database) -> Mapping[int, tuple[int, State]]:
    with database.session():
        rows = database.rows("SELECT id, version, tombstone, state FROM subject_replica")
    return {object_id: (version, None if tombstone else state) for object_id, version, tombstone, state in rows}


def _open(url: str, clock: FrozenClock, table: str) -> Database:
    database = connect(url, create=True, clock=clock)
    migrate_outbox(database)
    with database.transaction():
        database.rows(f"CREATE TABLE {table}")
    return database


@contextlib.contextmanager
def open_world(new_database_url: Callable[[], str]) -> Iterator[World]:
    """A world, until the block ends."""
    world = World(new_database_url)
    try:
        yield world
    finally:
        world.close()
