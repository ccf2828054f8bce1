"""What a transaction that changes objects leaves for those that hold copies, of a kind that is made up here."""

from collections.abc import Collection, Iterable, Iterator
from contextlib import closing
from dataclasses import replace

import pytest

from shared.category import Category
from shared.consistency import WrittenVersion, collecting
from shared.database.connect import connect
from shared.database.database import Database
from shared.database.row import rows_by_id
from shared.errors import ConfigInvalid, DatabaseMisused
from shared.outbox.change import change, keep_editions, tell_new_destination
from shared.outbox.edition import Edition, list_due, lock_editions, read_changes, versions_of
from shared.outbox.fill import fill_editions, list_strays
from shared.outbox.kind import Kinds, OwnedKind
from shared.outbox.message import migrate_outbox
from shared.pb.hybridcloud.replication.v1 import replica_pb2
from tests.integration.contention import contention

SUBJECT = Category.ORGANIZATION
_TABLES = (
    "CREATE TABLE subject (id BIGINT PRIMARY KEY, name TEXT)",
    "CREATE TABLE due (object_id BIGINT, destination TEXT)",
    f"CREATE VIEW interest AS SELECT '{SUBJECT.value}' AS category, object_id, destination FROM due",
)


class SubjectKind(OwnedKind):
    """Subjects: an id and a name."""

    category = SUBJECT
    live = "SELECT id FROM subject"

    def states(self, ids: Collection[int]) -> Iterable[tuple[int, replica_pb2.OrganizationState]]:
        for object_id, name in rows_by_id("SELECT id, name FROM subject WHERE id ", ids):
            yield object_id, replica_pb2.OrganizationState(organization={"name": name})


class NewerSubjectKind(SubjectKind):
    """As a later release makes subjects."""

    schema = 2

    def states(self, ids: Collection[int]) -> Iterable[tuple[int, replica_pb2.OrganizationState]]:
        for object_id, state in super().states(ids):
            state.organization.status = "active"
            yield object_id, state


KINDS = Kinds(owned=(SubjectKind("owner"),), is_told=bool)
NEWER = replace(KINDS, owned=(NewerSubjectKind("owner"),))


class World:
    """The owner of subjects."""

    def __init__(self, database: Database) -> None:
        self.database = keep_editions(database, KINDS)
        with database.transaction():
            for table in _TABLES:
                database.rows(table)

    def write(self, object_id: int, name: str | None, *, said: bool = True) -> None:
        """Gives a subject a name, or deletes it; ``said`` or forgotten."""
        with self.database.transaction() as tx:
            self.database.rows("DELETE FROM subject WHERE id = ?", (object_id,))
            if name is not None:
                self.database.rows("INSERT INTO subject (id, name) VALUES (?, ?)", (object_id, name))
            change(tx, SUBJECT, [object_id] if said else [])

    def due(self, object_id: int, *destinations: str | None) -> None:
        """Says who should hold a subject."""
        with self.database.transaction() as tx:
            self.database.rows("DELETE FROM due WHERE object_id = ?", (object_id,))
            for each in destinations:
                self.database.rows("INSERT INTO due (object_id, destination) VALUES (?, ?)", (object_id, each))
            change(tx, SUBJECT, [object_id])

    def told(self) -> set[tuple[str, int]]:
        """What has been enqueued since the last call."""
        with self.database.transaction():
            return set(self.database.rows("DELETE FROM outbox RETURNING destination, object_id"))

    def sent(self, object_id: int, destination: str) -> tuple[int, str | None]:
        """Version and name that the destination would get; None: a tombstone."""
        with self.database.session():
            [sent] = read_changes(SUBJECT, [object_id], destination=destination)
        if sent.state is None:
            return sent.version, None
        return sent.version, replica_pb2.OrganizationState.FromString(sent.state).organization.name


@pytest.fixture
def world(database: Database) -> World:
    return World(database)


