"""``HookService`` over its channel."""

import threading
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest

from region_silo.models.hook import ServiceHook, ServiceHookProject
from shared.domain.subscription import expand_events
from shared.errors import FieldMissing, InvalidInput, OrganizationNotFound, PermissionDenied, ValidationFailed
from shared.pb.hybridcloud.hooks.v1 import hook_pb2, hook_service_pb2_grpc
from shared.pb.hybridcloud.hooks.v1 import hook_service_pb2 as pb
from tests.integration.region.apps.world import World

URL = "https://kanban.example/hook"
UNKNOWN = 2**40
"""Neither an installation nor an application of any app."""


@pytest.fixture
def stub(world: World) -> hook_service_pb2_grpc.HookServiceStub:
    return hook_service_pb2_grpc.HookServiceStub(world.silos.channel("us"))


def create_request(world: World, **changes: Any) -> pb.CreateServiceHookRequest:
    fields: dict[str, Any] = {
        "application_id": UNKNOWN + world.acme.id,
        "installation_id": UNKNOWN + world.acme.id,
        "actor_id": UNKNOWN + world.acme.id,
        "organization_id": world.acme.id,
        "events": ["issue"],
        "url": URL,
    }
    return pb.CreateServiceHookRequest(**fields | changes)


def set_request(world: World, **changes: Any) -> pb.CreateOrUpdateWebhookAndEventsForInstallationRequest:
    fields: dict[str, Any] = {
        "application_id": UNKNOWN + world.acme.id,
        "installation_id": UNKNOWN + world.acme.id,
        "organization_id": world.acme.id,
        "webhook_url": URL,
        "events": ["comment"],
    }
    return pb.CreateOrUpdateWebhookAndEventsForInstallationRequest(**fields | changes)


def bulk_request(world: World, *installation_ids: int, **changes: Any) -> pb.BulkCreateServiceHooksForAppRequest:
    pairs = [
        hook_pb2.RpcInstallationOrganizationPair(installation_id=number, organization_id=world.acme.id)
        for number in installation_ids
    ]
    fields: dict[str, Any] = {
        "region_name": "us",
        "application_id": UNKNOWN + world.acme.id,
        "events": ["issue"],
        "installation_organization_ids": pairs,
        "url": URL,
    }
    return pb.BulkCreateServiceHooksForAppRequest(**fields | changes)


def test_a_hook_is_made_without_looking_anything_up(world: World, stub: hook_service_pb2_grpc.HookServiceStub) -> None:
    hook = stub.CreateServiceHook(create_request(world)).hook
    assert (hook.url, list(hook.events)) == (URL, expand_events(["issue"]))
    assert (hook.installation_id, hook.application_id) == (UNKNOWN + world.acme.id,) * 2
    assert (hook.organization_id, len(hook.guid)) == (world.acme.id, 32)
    assert not hook.HasField("project_id")


def test_calling_twice_makes_two(world: World, stub: hook_service_pb2_grpc.HookServiceStub) -> None:
    hooks = [stub.CreateServiceHook(create_request(world)).hook for _ in range(2)]
    assert hooks[0].id != hooks[1].id


def test_a_hook_may_belong_to_no_app(world: World, stub: hook_service_pb2_grpc.HookServiceStub) -> None:
    request = create_request(world, application_id=None, installation_id=None)
    hooks = [stub.CreateServiceHook(request).hook for _ in range(2)]
    assert not any(hook.HasField("application_id") or hook.HasField("installation_id") for hook in hooks)


def test_a_hook_is_confined_to_its_projects(world: World, stub: hook_service_pb2_grpc.HookServiceStub) -> None:
    hook = stub.CreateServiceHook(create_request(world, project_ids=[9, 5, 9])).hook
    assert hook.project_id == 9
    with world.region.database.session():
        rows = ServiceHookProject.select().where(ServiceHookProject.service_hook == hook.id)
        assert sorted(row.project_id for row in rows) == [5, 9]


def test_a_hook_may_be_confined_to_any_number_of_projects(
    world: World, stub: hook_service_pb2_grpc.HookServiceStub
) -> None:
    ids = range(1, 70_000)  # more than a statement of PostgreSQL has parameters
    hook = stub.CreateServiceHook(create_request(world, project_ids=ids), timeout=60).hook
    with world.region.database.session():
        assert ServiceHookProject.select().where(ServiceHookProject.service_hook == hook.id).count() == len(ids)


