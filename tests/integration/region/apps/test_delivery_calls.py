"""The deliveries of a region over gRPC: outlines, whole ones, and one made due again."""

from typing import Any

import pytest

from shared.errors import FieldMissing, InvalidInput, NotFound, PermissionDenied, SiloError
from shared.pb.hybridcloud.requests.v1 import app_request_service_pb2 as pb
from shared.pb.hybridcloud.requests.v1 import app_request_service_pb2_grpc, delivery_pb2
from tests.integration.region.apps.test_webhooks import HOOK, change, send, subscribe
from tests.integration.region.apps.world import World

Stub = app_request_service_pb2_grpc.AppRequestServiceStub


@pytest.fixture
def stub(world: World) -> Stub:
    return Stub(world.silos.channel("us"))


@pytest.fixture
def delivered(world: World) -> int:
    """The id of a delivery that the app has answered."""
    subscribe(world, "issue")
    world.third_party.answers(HOOK, body=b"thank you")
    change(world, status="resolved")
    send(world)
    found = Stub(world.silos.channel("us")).ListDeliveries(request(world, pb.ListDeliveriesRequest))
    return int(found.deliveries[0].id)


def request(world: World, kind: Any, **fields: Any) -> Any:
    return kind(**{"sentry_app_id": world.app.id, "cell_name": "us"} | fields)


def test_a_list_is_of_outlines(world: World, stub: Stub, delivered: int) -> None:
    (outline,) = stub.ListDeliveries(request(world, pb.ListDeliveriesRequest)).deliveries
    assert (outline.id, outline.event, outline.status) == (
        delivered,
        "issue.resolved",
        delivery_pb2.RpcDelivery.STATUS_DELIVERED,
    )
    assert (outline.body, list(outline.attempts)) == ("", [])


def test_one_delivery_is_read_whole_or_its_beginning(world: World, stub: Stub, delivered: int) -> None:
    (whole,) = stub.GetDeliveries(request(world, pb.GetDeliveriesRequest, delivery_ids=[delivered])).deliveries
    begun = request(world, pb.GetDeliveriesRequest, delivery_ids=[delivered, 2**40], max_characters=5)
    (beginning,) = stub.GetDeliveries(begun).deliveries
    assert (whole.attempts[0].response_body, beginning.attempts[0].response_body) == ("thank you", "thank")
    assert (whole.body[:5], len(beginning.body)) == (beginning.body, 5)


def test_a_redelivery_is_pending(world: World, stub: Stub, delivered: int) -> None:
    answer = stub.Redeliver(request(world, pb.RedeliverRequest, delivery_id=delivered))
    assert (answer.delivery.id, answer.delivery.status) == (delivered, delivery_pb2.RpcDelivery.STATUS_PENDING)


@pytest.mark.parametrize(
    ("kind", "fields", "error"),
    [
        (pb.ListDeliveriesRequest, {"cell_name": "de"}, InvalidInput),
        (pb.ListDeliveriesRequest, {"sentry_app_id": 0}, FieldMissing),
        (pb.ListDeliveriesRequest, {"limit": 1001}, InvalidInput),
        (pb.ListDeliveriesRequest, {"limit": -1}, InvalidInput),
        (pb.GetDeliveriesRequest, {"cell_name": ""}, FieldMissing),
        (pb.GetDeliveriesRequest, {"delivery_ids": [1, 2]}, InvalidInput),
        (pb.GetDeliveriesRequest, {"delivery_ids": [0]}, FieldMissing),
        (pb.GetDeliveriesRequest, {"delivery_ids": range(1, 102), "max_characters": 1}, InvalidInput),
        (pb.GetDeliveriesRequest, {"max_characters": 1025}, InvalidInput),
        (pb.ListDeliveriesRequest, {"since": {"seconds": 2**60}}, InvalidInput),
        (pb.RedeliverRequest, {"delivery_id": 0}, FieldMissing),
        (pb.RedeliverRequest, {"delivery_id": 2**40}, NotFound),
    ],
)
def test_what_cannot_be_answered_is_refused(
    world: World, stub: Stub, kind: Any, fields: dict[str, Any], error: type[SiloError]
) -> None:
    method = getattr(stub, kind.__name__.removesuffix("Request"))
    with pytest.raises(error):
        method(request(world, kind, **fields))


@pytest.mark.parametrize(
    "kind", [pb.GetBufferRequestsForCellRequest, pb.ListDeliveriesRequest, pb.GetDeliveriesRequest, pb.RedeliverRequest]
)
def test_another_region_learns_nothing_and_makes_nothing_due_here(world: World, delivered: int, kind: Any) -> None:
    stub = Stub(world.silos.channel("us", caller="de"))
    with pytest.raises(PermissionDenied):
        getattr(stub, kind.__name__.removesuffix("Request"))(request(world, kind))
