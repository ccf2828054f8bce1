"""The receiving half of the contract, on a region's own tables."""

from collections.abc import Iterator
from contextlib import closing

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from region_silo.bootstrap import migrate
from region_silo.replication.kinds import kinds_of
from shared.category import Category, number_of
from shared.database.connect import connect
from shared.database.database import Database
from shared.domain.peer import CONTROL
from shared.errors import FieldMissing, InvalidInput
from shared.outbox.apply import MAX_CHANGES, ChangeResult, apply_changes
from shared.pb.hybridcloud.replication.v1 import replica_pb2

TABLES = kinds_of("us").tables_for(CONTROL)

APPLIED, STALE, REJECTED = (
    ChangeResult.OUTCOME_APPLIED,
    ChangeResult.OUTCOME_STALE,
    ChangeResult.OUTCOME_REJECTED,
)


@pytest.fixture
def region(database_url: str) -> Iterator[Database]:
    database = connect(database_url, create=True)
    migrate(database)
    yield database
    database.close()


def app(object_id: int, version: int, *, name: str = "Kanban", components: int = 0) -> replica_pb2.Change:
    change = replica_pb2.Change(category=number_of(Category.APP), object_id=object_id, version=version)
    change.app.sentry_app.id, change.app.sentry_app.name = object_id, name
    for number in range(components):
        change.app.components.add(id=object_id * 100 + number)
    return change


def tombstone(object_id: int, version: int) -> replica_pb2.Change:
    return replica_pb2.Change(category=number_of(Category.APP), object_id=object_id, version=version)


def apply(region: Database, *changes: replica_pb2.Change) -> list["ChangeResult.Outcome"]:
    return [result.outcome for result in apply_changes(region, changes, tables=TABLES)]


def held(region: Database) -> dict[int, tuple[int, bool]]:
    with region.session():
        return {i: (v, bool(t)) for i, v, t in region.rows("SELECT id, version, tombstone FROM app_replica")}


def test_a_newer_version_replaces_an_older_one(region: Database) -> None:
    assert apply(region, app(1, 1)) == [APPLIED]
    assert apply(region, app(1, 3)) == [APPLIED]
    assert held(region) == {1: (3, False)}


@pytest.mark.postgres  # SQLite knows no such updates
def test_everything_that_there_is_may_be_written_again_beside_itself(postgres_url: str) -> None:
    with closing(connect(postgres_url)) as region:
        migrate(region)
        for version in (1, 2):
            apply(region, *(app(number, version) for number in range(1, 501)))
        with region.session():
            region.rows("SELECT pg_stat_force_next_flush()")
            statement = "SELECT n_tup_upd, n_tup_hot_upd FROM pg_stat_user_tables WHERE relname = 'app_replica'"
            assert region.rows(statement) == [(500, 500)]


@pytest.mark.parametrize("version", [1, 2])
def test_a_version_that_is_not_newer_is_a_successful_no_op(region: Database, version: int) -> None:
    apply(region, app(1, 2, name="Kept"))
    assert apply(region, app(1, version, name="Late")) == [STALE]
    with region.session():
        [(state,)] = region.rows("SELECT state FROM app_replica")
    assert b"Kept" in bytes(state)


def test_a_category_that_only_a_later_release_knows_is_rejected_for_now_and_alone(region: Database) -> None:
    later = replica_pb2.Change(category=99, object_id=1, version=1)  # type: ignore[arg-type]
    results = apply_changes(region, [later, app(2, 1)], tables=TABLES)
    assert [each.outcome for each in results] == [REJECTED, APPLIED]
    assert (results[0].reason, results[0].permanent) == ("CATEGORY_UNKNOWN", False)


def test_a_late_upsert_cannot_resurrect(region: Database) -> None:
    apply(region, app(1, 1))
    assert apply(region, tombstone(1, 3)) == [APPLIED]
    assert apply(region, app(1, 2)) == [STALE]
    assert held(region) == {1: (3, True)}


def test_a_tombstone_may_arrive_before_the_object(region: Database) -> None:
    assert apply(region, tombstone(1, 2)) == [APPLIED]
    assert apply(region, app(1, 1)) == [STALE]


def test_of_two_changes_of_one_object_the_newer_wins(region: Database) -> None:
    assert apply(region, app(1, 5), app(1, 4)) == [APPLIED, STALE]
    assert held(region) == {1: (5, False)}


