"""What happens elsewhere: a region tells the apps that subscribe to it, with the payload that it was given."""

from typing import Any

import pytest

from shared.domain.event import AppEvent
from shared.domain.happening import Broadcast
from shared.domain.json_value import JsonObject
from shared.errors import OrganizationNotFound
from shared.pb.hybridcloud.region.v1 import sentry_app_region_service_pb2 as pb
from shared.rpc.json_struct import struct_of
from shared.webhooks.delivery import Delivery
from tests.integration.region.apps.test_webhooks import subscribe, told
from tests.integration.region.apps.world import World

ELSEWHERE = [event for event in AppEvent if event.row.detail is Broadcast]
PAYLOAD: JsonObject = {"run_id": 7, "group_id": 1025, "steps": [{"done": True}]}


def broadcast(world: World, event: str, **changes: Any) -> pb.SendBroadcastResponse:
    resource, _, action = event.partition(".")
    request: dict[str, Any] = {"organization_id": world.acme.id, "payload": struct_of(PAYLOAD)} | changes
    return world.rpc.SendBroadcast(pb.SendBroadcastRequest(resource_name=resource, event_name=action, **request))


def test_apps_are_told_of_whatever_happens_elsewhere_with_the_payload_that_is_given(world: World) -> None:
    subscribe(world, "seer", "preprod_artifact", "size_analysis")
    heard: list[tuple[str, dict[str, Any]]] = []
    for event in ELSEWHERE:
        assert broadcast(world, event).success
        heard = told(world)  # one after the other: an app has but so many places
    assert [f"{resource}.{body['action']}" for resource, body in heard] == ELSEWHERE
    assert all(body["data"] == PAYLOAD for _, body in heard)
    assert heard[0][1]["actor"] == {"type": "application", "id": "sentry", "name": "Sentry"}


def test_whoever_does_not_subscribe_hears_nothing(world: World) -> None:
    subscribe(world, "issue", "seer.pr_created")
    assert broadcast(world, "seer.coding_started").success
    assert broadcast(world, "seer.pr_created").success
    assert [body["action"] for _, body in told(world)] == ["pr_created"]


def test_it_concerns_no_project_so_that_a_confined_hook_hears_of_it(world: World) -> None:
    subscribe(world, "seer")
    assert world.owner.post(f"{world.path}/service-hook-projects/", {"projects": ["web"]}).status_code == 200
    broadcast(world, "seer.pr_created")
    assert len(told(world)) == 1


@pytest.mark.parametrize("event", ["issue.created", "seer.danced", "installation.created", "."])
def test_what_happens_here_or_nowhere_is_refused_as_the_original_does(world: World, event: str) -> None:
    subscribe(world, "issue", "seer")
    error = broadcast(world, event).error
    assert (error.error_type, error.message) == ("sentry", f"Invalid event type: {event}")
    with world.region.database.session():
        assert not Delivery.select().where(Delivery.sentry_app_id == world.app.id).count()


def test_a_region_tells_of_its_own_organizations_alone(world: World) -> None:
    elsewhere = world.other_organization(region="de")
    with pytest.raises(OrganizationNotFound):
        broadcast(world, "seer.pr_created", organization_id=elsewhere.id)
