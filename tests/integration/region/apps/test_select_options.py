"""``external-requests/``: what is asked of the app, how its answer is read, and every text of a failure."""

from typing import Any

import pytest

from shared.domain.scopes import Role
from tests.integration.region.apps.world import BOARDS, World


def ask(world: World, **query: Any) -> Any:
    return world.owner.get(f"{world.path}/external-requests/", **{"uri": "/boards"} | query)


def test_an_apps_choices_are_answered_as_it_gave_them(world: World) -> None:
    world.third_party.answers("/boards", json=BOARDS)
    answer = ask(world)
    assert (answer.status_code, answer.json()) == (200, {"choices": [[1, "One"], ["2", "Two"]], "defaultValue": "2"})


def test_the_app_is_asked_at_its_own_host_with_all_that_the_choices_depend_on(world: World) -> None:
    world.third_party.answers("/boards", json=[])
    ask(world, projectId=world.project.id, query="a&b", dependentData='{"team":"x"}')
    (request,) = world.third_party.requests
    assert (request.method, request.path, request.body) == ("GET", "/boards", b"")
    assert request.query == {
        "installationId": world.installation.uuid,
        "projectSlug": "web",
        "query": "a&b",
        "dependentData": '{"team":"x"}',
    }


def test_a_question_without_a_body_is_signed_over_the_empty_body(world: World) -> None:
    world.third_party.answers("/boards", json=[])
    ask(world)
    (request,) = world.third_party.requests
    assert request.body == b""
    assert request.is_signed(world.third_party.secret)
    assert len(request.headers["request-id"]) == 32


def test_an_apps_refusal_keeps_its_status_and_its_words(world: World) -> None:
    world.third_party.answers("/boards", status=422, json={"message": "No board for you."})
    answer = ask(world)
    assert (answer.status_code, answer.json()) == (422, {"detail": "No board for you."})


@pytest.mark.parametrize("answered", [{"json": {"other": 1}}, {"json": {"message": 7}}, {"body": b"<html>"}])
def test_a_refusal_without_words_is_given_some(world: World, answered: dict[str, Any]) -> None:
    world.third_party.answers("/boards", status=503, **answered)
    answer = ask(world)
    text = f"Something went wrong while getting options for Select FormField from {world.app.slug}"
    assert (answer.status_code, answer.json()) == (503, {"detail": text})


def test_an_app_that_cannot_be_reached_is_a_bad_gateway(world: World) -> None:
    world.third_party.stop()
    answer = ask(world)
    text = f"Something went wrong while getting options for Select FormField from {world.app.slug}"
    assert (answer.status_code, answer.json()) == (502, {"detail": text})


def test_a_redirect_is_no_answer(world: World) -> None:
    world.third_party.answers("/boards", status=302, Location="/other")
    assert ask(world).status_code == 502
    assert len(world.third_party.requests) == 1


@pytest.mark.parametrize("answered", [{}, {"choices": []}, [1], ["a"], "text", None, [{"value": [], "label": "x"}]])
def test_an_answer_of_another_shape_is_the_apps_fault(world: World, answered: Any) -> None:
    world.third_party.answers("/boards", json=answered)
    answer = ask(world)
    text = f"Invalid response format for Select FormField in {world.app.slug} from uri: /boards"
    assert (answer.status_code, answer.json()) == (400, {"detail": text})


@pytest.mark.parametrize("option", [{"value": 1}, {"label": "x"}, {}])
def test_an_option_without_value_or_label_is_the_apps_fault(world: World, option: Any) -> None:
    world.third_party.answers("/boards", json=[option])
    answer = ask(world)
    assert answer.json() == {"detail": "Missing `value` or `label` in option data for Select FormField"}
    assert answer.status_code == 400


@pytest.mark.parametrize("uri", ["//evil.example/", "/@evil.example", "boards", "http://evil.example/", "/a\\b", ""])
def test_a_uri_that_is_no_path_is_refused(world: World, uri: str) -> None:
    answer = ask(world, uri=uri)
    assert answer.status_code == 400
    assert answer.json() == {"uri": ["Invalid URI: must be a relative path starting with '/'."]}
    assert not world.third_party.requests


def test_a_uri_is_required(world: World) -> None:
    answer = world.owner.get(f"{world.path}/external-requests/")
    assert (answer.status_code, answer.json()) == (400, {"uri": ["This field is required."]})


def test_a_project_id_is_a_number(world: World) -> None:
    answer = ask(world, projectId="web")
    assert (answer.status_code, answer.json()) == (400, {"projectId": ["A valid integer is required."]})


def test_a_project_belongs_to_the_organization(world: World) -> None:
    other = world.other_organization()
    project = world.create_project("web", organization_id=other.id)
    answer = ask(world, projectId=project.id)
    assert answer.status_code == 404
    assert answer.json() == {"detail": "Could not find the given project for this organization."}


def test_whoever_may_read_the_installation_may_ask(world: World) -> None:
    world.third_party.answers("/boards", json=[])
    path = f"{world.path}/external-requests/"
    callers = [world.person(Role.MEMBER), world.robot, world.nobody, world.stranger()]
    assert [caller.get(path, uri="/boards").status_code for caller in callers] == [200, 200, 401, 404]


def test_an_unknown_installation_is_not_found(world: World) -> None:
    answer = world.owner.get("/sentry-app-installations/none/external-requests/", uri="/boards")
    assert (answer.status_code, answer.json()) == (404, {"detail": "Could not find given sentry app installation"})


def test_an_installation_is_known_before_it_is_replicated(world: World) -> None:
    installation = world.create_public_app()
    world.third_party.answers("/boards", json=[])
    path = f"/sentry-app-installations/{installation.uuid}/external-requests/"
    assert world.owner.get(path, uri="/boards").json() == {"choices": []}


def test_every_question_is_logged_without_secrets(world: World) -> None:
    world.third_party.answers("/boards", status=500, json={"a": 1}, Sentry_Hook_Error="abc", Sentry_Hook_Project="7")
    ask(world)
    (record,) = world.log()
    assert (record.event, record.response_code, record.organization_id) == ("select_options.requested", 500, None)
    assert (record.error_id, record.project_id, record.response_body) == ("abc", 7, '{"a": 1}')
    assert world.third_party.secret not in str(record.request_headers)


def test_a_question_without_an_answer_is_logged_with_code_zero(world: World) -> None:
    world.third_party.stop()
    ask(world)
    (record,) = world.log()
    assert (record.response_code, record.is_error) == (0, True)
