"""Silos of two releases: the older one waits for nothing that it knows, and loses nothing that it does not know."""

import grpc
import pytest

import region_silo.bootstrap
from control_silo.models.app import SentryApp
from control_silo.services.internal_token import create_token
from region_silo.models.replica import AppReplica, TokenReplica
from shared.category import Category, number_of
from shared.errors import CategoryUnknown
from shared.outbox.edition import Edition, checksum_of
from shared.outbox.enqueue import enqueue
from shared.outbox.message import OutboxMessage
from shared.outbox.replica_servicer import ReplicaServicer
from shared.pb.hybridcloud.apps.v1 import app_service_pb2
from shared.pb.hybridcloud.replication.v1 import replica_pb2, replica_service_pb2, replica_service_pb2_grpc
from tests.integration.test_comparing import compare
from tests.silos import Silos, fresh

LATER = 99
"""A category that no release knows yet."""


class OlderServicer(ReplicaServicer):
    """A silo of the release before tokens: their number says nothing to it."""

    def ApplyChanges(
        self, request: replica_service_pb2.ApplyChangesRequest, context: grpc.ServicerContext
    ) -> replica_service_pb2.ApplyChangesResponse:
        for change in request.changes:
            if change.category == number_of(Category.TOKEN):
                change.category = LATER  # type: ignore[assignment]
        return super().ApplyChanges(request, context)

    def GetDigests(
        self, request: replica_service_pb2.GetDigestsRequest, context: grpc.ServicerContext
    ) -> replica_service_pb2.GetDigestsResponse:
        if request.category == number_of(Category.TOKEN):
            request.category = LATER  # type: ignore[assignment]
        return super().GetDigests(request, context)


def restart(silos: Silos, region: str) -> None:
    silos.stop(region)
    silos.start(region)


def create_internal_app(silos: Silos) -> SentryApp:
    """An app of an organization in ``us`` alone, which has it installed, with a token."""
    name = fresh("kanban")
    owner, creator = silos.create_organization(name, region="us"), silos.create_user(f"maker@{name}.example")
    app = silos.create_app(name, owner=owner, creator=creator, is_internal=True)
    create_token(silos.control, app_id=app.id, actor=creator)
    return app


def test_what_an_older_region_does_not_know_arrives_once_it_is_upgraded(
    silos: Silos, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(region_silo.bootstrap, "ReplicaServicer", OlderServicer)
    restart(silos, "us")
    app = create_internal_app(silos)
    silos.replicate()
    compare(silos, "control", "us")
    with silos.control.database.session():
        assert {(each.category, each.state) for each in OutboxMessage.select()} == {("token", "awaiting_upgrade")}
    with silos.database("us").session():
        assert (AppReplica.get_by_id(app.id).tombstone, TokenReplica.select().count()) == (False, 0)
    monkeypatch.undo()
    restart(silos, "us")
    silos.replicate()
    assert not compare(silos, "control", "us").found
    with silos.control.database.session():
        assert OutboxMessage.select().count() == 0


def test_a_region_that_is_asked_for_a_later_category_says_so(silos: Silos) -> None:
    stub = replica_service_pb2_grpc.ReplicaServiceStub(silos.channel("us"))
    with pytest.raises(CategoryUnknown):
        stub.GetDigests(replica_service_pb2.GetDigestsRequest(category=LATER))  # type: ignore[arg-type]


LATER_FIELD = b"\xfa\x7d\x05later"
"""Field 2015, as it is on the wire: a text."""


def make_later_form(silos: Silos, app_id: int) -> None:
    """Gives the app the edition that a control of a later release makes, whose app has a field more."""
    with silos.control.database.transaction() as tx:
        row = Edition.select().where(Edition.category == Category.APP, Edition.object_id == app_id).get()
        state = replica_pb2.AppState.FromString(bytes(row.state))
        state.sentry_app.MergeFromString(LATER_FIELD)
        later = state.SerializeToString(deterministic=True)
        Edition.update(version=row.version + 1, schema=2, state=later, checksum=checksum_of(later)).where(
            Edition.category == Category.APP, Edition.object_id == app_id
        ).execute()
        enqueue(tx, Category.APP, [app_id], destinations=["us"])


def test_an_older_region_keeps_fields_that_it_does_not_know_and_passes_them_on(silos: Silos) -> None:
    app = create_internal_app(silos)
    make_later_form(silos, app.id)
    silos.replicate()
    assert not compare(silos, "control", "us").found
    answer = silos.ask("us", app_service_pb2.GetSentryAppBySlugRequest(slug=app.slug))
    assert LATER_FIELD in answer.sentry_app.SerializeToString()
    silos.mend_editions()
    silos.replicate()
