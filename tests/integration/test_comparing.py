"""Comparing in the background: what no message tells of is found and mended without an operator, in both directions."""

import random
from collections.abc import Callable
from typing import Any

import grpc
import pytest
from peewee import Model, fn

import region_silo.bootstrap
from control_silo.models.app import SentryApp
from control_silo.models.installation import SentryAppInstallation
from control_silo.models.region import OrganizationReplica, OrganizationReservation
from control_silo.replication.kinds import KINDS
from control_silo.services.internal_token import create_token
from region_silo.models.organization import Organization
from region_silo.models.replica import (
    AppReplica,
    ComponentReplica,
    CredentialReplica,
    InstallationReplica,
    TokenReplica,
)
from region_silo.replication.held import RegionKind
from region_silo.replication.kinds import kinds_of
from shared.category import Category
from shared.domain.peer import CONTROL
from shared.errors import SiloUnreachable
from shared.outbox import comparison
from shared.outbox.comparing import Compared, Comparing, want_comparison
from shared.outbox.comparison import MAX_VERSIONS_AHEAD, Round
from shared.outbox.difference import Sort
from shared.outbox.edition import Edition
from shared.outbox.greatest_id import MAX_IDS_AHEAD
from shared.outbox.message import OutboxComparison, OutboxMessage
from shared.outbox.replica_servicer import ReplicaServicer
from shared.outbox.status import list_destinations
from shared.pb.hybridcloud.apps.v1.app_pb2 import RpcSentryApp
from shared.pb.hybridcloud.replication.v1 import replica_service_pb2
from tests.silos import Silos, fresh


def comparing(silos: Silos, silo: str, destination: str) -> Comparing:
    """What a worker of the silo runs for a destination."""
    if silo == CONTROL:
        compared = Compared(KINDS, silos.control.regions.channel, 600)
    else:
        compared = Compared(kinds_of(silo), lambda name: silos.regions[silo].control.channel, 600)
    return Comparing(silos.database(silo), destination, compared, rng=random.Random(1))


def compare(silos: Silos, silo: str, destination: str) -> Round:
    """One round, while messages are delivered."""

    def deliver(seconds: float) -> bool:
        silos.replicate()
        return False

    result = comparing(silos, silo, destination).run_once(pause=deliver)
    silos.replicate()
    return result


@pytest.fixture
def installation(silos: Silos) -> SentryAppInstallation:
    """Installed in ``us``, and replicated."""
    name = fresh("kanban")
    owner, creator = silos.create_organization(name, region="us"), silos.create_user(f"maker@{name}.example")
    installation = silos.install(silos.create_app(name, owner=owner, creator=creator), organization=owner)
    silos.replicate()
    return installation


@pytest.fixture
def to_us(silos: Silos, installation: SentryAppInstallation) -> Callable[[], Round]:
    """Compares what ``us`` holds, and delivers what came of it."""

    return lambda: compare(silos, CONTROL, "us")


def held(silos: Silos, app_id: int) -> AppReplica:
    with silos.database("us").session():
        return AppReplica.get_by_id(app_id)


def test_what_is_equal_is_left_alone(to_us: Callable[[], Round]) -> None:
    result = to_us()
    assert (result.found, result.mended, result.unmended) == ({}, 0, [])
    assert result.objects > 0


@pytest.mark.parametrize(
    ("damage", "sort"),
    [
        ({"version": 9}, Sort.AHEAD),
        ({"checksum": b"altered"}, Sort.ALTERED),
        ({"tombstone": True, "version": 9}, Sort.MISSING),
    ],
)
def test_a_replica_that_differs_is_mended(
    silos: Silos,
    installation: SentryAppInstallation,
    to_us: Callable[[], Round],
    damage: dict[str, Any],
    sort: Sort,
) -> None:
    with silos.database("us").transaction():
        InstallationReplica.update(**damage).where(InstallationReplica.id == installation.id).execute()
    result = to_us()
    assert (dict(result.found), result.mended) == ({sort: 1}, 1)
    assert not to_us().found


