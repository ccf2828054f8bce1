"""The replication contract holds under every seed; a platform that breaks it is found out."""

import random
import re
from collections.abc import Sequence

import pytest

from shared.category import Category
from shared.database.transaction import Transaction
from shared.outbox.enqueue import enqueue
from shared.outbox.wire import SentChange
from shared.simulation.scenario import Run, Stage, play
from shared.simulation.weather import Fate
from shared.simulation.world import CATEGORY, HOLDERS, Play, World, state_named

SEEDS = range(10)


@pytest.mark.parametrize("seed", SEEDS)
def test_the_contract_holds(world: World, seed: int) -> None:
    run = play(world.begin, seed=seed)
    assert run.broken is None, "\n".join(run.story[-30:])


@pytest.mark.parametrize("world", ["sqlite"], indirect=True)  # PostgreSQL chooses among messages that are equally old
def test_the_same_seed_tells_the_same_story(world: World) -> None:
    first, again = (play(world.begin, seed=7) for _ in range(2))
    assert first == again
    assert play(world.begin, seed=8).story != first.story


def test_every_fate_befalls_some_call(world: World) -> None:
    assert {fate for seed in range(5) for fate in play(world.begin, seed=seed).fates} == set(Fate)


def first_broken(begin: "Begin") -> Run:
    """The first run that breaks the contract, out of more than a faulty platform can survive."""
    return next(run for seed in range(50) if (run := play(begin, seed=seed)).broken)


class Begin:
    """Gives the stage of a platform with a fault."""

    def __init__(self, world: World) -> None:
        self.world = world

    def __call__(self, rng: random.Random) -> Stage:
        return self.world.begin(rng)


class HastyPlay(Play):
    """Enqueues in a transaction of its own, before the one that writes."""

    def write(self, rng: random.Random) -> str:
        with self.world.owner.transaction() as tx:
            super().enqueue(tx, range(1, 9))
        self.weather.meanwhile()
        return super().write(rng)

    def enqueue(self, tx: Transaction, subjects: Sequence[int]) -> None:
        pass


class Hasty(Begin):
    def __call__(self, rng: random.Random) -> Stage:
        play = self.world.begin(rng)
        return HastyPlay(self.world, play.weather, play.lanes)


def test_a_message_that_does_not_commit_with_its_state_is_found_out(world: World) -> None:
    assert re.search("ends with|to be parked", str(first_broken(Hasty(world)).broken))


class ForgettingPlay(Play):
    """Enqueues nothing that is parked."""

    def enqueue(self, tx: Transaction, subjects: Sequence[int]) -> None:
        for holder in HOLDERS:
            rows = tx.database.rows(
                "SELECT object_id FROM outbox WHERE state = 'parked' AND destination = ?", (holder,)
            )
            due = set(subjects) - {object_id for (object_id,) in rows}
            enqueue(tx, CATEGORY, due, destinations=[holder])


class Forgetting(Begin):
    def __call__(self, rng: random.Random) -> Stage:
        play = self.world.begin(rng)
        return ForgettingPlay(self.world, play.weather, play.lanes)


def test_a_write_that_leaves_a_message_parked_is_found_out(world: World) -> None:
    assert "not to be parked" in str(first_broken(Forgetting(world)).broken)


class Resurrecting(Begin):
    """Deletions are sent as states."""

    def __call__(self, rng: random.Random) -> Stage:
        return self.world.begin(rng, load=self.load)

    def load(self, category: Category, object_ids: Sequence[int], *, destination: str) -> list[SentChange]:
        sent = self.world.load(category, object_ids, destination=destination)
        return [change._replace(state=change.state or state_named("alive")) for change in sent]


def test_a_deleted_object_that_is_shown_alive_is_found_out(world: World) -> None:
    assert "None was committed" in str(first_broken(Resurrecting(world)).broken)


class Stale(Begin):
    """States are read once and sent under whatever version the object has by then."""

    def __call__(self, rng: random.Random) -> Stage:
        self.remembered: dict[int, bytes | None] = {}
        return self.world.begin(rng, load=self.load)

    def load(self, category: Category, object_ids: Sequence[int], *, destination: str) -> list[SentChange]:
        sent = self.world.load(category, object_ids, destination=destination)
        return [change._replace(state=self.remembered.setdefault(change.object_id, change.state)) for change in sent]


def test_a_state_under_the_version_of_another_is_found_out(world: World) -> None:
    assert "was committed" in str(first_broken(Stale(world)).broken)


class Lagging(Begin):
    """A worker sends versions that lie in the past of what it has sent before, with a version that lies about it."""

    def __call__(self, rng: random.Random) -> Stage:
        self.sent = 0
        return self.world.begin(rng, load=self.load)

    def load(self, category: Category, object_ids: Sequence[int], *, destination: str) -> list[SentChange]:
        sent = self.world.load(category, object_ids, destination=destination)
        self.sent += len(sent)
        return [change._replace(version=change.version + self.sent) for change in sent]


def test_a_version_that_nobody_committed_is_found_out(world: World) -> None:
    assert "was never committed" in str(first_broken(Lagging(world)).broken)
