"""``OutboxService``: what an operator sees of a silo's outbox, and does to it."""

import pytest

from shared.errors import FieldMissing, PermissionDenied
from shared.outbox.message import OutboxMessage
from shared.pb.hybridcloud.operations.v1 import outbox_pb2, outbox_service_pb2_grpc
from shared.pb.hybridcloud.operations.v1 import outbox_service_pb2 as pb
from shared.webhooks.delivery import Delivery, destination_of
from tests.integration.parking import LAST_ERROR, park
from tests.silos import Silos, fresh

Stub = outbox_service_pb2_grpc.OutboxServiceStub


@pytest.fixture
def stub(silos: Silos) -> Stub:
    return Stub(silos.channel("control"))


@pytest.fixture
def app_id(silos: Silos) -> int:
    """An app of an organization in ``de``, installed there; nothing else waits in control's outbox."""
    name = fresh("acme")
    owner, creator = silos.create_organization(name, region="de"), silos.create_user(f"maker@{name}.example")
    with silos.control.database.transaction():
        OutboxMessage.delete().execute()
    app = silos.create_app(name, owner=owner, creator=creator)
    silos.install(app, organization=owner)
    return int(app.id)


def status(stub: Stub, destination: str) -> outbox_pb2.DestinationStatus:
    found = {each.destination: each for each in stub.GetStatus(pb.GetStatusRequest()).destinations}
    return found.get(destination, outbox_pb2.DestinationStatus())


def of(destination: str, **fields: int | str) -> outbox_pb2.ParkedFilter:
    return outbox_pb2.ParkedFilter(destination=destination, **fields)  # type: ignore[arg-type]


@pytest.mark.usefixtures("app_id")
def test_the_status_tells_of_each_category(silos: Silos, stub: Stub) -> None:
    silos.clock.advance(30)
    categories = {each.category: each for each in status(stub, "de").categories}
    assert {name: (each.due, each.parked, each.oldest_age_seconds) for name, each in categories.items()} == {
        "app": (1, 0, 30.0),
        "credential": (1, 0, 30.0),
        "installation": (1, 0, 30.0),
    }
    park(silos, "de")
    assert [(each.due, each.parked) for each in status(stub, "de").categories] == [(0, 1), (0, 1), (0, 1)]


@pytest.mark.usefixtures("app_id")
def test_parked_messages_are_listed_by_the_page(silos: Silos, stub: Stub) -> None:
    parked = park(silos, "de")
    first = stub.ListParkedMessages(pb.ListParkedMessagesRequest(page_size=1))
    token = first.next_page_token
    rest = stub.ListParkedMessages(pb.ListParkedMessagesRequest(page_size=9, page_token=token, filter=of("de")))
    found = [*first.messages, *rest.messages]
    assert sorted((each.category, each.object_id) for each in found) == parked
    assert {(each.destination, each.attempts, each.last_error) for each in found} == {("de", 1, LAST_ERROR)}
    assert rest.next_page_token == ""


@pytest.mark.usefixtures("app_id")
def test_one_message_is_retried_and_arrives(silos: Silos, stub: Stub) -> None:
    [(_, app), *_] = park(silos, "de")
    wanted = of("de", category="app", object_id=app)
    assert stub.RetryMessages(pb.RetryMessagesRequest(filter=wanted)).retried == 1
    silos.replicate()
    assert [each.category for each in status(stub, "de").categories] == ["credential", "installation"]
    assert stub.RetryMessages(pb.RetryMessagesRequest(filter=wanted)).retried == 0


@pytest.mark.usefixtures("app_id")
def test_discarded_messages_are_gone(silos: Silos, stub: Stub) -> None:
    park(silos, "de")
    assert stub.DiscardMessages(pb.DiscardMessagesRequest(filter=of("de"))).discarded == 3
    assert list(status(stub, "de").categories) == []


def test_a_delivery_that_is_retried_shows_as_pending(silos: Silos, stub: Stub, app_id: int) -> None:
    [(_, delivery_id)] = park(silos, destination_of(app_id))
    with silos.control.database.transaction():
        Delivery.update(state="parked").execute()
    stub.RetryMessages(pb.RetryMessagesRequest(filter=of(destination_of(app_id))))
    with silos.control.database.session():
        assert Delivery.get_by_id(delivery_id).state == "pending"


@pytest.mark.usefixtures("app_id")
def test_a_paused_destination_gets_nothing_until_it_is_resumed(silos: Silos, stub: Stub) -> None:
    stub.PauseDestination(pb.PauseDestinationRequest(destination="de"))
    silos.replicate()
    assert status(stub, "de").backlog == {"app": 1, "credential": 1, "installation": 1}
    assert status(stub, "de").paused_at.ToDatetime(silos.clock.now().tzinfo) == silos.clock.now()
    stub.ResumeDestination(pb.ResumeDestinationRequest(destination="de"))
    silos.replicate()
    assert status(stub, "de").backlog == {}
    assert not status(stub, "de").HasField("paused_at")


def test_a_destination_has_to_be_named_by_whoever_changes_something(stub: Stub) -> None:
    with pytest.raises(FieldMissing):
        stub.DiscardMessages(pb.DiscardMessagesRequest())
    with pytest.raises(FieldMissing):
        stub.RetryMessages(pb.RetryMessagesRequest(filter=of("de", object_id=1)))
    with pytest.raises(FieldMissing):
        stub.PauseDestination(pb.PauseDestinationRequest())


@pytest.mark.parametrize(
    ("method", "request_message"),
    [
        ("RetryMessages", pb.RetryMessagesRequest(filter=of("us"))),
        ("DiscardMessages", pb.DiscardMessagesRequest(filter=of("us"))),
        ("PauseDestination", pb.PauseDestinationRequest(destination="us")),
        ("ResumeDestination", pb.ResumeDestinationRequest(destination="us")),
    ],
)
def test_no_silo_changes_anothers_outbox(silos: Silos, method: str, request_message: object) -> None:
    with pytest.raises(PermissionDenied):
        getattr(Stub(silos.channel("control", caller="us")), method)(request_message)
