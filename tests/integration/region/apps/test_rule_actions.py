"""Rules with an app's action: stored once the app agrees."""

from typing import Any

import pytest

from control_silo.models.installation import SentryAppInstallation
from tests.integration.region.apps.test_alert_actions import SCHEMA, install
from tests.integration.region.apps.world import World

SETTINGS = [{"name": "board", "value": 1}]


def store(world: World, uuid: str, **action: Any) -> Any:
    fields = {"sentryAppInstallationUuid": uuid, "settings": SETTINGS, "hasSchemaFormConfig": True} | action
    named = {"id": "sentry.rules.actions.notify_event_sentry_app.NotifyEventSentryAppAction"} | fields
    return world.owner.post(f"/projects/{world.acme.slug}/web/rules/", {"name": "Tell", "actions": [named]})


def stored(world: World) -> int:
    return len(world.owner.get(f"/projects/{world.acme.slug}/web/rules/").json())


def test_an_app_is_told_what_the_user_entered_and_the_rule_is_stored(world: World) -> None:
    installation = install(world)
    world.third_party.answers("/alert", json={})
    assert store(world, installation.uuid).json()["actions"][0]["settings"] == SETTINGS
    (request,) = world.third_party.requests
    assert request.is_signed(world.third_party.secret)
    assert request.json == {"fields": SETTINGS, "installationId": installation.uuid}


@pytest.mark.parametrize(
    ("status", "answered", "text"),
    [
        (400, {"message": "No such board."}, "Kanban: No such board."),
        (500, [], "Kanban: Something went wrong!"),
    ],
)
def test_a_rule_that_its_app_refuses_is_not_stored(world: World, status: int, answered: Any, text: str) -> None:
    installation = install(world)
    world.third_party.answers("/alert", status=status, json=answered)
    answer = store(world, installation.uuid)
    assert (answer.status_code, answer.json(), stored(world)) == (400, {"actions": [text]}, 0)
    with world.silos.control.database.session():
        app = installation.sentry_app
    assert [(record.event, record.response_code) for record in world.log(app)] == [
        ("alert_rule_action.requested", status)
    ]


def test_an_app_is_told_only_of_what_was_entered_in_its_form(world: World) -> None:
    assert store(world, install(world).uuid, hasSchemaFormConfig=False).status_code == 200
    assert not world.third_party.requests


def test_an_app_without_a_form_refuses_what_was_entered_in_one(world: World) -> None:
    answer = store(world, world.installation.uuid, hasSchemaFormConfig=False)
    assert answer.json() == {"actions": [f"Alert Rule Actions are not enabled for the {world.app.name} integration."]}


@pytest.mark.parametrize(
    ("settings", "text"),
    [
        ([], "Kanban requires settings to configure alert rules."),
        ([{"name": "lane", "value": "1"}], "Kanban is missing required settings field: 'board'"),
        ([{"name": "board", "value": ""}], "Kanban is missing required settings field: 'board'"),
        ([*SETTINGS, {"name": "colour", "value": "red"}], "Unexpected setting(s) 'colour' configured for Kanban"),
    ],
)
def test_what_was_entered_has_to_fit_the_apps_form(world: World, settings: Any, text: str) -> None:
    answer = store(world, install(world).uuid, settings=settings, hasSchemaFormConfig=False)
    assert (answer.status_code, answer.json(), stored(world)) == (400, {"actions": [text]}, 0)
    assert not world.third_party.requests


def test_a_rule_is_changed_as_a_whole_and_its_app_asked_again(world: World) -> None:
    installation = install(world)
    world.third_party.answers("/alert", json={})
    made = store(world, installation.uuid).json()
    path = f"/projects/{world.acme.slug}/web/rules/{made['id']}/"
    changed = world.owner.call("PUT", path, json=made | {"name": "Other", "frequency": 60})
    assert (changed.status_code, changed.json()["name"], changed.json()["frequency"]) == (200, "Other", 60)
    assert world.owner.get(path).json() == changed.json()
    assert len(world.third_party.requests) == 2
    other = made | {"actions": [made["actions"][0] | {"settings": []}]}
    assert world.owner.call("PUT", path, json=other).status_code == 400
    assert world.owner.call("PUT", f"{path[:-2]}999/", json=made).status_code == 404


def test_an_installation_that_has_not_arrived_is_known(world: World) -> None:
    app = world.create_app(schema=SCHEMA)
    world.third_party.answers("/alert", json={})
    assert store(world, world.installation_of(app).uuid).status_code == 200


def elsewhere(world: World, *, region: str) -> SentryAppInstallation:
    app = world.create_app(owner=world.other_organization(region=region))
    world.silos.replicate()
    return world.installation_of(app)


@pytest.mark.parametrize("region", ["us", "de"])
def test_a_rule_tells_no_installation_of_another_organization(world: World, region: str) -> None:
    uuid = elsewhere(world, region=region).uuid
    text = f"Could not identify an installation in this organization by the UUID {uuid}"
    answer = store(world, uuid)
    assert (answer.status_code, answer.json()) == (400, {"actions": [text]})


@pytest.mark.parametrize("uuid", ["none", "x" * 10_000, "a\x00b"])
def test_a_rule_tells_no_installation_that_does_not_exist(world: World, uuid: str) -> None:
    assert (store(world, uuid).status_code, stored(world)) == (400, 0)