def test_every_hook_of_an_application_changes_or_goes(
    world: World, stub: hook_service_pb2_grpc.HookServiceStub
) -> None:
    made = [stub.CreateServiceHook(create_request(world)).hook for _ in range(2)]
    fields: dict[str, Any] = {"application_id": UNKNOWN + world.acme.id, "events": ["comment"]}
    change = pb.UpdateWebhookAndEventsRequest(organization_id=world.acme.id, webhook_url="https://b.example", **fields)
    changed = stub.UpdateWebhookAndEvents(change).hooks
    assert [hook.id for hook in changed] == [hook.id for hook in made]
    assert {(hook.url, tuple(hook.events)) for hook in changed} == {
        ("https://b.example", tuple(expand_events(["comment"])))
    }
    gone = pb.UpdateWebhookAndEventsForAppByRegionRequest(region_name="us", **fields)
    assert list(stub.UpdateWebhookAndEventsForAppByRegion(gone).hooks) == []


def test_exactly_one_hook_is_left_for_an_installation(
    world: World, stub: hook_service_pb2_grpc.HookServiceStub
) -> None:
    first = stub.CreateServiceHook(create_request(world)).hook
    stub.CreateServiceHook(create_request(world))
    (left,) = stub.CreateOrUpdateWebhookAndEventsForInstallation(set_request(world)).hooks
    assert (left.id, left.guid, list(left.events)) == (first.id, first.guid, expand_events(["comment"]))


def test_without_a_url_no_hook_is_left(world: World, stub: hook_service_pb2_grpc.HookServiceStub) -> None:
    stub.CreateServiceHook(create_request(world))
    answers = [
        stub.CreateOrUpdateWebhookAndEventsForInstallation(set_request(world, webhook_url=url)) for url in ("", None)
    ]
    assert [list(answer.hooks) for answer in answers] == [[], []]


def test_one_hook_is_left_however_many_ask_at_once(world: World, stub: hook_service_pb2_grpc.HookServiceStub) -> None:
    start = threading.Barrier(6)

    def ask(number: int) -> None:
        start.wait()
        if number % 2:
            stub.CreateServiceHook(create_request(world))
        stub.CreateOrUpdateWebhookAndEventsForInstallation(set_request(world))

    with ThreadPoolExecutor(6) as threads:
        list(threads.map(ask, range(6)))
    with world.region.database.session():
        left = ServiceHook.select().where(ServiceHook.installation_id == UNKNOWN + world.acme.id)
        assert left.count() == 1


def test_hooks_are_made_in_bulk_in_order(world: World, stub: hook_service_pb2_grpc.HookServiceStub) -> None:
    ids = [UNKNOWN + world.acme.id + number for number in (3, 1, 1, 2)]
    hooks = stub.BulkCreateServiceHooksForApp(bulk_request(world, *ids)).hooks
    assert [hook.installation_id for hook in hooks] == ids
    assert [hook.actor_id for hook in hooks] == ids


def test_a_bulk_of_nothing_makes_nothing(world: World, stub: hook_service_pb2_grpc.HookServiceStub) -> None:
    assert list(stub.BulkCreateServiceHooksForApp(bulk_request(world)).hooks) == []


def test_organizations_that_live_elsewhere_are_found_out_however_many(
    world: World, stub: hook_service_pb2_grpc.HookServiceStub
) -> None:
    request = bulk_request(world, 1)
    for number in range(1, 300_000):  # more than a statement of SQLite has parameters
        request.installation_organization_ids.add(installation_id=1, organization_id=number)
    with pytest.raises(OrganizationNotFound):
        stub.BulkCreateServiceHooksForApp(request, timeout=60)


@pytest.mark.parametrize(
    ("changes", "error"),
    [
        ({"url": ""}, FieldMissing),
        ({"url": "ftp://a.example"}, ValidationFailed),
        ({"url": f"https://a.example/{'x' * 500}"}, ValidationFailed),
        ({"events": ["a\x00"]}, ValidationFailed),
        ({"actor_id": 0}, FieldMissing),
        ({"application_id": 0}, FieldMissing),
        ({"installation_id": -1}, FieldMissing),
        ({"project_ids": [5, 0]}, FieldMissing),
        ({"organization_id": 0}, FieldMissing),
        ({"organization_id": UNKNOWN}, OrganizationNotFound),
    ],
)
def test_a_hook_that_cannot_be_is_refused(
    world: World, stub: hook_service_pb2_grpc.HookServiceStub, changes: dict[str, Any], error: type[Exception]
) -> None:
    with pytest.raises(error):
        stub.CreateServiceHook(create_request(world, **changes))


@pytest.mark.parametrize(("name", "error"), [("de", InvalidInput), ("", FieldMissing)])
def test_another_region_is_not_meant_here(
    world: World, stub: hook_service_pb2_grpc.HookServiceStub, name: str, error: type[Exception]
) -> None:
    with pytest.raises(error):
        stub.BulkCreateServiceHooksForApp(bulk_request(world, 1, region_name=name))


def test_another_region_makes_no_hooks_here(world: World) -> None:
    stub = hook_service_pb2_grpc.HookServiceStub(world.silos.channel("us", caller="de"))
    with pytest.raises(PermissionDenied):
        stub.CreateServiceHook(create_request(world))
