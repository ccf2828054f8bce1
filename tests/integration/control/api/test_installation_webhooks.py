"""What apps are told of their installations, as it is written in the transaction that changes them."""

import json
from typing import Any

import pytest

from control_silo.services.webhook import prepare
from shared.domain.signature import sign
from shared.outbox.message import OutboxMessage, Rejection
from shared.webhooks.delivery import Delivery
from tests.integration.control.api.world import Caller, World

INSTALLATIONS = "/organizations/acme/sentry-app-installations/"


def deliveries(world: World) -> list[Delivery]:
    with world.control.database.session():
        return list(Delivery.select().order_by(Delivery.id))


def told(world: World) -> list[tuple[str, Any]]:
    return [(delivery.event, json.loads(delivery.body or "")) for delivery in deliveries(world)]


@pytest.fixture
def owner(world: World) -> Caller:
    return world.person()


def test_an_app_is_told_of_its_installation_with_the_code(world: World, owner: Caller) -> None:
    world.app()
    created = owner.post(INSTALLATIONS, {"slug": "kanban"}).json()
    ((event, body),) = told(world)
    assert event == "installation.created"
    assert body == {
        "action": "created",
        "installation": {"uuid": created["uuid"]},
        "data": {"installation": created},
        "actor": {"type": "user", "id": owner.user_id, "name": "person-1@acme.example"},
    }


def test_each_delivery_is_due_at_its_app(world: World, owner: Caller) -> None:
    app = world.app()
    owner.post(INSTALLATIONS, {"slug": "kanban"})
    with world.control.database.session():
        row = OutboxMessage.get(OutboxMessage.category == "delivery")
    assert (row.destination, row.object_id) == (f"app:{app.id}", deliveries(world)[0].id)


def test_installing_again_tells_nothing(world: World, owner: Caller) -> None:
    world.app()
    for _ in range(2):
        owner.post(INSTALLATIONS, {"slug": "kanban"})
    assert len(deliveries(world)) == 1


def test_an_app_is_told_when_it_is_uninstalled(world: World, owner: Caller) -> None:
    world.app()
    uuid = owner.post(INSTALLATIONS, {"slug": "kanban"}).json()["uuid"]
    owner.delete(f"/sentry-app-installations/{uuid}/")
    assert [(event, body["action"], body["installation"]) for event, body in told(world)] == [
        ("installation.created", "created", {"uuid": uuid}),
        ("installation.deleted", "deleted", {"uuid": uuid}),
    ]


def test_an_app_is_told_of_every_installation_that_ends_with_it_and_can_still_verify(
    world: World, owner: Caller
) -> None:
    app = world.app()
    owner.post(INSTALLATIONS, {"slug": "kanban"})
    with world.control.database.session():
        secret = app.application.client_secret if app.application else ""
    owner.delete("/sentry-apps/kanban/")
    last = deliveries(world)[-1]
    signature = sign((last.body or "").encode(), secret=secret)
    assert (last.event, last.hook_signature) == ("installation.deleted", signature)
    with world.control.database.session():
        recipient = prepare(last)
    assert not isinstance(recipient, Rejection)
    assert (recipient.url, recipient.client_secret) == ("https://a.example", None)


@pytest.mark.parametrize(("status", "url"), [("internal", "https://a.example"), ("unpublished", None)])
def test_an_internal_app_and_one_without_a_url_are_told_nothing(
    world: World, owner: Caller, status: str, url: str | None
) -> None:
    app = world.app(status=status, webhook_url=url, is_alertable=False)
    if status == "unpublished":
        owner.post(INSTALLATIONS, {"slug": app.slug})
    owner.delete(f"/sentry-apps/{app.slug}/")
    assert deliveries(world) == []