@pytest.fixture
def ann(world: World) -> Iterator[int]:
    """A subject that north should hold."""
    world.write(1, "Ann")
    world.due(1, "north")
    world.told()
    yield 1
    assert list(list_strays(world.database, KINDS)) == []


def test_a_change_is_told_to_whoever_should_hold_the_object(world: World, ann: int) -> None:
    before = world.sent(ann, "north")
    world.write(ann, "Anna")
    assert world.told() == {("north", ann)}
    assert (before, world.sent(ann, "north")) == ((2, "Ann"), (3, "Anna"))


def test_what_ends_as_it_was_is_told_to_nobody_and_named_to_the_reader(world: World, ann: int) -> None:
    with collecting() as written:
        world.write(ann, "Ann")
    assert world.told() == set()
    assert written == [WrittenVersion(SUBJECT, ann, 2)]


def test_a_deleted_object_is_a_tombstone_for_whoever_held_it(world: World, ann: int) -> None:
    world.write(ann, None)
    assert (world.told(), world.sent(ann, "north")) == ({("north", ann)}, (3, None))


def test_a_silo_that_no_longer_should_hold_an_object_gets_a_tombstone(world: World, ann: int) -> None:
    world.due(ann, "south")
    assert world.told() == {("north", ann), ("south", ann)}
    assert (world.sent(ann, "north"), world.sent(ann, "south")) == ((3, None), (3, "Ann"))


def test_a_silo_that_should_hold_an_object_again_gets_it_newer_than_its_tombstone(world: World, ann: int) -> None:
    world.due(ann)
    buried, _ = world.sent(ann, "north")
    world.due(ann, "north")
    assert world.sent(ann, "north") == (buried + 1, "Ann")


def test_what_nobody_can_be_named_for_stays_with_whoever_held_it(world: World, ann: int) -> None:
    world.due(ann, None)
    assert world.told() == set()
    world.write(ann, "Anna")
    assert world.told() == {("north", ann)}
    assert world.sent(ann, "north") == (3, "Anna")


def test_what_never_was_leaves_no_trace(world: World) -> None:
    world.write(7, None)
    with world.database.session():
        assert not versions_of(SUBJECT, [7])


def test_a_transaction_that_fails_leaves_the_edition_as_it_was(world: World, ann: int) -> None:
    with pytest.raises(ZeroDivisionError), world.database.transaction() as tx:
        world.database.rows("UPDATE subject SET name = 'Eve'")
        change(tx, SUBJECT, [ann])
        _ = 1 / 0
    assert world.sent(ann, "north") == (2, "Ann")


def test_nothing_can_be_changed_where_nobody_keeps_editions(database: Database) -> None:
    with pytest.raises(DatabaseMisused), database.transaction() as tx:
        change(tx, SUBJECT, [1])


@pytest.mark.parametrize(("name", "what"), [("Eve", "its rows are not"), (None, "and no rows")])
def test_a_change_that_a_service_forgot_to_say_is_named(world: World, ann: int, name: str | None, what: str) -> None:
    world.write(ann, name, said=False)
    [stray] = map(str, list_strays(world.database, KINDS))
    assert stray.startswith(f"organization {ann}: ")
    assert what in stray
    assert "without change(" in stray
    world.write(ann, name)


def test_a_new_object_that_a_service_forgot_to_say_is_named(world: World) -> None:
    world.write(3, "Cem", said=False)
    assert ["its rows are there" in str(each) for each in list_strays(world.database, KINDS)] == [True]


def test_a_new_destination_is_told_of_what_it_should_hold_and_later_of_its_end(world: World, ann: int) -> None:
    with world.database.transaction() as tx:
        world.database.rows("INSERT INTO due (object_id, destination) VALUES (?, 'west')", (ann,))
        tell_new_destination(tx, "west", [SUBJECT])
    assert (world.told(), world.sent(ann, "west")) == ({("west", ann)}, (2, "Ann"))
    world.write(ann, None)
    assert world.told() == {("north", ann), ("west", ann)}