class OlderServicer(ReplicaServicer):
    """A silo of the release before digests of states: it passes over a field that it does not know."""

    def GetDigests(
        self, request: replica_service_pb2.GetDigestsRequest, context: grpc.ServicerContext
    ) -> replica_service_pb2.GetDigestsResponse:
        request.ClearField("with_states")
        return super().GetDigests(request, context)


def test_a_region_of_an_older_release_is_compared_by_versions(
    silos: Silos, installation: SentryAppInstallation, to_us: Callable[[], Round], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(region_silo.bootstrap, "ReplicaServicer", OlderServicer)
    silos.stop("us")
    silos.start("us")
    assert not to_us().found
    with silos.database("us").transaction():
        InstallationReplica.update(version=9).where(InstallationReplica.id == installation.id).execute()
    assert to_us().found == {Sort.AHEAD: 1}
    monkeypatch.undo()
    silos.stop("us")
    silos.start("us")


def test_a_lost_message_is_made_up_for(
    silos: Silos, installation: SentryAppInstallation, to_us: Callable[[], Round]
) -> None:
    silos.publish(installation.sentry_app)
    with silos.control.database.transaction():
        OutboxMessage.delete().where(OutboxMessage.destination == "us").execute()
    assert to_us().found[Sort.BEHIND] == 1
    assert held(silos, installation.sentry_app_id).version == silos.version(Category.APP, installation.sentry_app_id)


def test_a_difference_that_a_message_tells_of_is_none(silos: Silos, installation: SentryAppInstallation) -> None:
    with silos.database("us").transaction():
        AppReplica.delete().where(AppReplica.id == installation.sentry_app_id).execute()
    with silos.control.database.transaction():
        OutboxMessage.insert(
            destination="us", category="app", object_id=installation.sentry_app_id, generation=1, attempts=0,
            state="parked", due_at=silos.clock.now(), enqueued_at=silos.clock.now(),
        ).execute()  # fmt: skip
    assert not compare(silos, CONTROL, "us").found
    with silos.control.database.transaction():
        OutboxMessage.delete().execute()
    assert compare(silos, CONTROL, "us").found == {Sort.MISSING: 1}
    silos.replicate()


def test_what_control_never_had_is_deleted_in_the_region(silos: Silos, to_us: Callable[[], Round]) -> None:
    with silos.database("us").transaction():
        row: dict[str, Any] = AppReplica.select().dicts().get()  # type: ignore[assignment]
        AppReplica.insert({**row, "id": 5_000}).execute()
    assert to_us().found == {Sort.LEFT_OVER: 1}
    assert held(silos, 5_000).tombstone


def test_ids_go_on_above_those_that_a_region_has_seen(silos: Silos, to_us: Callable[[], Round]) -> None:
    with silos.database("us").transaction():
        row: dict[str, Any] = AppReplica.select().dicts().get()  # type: ignore[assignment]
        AppReplica.insert({**row, "id": 6_000, "tombstone": True}).execute()
    assert not to_us().found
    name = fresh("next")
    owner = silos.create_organization(name, region="us")
    assert silos.create_app(name, owner=owner, creator=silos.create_user(f"{name}@acme.example")).id == 6_001
    silos.replicate()


def test_a_region_that_claims_too_much_is_left_alone(
    silos: Silos, installation: SentryAppInstallation, to_us: Callable[[], Round]
) -> None:
    app_id = installation.sentry_app_id
    with silos.database("us").transaction():
        row: dict[str, Any] = AppReplica.select().where(AppReplica.id == app_id).dicts().get()  # type: ignore[assignment]
        AppReplica.update(version=MAX_VERSIONS_AHEAD + 9).where(AppReplica.id == app_id).execute()
        AppReplica.insert({**row, "id": 2 * MAX_IDS_AHEAD, "tombstone": True}).execute()
    result = to_us()
    assert (result.mended, result.unmended) == (0, [(Category.APP, app_id)])
    with silos.database("us").transaction():
        AppReplica.delete().where(AppReplica.id == 2 * MAX_IDS_AHEAD).execute()
        AppReplica.update(version=row["version"]).where(AppReplica.id == app_id).execute()
    with silos.control.database.session():
        assert SentryApp.select().count() < MAX_IDS_AHEAD
    name = fresh("modest")
    owner = silos.create_organization(name, region="us")
    assert silos.create_app(name, owner=owner, creator=silos.create_user(f"{name}@acme.example")).id < MAX_IDS_AHEAD
    silos.replicate()


def test_an_organization_that_control_lost_or_has_otherwise_is_sent_again(silos: Silos) -> None:
    missing, ahead, altered = (silos.create_organization(fresh("globex"), region="de").id for _ in range(3))
    silos.replicate()
    with silos.control.database.transaction():
        OrganizationReplica.delete().where(OrganizationReplica.id == missing).execute()
        OrganizationReplica.update(version=9).where(OrganizationReplica.id == ahead).execute()
        OrganizationReplica.update(checksum=b"").where(OrganizationReplica.id == altered).execute()
    assert compare(silos, "de", CONTROL).found == {Sort.MISSING: 1, Sort.AHEAD: 1, Sort.ALTERED: 1}
    silos.replicate()
    assert not compare(silos, "de", CONTROL).found


ALTERED: list[tuple[type[Model], dict[str, Any]]] = [
    (AppReplica, {"slug": "another"}),
    (AppReplica, {"owner_id": 99_999}),
    (AppReplica, {"state": RpcSentryApp(name="Another").SerializeToString()}),
    (AppReplica, {"state": b"\xff"}),
    (ComponentReplica, {"state": b""}),
    (ComponentReplica, {"id": 99_999}),
    (InstallationReplica, {"organization_id": 99_999}),
    (InstallationReplica, {"state": b""}),
    (TokenReplica, {"token_hash": "another"}),
    (TokenReplica, {"state": b""}),
    (CredentialReplica, {"state": b""}),
]


@pytest.mark.parametrize(("model", "damage"), ALTERED, ids=[f"{model.__name__} {damage}" for model, damage in ALTERED])
def test_whatever_is_altered_of_a_replica_is_found_and_mended(
    silos: Silos,
    to_us: Callable[[], Round],
    model: Any,
    damage: dict[str, Any],
) -> None:
    name = fresh("kanban")
    owner = silos.create_organization(name, region="us")
    creator = silos.create_user(f"maker@{name}.example")
    app = silos.create_app(name, owner=owner, creator=creator, is_internal=True)
    create_token(silos.control, app_id=app.id, actor=creator)
    silos.replicate()
    with silos.database("us").transaction():
        newest = model.select(fn.max(model.id))
        whole = list(model.select().where(model.id == newest).dicts())
        assert model.update(**damage).where(model.id == newest).execute() == 1
    assert dict(to_us().found) == {Sort.ALTERED: 1}
    assert not to_us().found
    with silos.database("us").session():
        [mended] = model.select().where(model.id == model.select(fn.max(model.id))).dicts()
    assert {name: mended[name] for name in damage} == {name: whole[0][name] for name in damage}


def test_every_kind_that_a_region_holds_is_altered_above() -> None:
    assert {model for model, _ in ALTERED} >= {
        kind.model for kind in kinds_of("us").held if isinstance(kind, RegionKind)
    }


@pytest.mark.parametrize("damage", [{"slug": "another"}, {"name": "Another"}, {"status": "pending_deletion"}])
def test_whatever_is_altered_of_an_organization_is_found_and_mended(silos: Silos, damage: dict[str, str]) -> None:
    organization = silos.create_organization(fresh("globex"), region="de")
    silos.replicate()
    with silos.control.database.transaction():
        OrganizationReplica.update(**damage).where(OrganizationReplica.id == organization.id).execute()
    assert compare(silos, "de", CONTROL).found == {Sort.ALTERED: 1}
    assert not compare(silos, "de", CONTROL).found
    with silos.control.database.session():
        assert OrganizationReplica.get_by_id(organization.id).slug == organization.slug


def test_of_many_replicas_another_part_is_looked_at_each_time(
    silos: Silos, installation: SentryAppInstallation, to_us: Callable[[], Round], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(comparison, "ANEW_AT_ONCE", 0)
    asked: list[set[int]] = []

    class Noting(ReplicaServicer):
        def GetDigests(self, request: Any, context: grpc.ServicerContext) -> Any:
            asked.append(set(request.anew_buckets))
            return super().GetDigests(request, context)

    monkeypatch.setattr(region_silo.bootstrap, "ReplicaServicer", Noting)
    silos.stop("us")
    silos.start("us")
    compare(silos, CONTROL, "us")
    assert {len(each) for each in asked if each} == {1}
    monkeypatch.undo()
    silos.stop("us")
    silos.start("us")


def test_an_organization_that_its_region_lost_is_counted_and_left_alone(silos: Silos) -> None:
    organization = silos.create_organization(fresh("globex"), region="de")
    silos.replicate()
    with silos.database("de").transaction():
        Organization.delete().where(Organization.id == organization.id).execute()
        Edition.delete().where(Edition.object_id == organization.id).execute()
    result = compare(silos, "de", CONTROL)
    assert (result.mended, result.unmended) == (0, [(Category.ORGANIZATION, organization.id)])
    with silos.control.database.transaction():
        OrganizationReplica.delete().where(OrganizationReplica.id == organization.id).execute()


def test_an_id_of_an_organization_that_a_region_has_is_not_given_out_again(silos: Silos) -> None:
    organization = silos.create_organization(fresh("globex"), region="de")
    silos.replicate()
    with silos.database("de").transaction():
        row: dict[str, Any] = Edition.select().where(Edition.object_id == organization.id).dicts().get()  # type: ignore[assignment]
        Edition.insert({**row, "object_id": organization.id + 50, "state": None, "checksum": b""}).execute()
    compare(silos, CONTROL, "de")
    assert silos.create_organization(fresh("globex"), region="de").id == organization.id + 51
    with silos.database("de").transaction():
        Edition.delete().where(Edition.object_id == organization.id + 50).execute()
    with silos.control.database.session():
        assert OrganizationReservation.select().where(OrganizationReservation.id == organization.id + 50).count() == 0


def test_rounds_are_noted_and_one_that_fails_is_not(silos: Silos, to_us: Callable[[], Round]) -> None:
    to_us()
    with silos.control.database.session():
        [before] = [each for each in list_destinations(silos.control.database) if each.destination == "us"]
    silos.stop("us")
    with pytest.raises(SiloUnreachable):
        compare(silos, CONTROL, "us")
    silos.start("us")
    with silos.control.database.session():
        [after] = [each for each in list_destinations(silos.control.database) if each.destination == "us"]
    assert before.comparison
    assert after.comparison
    assert after.comparison.rounds == before.comparison.rounds


def test_a_comparison_that_is_wanted_is_made_by_whoever_has_the_lane(silos: Silos) -> None:
    thread = comparing(silos, CONTROL, "us")
    with silos.control.database.transaction() as tx:
        want_comparison(tx, "us")
    with silos.control.database.session():
        assert OutboxComparison.get_by_id("us").wanted_at is not None
    thread.start()
    try:
        for _ in range(200):
            with silos.control.database.session():
                row = OutboxComparison.get_by_id("us")
            if row.wanted_at is None and row.compared_at is not None:
                break
            thread._stopping.wait(0.05)
    finally:
        thread.stop()
        thread.join(5)
    with silos.control.database.session():
        row = OutboxComparison.get_by_id("us")
    assert (row.wanted_at, row.rounds > 0) == (None, True)
