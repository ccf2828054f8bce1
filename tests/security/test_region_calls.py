"""Who took a region says what they like of the calls that it made to apps, and control shows what can be so."""

import itertools
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

import httpx
import pytest
from google.protobuf.timestamp_pb2 import Timestamp

from control_silo.models.app import SentryApp
from control_silo.models.region import OrganizationReplica
from control_silo.services.user import NewUser
from region_silo.rpc.app_request_servicer import AppRequestServicer
from shared.domain.peer import CONTROL
from shared.pb.hybridcloud.requests.v1.app_request_pb2 import RpcSentryAppRequest
from shared.pb.hybridcloud.requests.v1.app_request_service_pb2 import (
    GetBufferRequestsForCellResponse,
    GetDeliveriesResponse,
    ListDeliveriesResponse,
    RedeliverResponse,
)
from shared.pb.hybridcloud.requests.v1.delivery_pb2 import RpcDelivery, RpcDeliveryAttempt
from shared.request_log import MAX_ENTRIES
from tests.http_silos import HttpSilos, serving_http
from tests.silos import Silos, running_silos

NEVER = Timestamp(seconds=2**62)


@dataclass
class World:
    """``globex`` lives in ``de``, which is taken, and owns an app; ``acme`` in ``us`` is none of its business."""

    silos: Silos
    http: HttpSilos
    acme: OrganizationReplica
    globex: OrganizationReplica
    app: SentryApp
    owner: NewUser
    answers: list[Any]
    """What de answers, whatever of its calls it is asked for."""

    def ask(self, what: str, *, method: str = "GET") -> httpx.Response:
        path = f"/api/0/sentry-apps/{self.app.slug}/{what}"
        return self.http.call(method, CONTROL, path, token=self.owner.token)

    def entry(self, **fields: Any) -> RpcSentryAppRequest:
        entry = RpcSentryAppRequest(webhook_url="https://a.example", event_type="issue.created")
        entry.date.FromDatetime(self.silos.clock.now())
        entry.MergeFrom(RpcSentryAppRequest(**fields))
        return entry

    def delivery(self, **fields: Any) -> RpcDelivery:
        delivery = RpcDelivery(id=1, request_id="a" * 32, event="issue.created")
        delivery.created_at.FromDatetime(self.silos.clock.now())
        delivery.MergeFrom(RpcDelivery(**fields))
        return delivery


ANSWERS = (
    ("GetBufferRequestsForCell", GetBufferRequestsForCellResponse, "requests"),
    ("ListDeliveries", ListDeliveriesResponse, "deliveries"),
    ("GetDeliveries", GetDeliveriesResponse, "deliveries"),
)


@pytest.fixture(scope="module")
def module_world(tmp_path_factory: pytest.TempPathFactory) -> Iterator[World]:
    folder, numbers, answers = tmp_path_factory.mktemp("silos"), itertools.count(1), list[Any]()

    def answering(response: Any, field: str) -> Callable[..., Any]:
        return lambda *_: response(**{field: answers})

    with pytest.MonkeyPatch.context() as taking:
        for method, response, field in ANSWERS:
            taking.setattr(AppRequestServicer, method, answering(response, field))
        taking.setattr(AppRequestServicer, "Redeliver", lambda *_: RedeliverResponse(delivery=answers[0]))
        # Before the region runs: it serves the methods that it finds then.
        with running_silos(lambda: f"sqlite:///{folder / str(next(numbers))}.db") as silos, serving_http(silos) as http:
            yield _populated(silos, http, answers)


def _populated(silos: Silos, http: HttpSilos, answers: list[Any]) -> World:
    acme, globex = (silos.create_organization(name, region=at) for name, at in (("acme", "us"), ("globex", "de")))
    owner = http.create_user("owner@globex.example", organization="globex")
    app = silos.create_app("Kanban", owner=globex, creator=owner.user)
    return World(silos, http, acme, globex, app, owner, answers)


@pytest.fixture
def world(module_world: World) -> World:
    module_world.answers.clear()
    return module_world


def test_a_call_that_names_another_regions_organization_is_not_shown(world: World) -> None:
    world.answers += [world.entry(organization_id=world.acme.id), world.entry(organization_id=world.globex.id)]
    shown = world.ask("webhook-requests/")
    assert [each["organization"]["slug"] for each in shown.json()] == ["globex"]
    assert "acme" not in shown.text


@pytest.mark.parametrize("nonsense", [{"date": NEVER}, {"response_code": -1}], ids=str)
def test_a_call_that_cannot_be_shown_is_left_out_alone(world: World, nonsense: Any) -> None:
    world.answers += [world.entry(**nonsense), world.entry(response_code=204)]
    assert [each["responseCode"] for each in world.ask("webhook-requests/").json()] == [204]


def test_a_region_shows_as_many_calls_as_a_silo_keeps(world: World) -> None:
    world.answers += [world.entry() for _ in range(MAX_ENTRIES + 1)]
    shown = world.ask("webhook-requests/")
    assert 'rel="next"; results="false"' in shown.headers["link"]


@pytest.mark.parametrize(
    "nonsense",
    [
        {"id": -1},
        {"created_at": NEVER},
        {"attempts": [RpcDeliveryAttempt(started_at=NEVER)]},
        {"attempts": [RpcDeliveryAttempt(duration_ms=-1)]},
        {"attempts": [RpcDeliveryAttempt(response_code=-1)]},
    ],
    ids=str,
)
def test_a_delivery_that_cannot_be_shown_is_left_out_alone(world: World, nonsense: Any) -> None:
    world.answers += [world.delivery(**nonsense), world.delivery(id=7)]
    assert [each["id"] for each in world.ask("deliveries/").json()] == ["de.7"]


def test_one_delivery_that_cannot_be_shown_is_not_found_nor_sent_again(world: World) -> None:
    world.answers.append(world.delivery(created_at=NEVER))
    assert world.ask("deliveries/de.1/").status_code == 404
    assert world.ask("deliveries/de.1/redeliver/", method="POST").status_code == 503
