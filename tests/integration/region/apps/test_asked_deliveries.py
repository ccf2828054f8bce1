"""What an app is asked is kept among its deliveries, and can be asked again."""

from typing import Any

import pytest

from region_silo.bootstrap import make_sender
from shared.domain.json_text import stringify
from shared.domain.signature import sign
from shared.pb.hybridcloud.requests.v1 import app_request_service_pb2 as pb
from shared.pb.hybridcloud.requests.v1 import app_request_service_pb2_grpc
from shared.pb.hybridcloud.requests.v1.delivery_pb2 import RpcDelivery
from tests.integration.region.apps.world import World


def ask_for_boards(world: World) -> None:
    world.owner.get(f"{world.path}/external-requests/", uri="/boards", query="a&b")


def link(world: World) -> None:
    body = {"action": "create", "groupId": str(world.issue.id), "uri": "/create", "title": "Größe"}
    world.owner.post(f"{world.path}/external-issue-actions/", body)


def stub(world: World) -> app_request_service_pb2_grpc.AppRequestServiceStub:
    return app_request_service_pb2_grpc.AppRequestServiceStub(world.silos.channel("us"))


def kept(world: World, **query: Any) -> list[RpcDelivery]:
    wanted: dict[str, Any] = {"sentry_app_id": world.app.id, "cell_name": "us"}
    ids = [each.id for each in stub(world).ListDeliveries(pb.ListDeliveriesRequest(**wanted, **query)).deliveries]
    whole = pb.GetDeliveriesRequest(**wanted, delivery_ids=ids, max_characters=1024)
    return list(stub(world).GetDeliveries(whole).deliveries) if ids else []


def send(world: World) -> None:
    sender = make_sender(world.region)
    sender.send_due()
    sender.wait()
    sender.settle_ended()


def test_a_question_is_kept_with_what_was_asked_and_answered(world: World) -> None:
    world.third_party.answers("/boards", json=[])
    ask_for_boards(world)
    (delivery,) = kept(world, event="select_options.requested")
    (attempt,) = delivery.attempts
    assert delivery.asked_path == f"/boards?installationId={world.installation.uuid}&query=a%26b"
    assert (delivery.body, attempt.response_code, attempt.response_body) == ("", 200, "[]")
    assert delivery.request_id == world.third_party.requests[0].headers["request-id"]
    assert delivery.status == RpcDelivery.STATUS_DELIVERED


def test_a_question_that_nobody_answered_is_given_up_and_can_be_found_as_failed(world: World) -> None:
    world.third_party.stop()
    ask_for_boards(world)
    (delivery,) = kept(world, failed=True)
    assert (delivery.status, delivery.attempts[0].response_code) == (RpcDelivery.STATUS_PARKED, 0)
    assert delivery.attempts[0].error


@pytest.mark.parametrize(("ask", "method"), [(ask_for_boards, "GET"), (link, "POST")])
def test_a_question_is_asked_again_as_it_was_and_signed_afresh(world: World, ask: Any, method: str) -> None:
    ask(world)
    (delivery,) = kept(world)
    world.third_party.answers("/boards", json=[])
    request = pb.RedeliverRequest(sentry_app_id=world.app.id, cell_name="us", delivery_id=delivery.id)
    stub(world).Redeliver(request)
    send(world)
    first, second = world.third_party.requests
    assert (first.method, first.path, first.query, first.body) == (method, second.path, second.query, second.body)
    assert first.headers["request-id"] == second.headers["request-id"]
    assert second.is_signed(world.third_party.secret)


def test_a_question_carries_the_signature_of_its_bytes_and_of_what_javascript_prints_of_them(world: World) -> None:
    link(world)
    (request,) = world.third_party.requests
    secret = world.third_party.secret
    assert b"\\u00f6" in request.body
    assert request.headers["sentry-app-signature"] == sign(request.body, secret=secret)
    printed = stringify(request.json).encode()
    assert request.headers["sentry-hook-signature"] == sign(printed, secret=secret)
