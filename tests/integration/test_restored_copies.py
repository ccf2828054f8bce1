"""Silos that run on older copies of their databases: everything ends equal, without an operator, on both engines."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import pytest

from control_silo.models.app import SentryApp
from control_silo.models.region import OrganizationReplica
from region_silo.models.replica import AppReplica
from shared.category import Category
from shared.database.database import Database
from shared.database.statement import Dialect, marks
from shared.domain.peer import CONTROL
from shared.outbox.change import change
from shared.outbox.difference import Sort
from tests.integration.test_comparing import compare
from tests.silos import Silos, running_silos


@dataclass(frozen=True)
class Copy:
    """Everything in a database: rows by table, and how far PostgreSQL's sequences were."""

    rows: Mapping[str, Sequence[tuple[Any, ...]]]
    sequences: Mapping[str, tuple[int, bool]]

    @classmethod
    def of(cls, database: Database) -> "Copy":
        with database.snapshot():
            names = [name for name in database.peewee.get_tables() if not name.startswith("schema_migration")]
            rows = {name: database.rows(f'SELECT * FROM "{name}"') for name in names}
            sequences = {} if database.dialect is Dialect.SQLITE else _sequences(database)
        return cls(rows, sequences)

    def put_back(self, database: Database) -> None:
        """The database is as it was, ids that it gave out included."""
        with database.transaction():
            is_sqlite = database.dialect is Dialect.SQLITE
            # In no order: rows of one table may refer to those of another that comes later.
            database.rows(
                "PRAGMA defer_foreign_keys = ON" if is_sqlite else "SET LOCAL session_replication_role = replica"
            )
            # All of them first: what is deleted takes rows of other tables with it.
            for name in self.rows:
                database.rows(f'DELETE FROM "{name}"')
            for name, rows in self.rows.items():
                for row in rows:
                    database.rows(f'INSERT INTO "{name}" VALUES ({marks(row)})', row)
            for name, (last, is_used) in self.sequences.items():
                database.rows("SELECT setval(?::regclass, ?, ?)", (name, last, is_used))


def _sequences(database: Database) -> dict[str, tuple[int, bool]]:
    names = [name for (name,) in database.rows("SELECT sequencename FROM pg_sequences WHERE schemaname = 'public'")]
    return {name: database.rows(f'SELECT last_value, is_called FROM "{name}"')[0] for name in names}


@pytest.fixture
def silos(new_database_url: Callable[[], str]) -> Iterator[Silos]:
    with running_silos(new_database_url) as silos:
        yield silos


@dataclass
class World:
    """An organization of ``us`` whose app ``de`` has installed."""

    silos: Silos
    owner: OrganizationReplica
    other: OrganizationReplica
    number: int = 0

    def create_app(self) -> SentryApp:
        self.number += 1
        creator = self.silos.create_user(f"maker{self.number}@acme.example")
        app = self.silos.create_app(f"App {self.number}", owner=self.owner, creator=creator)
        self.silos.publish(app)
        self.silos.install(app, organization=self.other)
        return app

    def mend(self) -> list[dict[Sort, int]]:
        """One round each way; answers what was found."""
        sides = [(CONTROL, "us"), (CONTROL, "de"), ("us", CONTROL), ("de", CONTROL)]
        return [dict(compare(self.silos, silo, destination).found) for silo, destination in sides]

    def is_equal(self) -> bool:
        return not any(self.mend())


@pytest.fixture
def world(silos: Silos) -> World:
    world = World(
        silos, silos.create_organization("acme", region="us"), silos.create_organization("globex", region="de")
    )
    world.create_app()
    silos.replicate()
    assert world.is_equal()
    return world


def test_a_region_on_last_weeks_copy_is_made_equal(world: World) -> None:
    silos = world.silos
    changed = world.create_app()
    silos.replicate()
    copy = Copy.of(silos.database("de"))
    added = world.create_app()
    with silos.control.database.transaction() as tx:
        SentryApp.update(name="Renamed").where(SentryApp.id == changed.id).execute()
        change(tx, Category.APP, [changed.id])
    silos.replicate()
    copy.put_back(silos.database("de"))
    found = world.mend()[1]
    assert found == {Sort.MISSING: 3, Sort.BEHIND: 1}
    assert world.is_equal()
    with silos.database("de").session():
        assert not AppReplica.get_by_id(added.id).tombstone


def test_control_on_yesterdays_copy_is_made_equal_and_gives_out_no_id_twice(world: World) -> None:
    silos = world.silos
    copy = Copy.of(silos.control.database)
    gone = [world.create_app() for _ in range(3)]
    silos.replicate()
    copy.put_back(silos.control.database)
    world.mend()
    silos.replicate()
    assert world.is_equal()
    after = world.create_app()
    assert after.id > max(each.id for each in gone)
    silos.replicate()
    assert world.is_equal()
    with silos.database("de").session():
        assert [bool(AppReplica.get_by_id(each.id).tombstone) for each in [*gone, after]] == [True] * 3 + [False]


def test_lost_messages_an_altered_replica_one_ahead_and_an_orphan_are_made_equal_at_once(world: World) -> None:
    silos = world.silos
    apps = [world.create_app() for _ in range(4)]
    silos.replicate()
    lost, altered, ahead, orphan = (each.id for each in apps)
    with silos.control.database.transaction() as tx:
        SentryApp.update(name="Renamed").where(SentryApp.id == lost).execute()
        change(tx, Category.APP, [lost])
    with silos.control.database.transaction() as tx:
        tx.database.rows("DELETE FROM outbox WHERE destination = 'us'")
    with silos.database("us").transaction():
        AppReplica.update(slug="altered").where(AppReplica.id == altered).execute()
        AppReplica.update(version=70).where(AppReplica.id == ahead).execute()
        row: Any = AppReplica.select().where(AppReplica.id == orphan).dicts().get()
        AppReplica.insert({**row, "id": 9_000}).execute()
    kinds = {Sort.BEHIND: 1, Sort.ALTERED: 1, Sort.AHEAD: 1, Sort.LEFT_OVER: 1}
    assert world.mend()[0] == kinds
    assert world.is_equal()
    with silos.database("us").session():
        assert AppReplica.get_by_id(altered).slug != "altered"
