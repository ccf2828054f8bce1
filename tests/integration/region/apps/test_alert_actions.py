"""``AppService`` about alert rules and prepared components, on control and in the region alike: apps are asked."""

from typing import Any

import pytest
from google.protobuf import json_format, struct_pb2

from control_silo.models.installation import SentryAppInstallation
from shared.pb.hybridcloud.apps.v1 import alert_calls_pb2, component_calls_pb2
from tests.integration.region.apps.world import BOARDS, World

SCHEMA = {
    "elements": [
        {
            "type": "alert-rule-action",
            "title": "Create a card",
            "settings": {
                "type": "alert-rule-settings",
                "uri": "/alert",
                "required_fields": [{"type": "select", "name": "board", "label": "Board", "uri": "/boards"}],
            },
        }
    ]
}
both_silos = pytest.mark.parametrize("silo", ["control", "us"])


def install(world: World) -> SentryAppInstallation:
    app = world.create_app(schema=SCHEMA, name="Kanban")
    world.third_party.secret = world.secret_of(app)
    world.silos.replicate()
    return world.installation_of(app)


def trigger(world: World, silo: str, uuid: str) -> alert_calls_pb2.TriggerSentryAppActionCreatorsResponse:
    field = json_format.ParseDict({"name": "board", "value": 1}, struct_pb2.Struct())
    request = alert_calls_pb2.TriggerSentryAppActionCreatorsRequest(fields=[field], install_uuid=uuid)
    answer: alert_calls_pb2.TriggerSentryAppActionCreatorsResponse = world.silos.ask(silo, request)
    return answer


def prepare(world: World, silo: str, installation: SentryAppInstallation, component_type: str) -> Any:
    request = component_calls_pb2.PrepareSentryAppComponentsRequest(
        installation_id=installation.id, component_type=component_type
    )
    return world.silos.ask(silo, request)


@both_silos
def test_an_app_is_told_of_a_saved_rule(world: World, silo: str) -> None:
    installation = install(world)
    world.third_party.answers("/alert", json={})
    answer = trigger(world, silo, installation.uuid)
    assert (answer.success, answer.message, answer.HasField("error_type")) == (True, "Kanban: Success!", False)
    (request,) = world.third_party.requests
    assert request.is_signed(world.third_party.secret)
    assert request.json == {"fields": [{"name": "board", "value": 1}], "installationId": installation.uuid}


@both_silos
@pytest.mark.parametrize(
    ("status", "answered", "message", "seen"),
    [
        (200, {"message": "Done."}, "Kanban: Done.", None),
        (400, {"message": "No such board."}, "Kanban: No such board.", 400),
        (500, [], "Kanban: Something went wrong!", 500),
        (302, {}, "Kanban: Something went wrong!", 502),
    ],
)
def test_an_apps_own_words_reach_the_user(
    world: World, silo: str, status: int, answered: Any, message: str, seen: int | None
) -> None:
    installation = install(world)
    world.third_party.answers("/alert", status=status, json=answered)
    answer = trigger(world, silo, installation.uuid)
    assert (answer.success, answer.message) == (seen is None, message)
    assert (answer.status_code or None, answer.error_type) == (seen, "" if seen is None else "integrator")


@both_silos
def test_an_app_that_cannot_be_reached_refuses_the_rule(world: World, silo: str) -> None:
    installation = install(world)
    world.third_party.stop()
    answer = trigger(world, silo, installation.uuid)
    assert (answer.success, answer.error_type, answer.status_code) == (False, "integrator", 502)
    assert answer.webhook_context["reason"] == "APP_UNREACHABLE"


@both_silos
def test_an_unknown_installation_is_the_platforms_fault(world: World, silo: str) -> None:
    answer = trigger(world, silo, "none")
    assert (answer.success, answer.message, answer.error_type) == (False, "Installation does not exist", "sentry")


@both_silos
def test_an_app_without_the_component_is_not_told(world: World, silo: str) -> None:
    answer = trigger(world, silo, world.installation.uuid)
    assert (answer.success, answer.message) == (False, "Sentry App request url not found on schema")
    assert not world.third_party.requests


@both_silos
def test_a_component_is_prepared_with_the_apps_choices(world: World, silo: str) -> None:
    installation = install(world)
    world.third_party.answers("/boards", json=BOARDS)
    component = prepare(world, silo, installation, "alert-rule-action").component
    (field,) = json_format.MessageToDict(component.app_schema)["settings"]["required_fields"]
    assert (field["choices"], field["defaultValue"]) == ([[1, "One"], ["2", "Two"]], "2")


@both_silos
def test_a_component_whose_app_does_not_help_is_none(world: World, silo: str) -> None:
    installation = install(world)
    world.third_party.answers("/boards", status=500)
    assert not prepare(world, silo, installation, "alert-rule-action").HasField("component")


@both_silos
def test_a_rules_editor_is_offered_what_could_be_prepared(world: World, silo: str) -> None:
    installation = install(world)
    broken = world.create_app(schema=SCHEMA, webhook_url=None, events=[], name="Broken")
    world.silos.replicate()
    world.third_party.answers("/boards", json=BOARDS)
    request = alert_calls_pb2.GetCustomAlertRuleActionsRequest(event_data={"id": "n"}, organization_id=world.acme.id)
    actions = world.silos.ask(silo, request).actions
    assert [action["sentryAppInstallationUuid"] for action in actions] == [installation.uuid]
    assert broken.slug not in str(actions)


def test_what_a_region_asks_is_in_its_log(world: World) -> None:
    installation = install(world)
    world.third_party.answers("/alert", json={})
    trigger(world, "us", installation.uuid)
    with world.silos.control.database.session():
        app = installation.sentry_app
    assert [record.event for record in world.log(app)] == ["alert_rule_action.requested"]