def test_objects_of_a_new_kind_get_their_edition_at_the_upgrade(world: World) -> None:
    with world.database.transaction():
        for number in range(1, 1202):
            world.database.rows("INSERT INTO subject (id, name) VALUES (?, 'old')", (number,))
        world.database.rows("INSERT INTO due (object_id, destination) SELECT id, 'north' FROM subject")
    fill_editions(world.database, KINDS)
    assert list(list_strays(world.database, KINDS)) == []
    assert len(world.told()) == 1201


def test_a_version_that_was_carried_over_is_kept_and_nothing_is_sent_again(world: World, ann: int) -> None:
    with world.database.transaction():
        Edition.update(schema=0, version=41, state=None, checksum=b"", holders="").execute()
    with world.database.session(), pytest.raises(ConfigInvalid):
        read_changes(SUBJECT, [ann], destination="north")
    fill_editions(world.database, KINDS)
    assert (world.told(), world.sent(ann, "north")) == (set(), (41, "Ann"))


def test_a_kind_that_makes_states_otherwise_sends_them_all_at_the_upgrade(world: World, ann: int) -> None:
    fill_editions(world.database, KINDS)
    assert world.told() == set()
    fill_editions(world.database, NEWER)
    assert (world.told(), world.sent(ann, "north")) == ({("north", ann)}, (3, "Ann"))
    fill_editions(world.database, KINDS)


def test_only_what_a_destination_should_hold_is_listed_for_it(world: World, ann: int) -> None:
    world.write(2, "Bea")
    world.due(2, "south")
    with world.database.session():
        [(object_id, version, checksum)] = list_due(SUBJECT, "north")
    assert (object_id, version, len(checksum)) == (ann, 2, 32)


@pytest.mark.postgres  # SQLite has one writer
def test_of_two_transactions_that_change_parts_of_an_object_the_later_tells_of_both(postgres_url: str) -> None:
    with closing(connect(postgres_url)) as database, contention(database) as contended:
        migrate_outbox(database)
        world = World(database)
        world.write(1, "Ann")
        with database.transaction() as tx:
            database.rows("UPDATE subject SET name = 'Anna'")
            lock_editions(tx, {SUBJECT: [1]})
            change(tx, SUBJECT, [1])
            later = contended.start_and_let_wait(lambda: world.due(1, "north"))
        later.result()
        assert world.sent(1, "north") == (3, "Anna")


@pytest.mark.postgres  # SQLite has one writer
def test_a_transaction_that_waited_sees_the_interest_that_the_other_has_left(postgres_url: str) -> None:
    with closing(connect(postgres_url)) as database, contention(database) as contended:
        migrate_outbox(database)
        world = World(database)
        world.write(1, "Ann")
        world.due(1, "north")
        with database.transaction() as tx:
            lock_editions(tx, {SUBJECT: [1]})
            database.rows("INSERT INTO due (object_id, destination) VALUES (1, 'south')")
            change(tx, SUBJECT, [1])
            later = contended.start_and_let_wait(lambda: world.write(1, "Anna"))
        later.result()
        with database.session():
            assert Edition.get().holders == "north south"


@pytest.mark.postgres  # SQLite plans in no time
def test_what_is_added_to_the_write_of_one_object_is_planned_no_more_after_a_while(postgres_url: str) -> None:
    with closing(connect(postgres_url)) as database:
        migrate_outbox(database)
        world = World(database)
        for number in range(16):
            world.write(1, f"Ann {number}")
        statement = "SELECT min(generic_plans) FROM pg_prepared_statements WHERE strpos(statement, ?) > 0"
        with database.session():
            [(held,)], [(made,)] = (database.rows(statement, (word,)) for word in ("WITH held", "WITH made"))
        assert min(held, made) > 0