def test_components_are_those_of_the_applied_version(region: Database) -> None:
    apply(region, app(1, 1, components=3), app(2, 1, components=1))
    apply(region, app(1, 2, components=1), app(2, 1, components=3))
    with region.session():
        rows = region.rows("SELECT sentry_app_id, version FROM component_replica ORDER BY id")
    assert rows == [(1, 2), (2, 1)]


def test_a_bad_change_is_rejected_alone_and_the_others_are_applied(region: Database) -> None:
    bad = app(2, 1)
    bad.app.sentry_app.id = 99
    [first, rejected, last] = apply_changes(region, [app(1, 1), bad, app(3, 1)], tables=TABLES)
    assert (first.outcome, rejected.outcome, last.outcome) == (APPLIED, REJECTED, APPLIED)
    assert (rejected.reason, rejected.permanent) == ("INVALID_INPUT", True)
    assert set(held(region)) == {1, 3}


def test_a_state_that_the_database_refuses_is_rejected_alone(region: Database, request: pytest.FixtureRequest) -> None:
    poison = app(2, 1)
    poison.app.sentry_app.slug = "nul\x00"
    outcomes = apply(region, app(1, 1), poison, app(3, 1))
    assert (outcomes[0], outcomes[2]) == (APPLIED, APPLIED)
    assert outcomes[1] == (REJECTED if "postgresql" in request.node.name else APPLIED)


@pytest.mark.parametrize(
    "change",
    [
        replica_pb2.Change(object_id=1, version=1),
        replica_pb2.Change(category=number_of(Category.APP), version=1),
        replica_pb2.Change(category=number_of(Category.APP), object_id=1),
        replica_pb2.Change(category=number_of(Category.APP), object_id=-1, version=1),
        replica_pb2.Change(category=number_of(Category.ORGANIZATION), object_id=1, version=1),
        replica_pb2.Change(
            category=number_of(Category.APP), object_id=1, version=1, token=replica_pb2.TokenState(token_hash="x")
        ),
    ],
    ids=["no category", "no id", "no version", "negative id", "not ours", "another state"],
)
def test_an_incomplete_change_is_rejected_for_good(region: Database, change: replica_pb2.Change) -> None:
    [result] = apply_changes(region, [change], tables=TABLES)
    assert (result.outcome, result.permanent) == (REJECTED, True)
    assert result.reason in {"FIELD_MISSING", "INVALID_INPUT"}


def test_a_call_carries_at_least_one_and_at_most_a_thousand_changes(region: Database) -> None:
    with pytest.raises(FieldMissing):
        apply(region)
    with pytest.raises(InvalidInput, match="1000"):
        apply(region, *[app(n, 1) for n in range(1, MAX_CHANGES + 2)])
    assert apply(region, *[app(n, 1) for n in range(1, MAX_CHANGES + 1)]) == [APPLIED] * MAX_CHANGES


def test_small_and_large_numbers_share_a_batch(region: Database) -> None:
    large = app(2**53, 2**40)
    large.app.sentry_app.owner_id = 2**62
    assert apply(region, app(1, 1), large) == [APPLIED, APPLIED]
    assert held(region) == {1: (1, False), 2**53: (2**40, False)}


@settings(max_examples=30, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    deliveries=st.lists(
        st.lists(st.tuples(st.integers(1, 3), st.integers(1, 6), st.booleans()), min_size=1, max_size=6), max_size=8
    )
)
def test_however_changes_arrive_each_replica_ends_at_its_newest_version(
    region: Database, deliveries: list[list[tuple[int, int, bool]]]
) -> None:
    with region.transaction():
        region.rows("DELETE FROM app_replica")
    newest: dict[int, int] = {}
    for batch in deliveries:
        # A version has one state: odd ones are alive, even ones are tombstones.
        apply(region, *[app(i, v) if v % 2 else tombstone(i, v) for i, v, _ in batch])
        for object_id, version, _ in batch:
            newest[object_id] = max(version, newest.get(object_id, 0))
    assert held(region) == {i: (v, v % 2 == 0) for i, v in newest.items()}


@pytest.mark.postgres  # SQLite knows no such pages
def test_the_pages_of_every_replica_keep_room_for_newer_versions(postgres_url: str) -> None:
    with closing(connect(postgres_url)) as database:
        migrate(database)
        with database.session():
            rows = database.rows("SELECT relname FROM pg_class WHERE 'fillfactor=45' = ANY(reloptions)")
    expected = {table.name for table in TABLES.values()} | {"outbox", "component_replica"}
    assert expected == {name for (name,) in rows}
