"""``SentryAppRegionService`` over its channel: answers, and refusals inside them."""

from typing import Any

import pytest
from google.protobuf import json_format

from shared.errors import FieldMissing, InstallationNotFound, InvalidInput, OrganizationNotFound, PermissionDenied
from shared.pb.hybridcloud.apps.v1 import app_pb2, installation_pb2
from shared.pb.hybridcloud.region.v1 import sentry_app_region_service_pb2 as pb
from shared.pb.hybridcloud.region.v1 import sentry_app_region_service_pb2_grpc
from shared.pb.hybridcloud.users.v1 import user_pb2
from tests.integration.region.apps.world import BOARDS, World

TICKET = {"webUrl": "https://kanban.example/card/7", "project": "web", "identifier": "7"}


def common(world: World) -> dict[str, Any]:
    return {"organization_id": world.acme.id, "installation": world.named}


def link(world: World, **changes: Any) -> pb.CreateIssueLinkResponse:
    fields: dict[str, Any] = {
        "group_id": world.issue.id,
        "action": "create",
        "uri": "/create",
        "user": user_of(world),
    } | changes
    return world.rpc.CreateIssueLink(pb.CreateIssueLinkRequest(**common(world), **fields))


def create(world: World, **changes: Any) -> pb.CreateExternalIssueResponse:
    fields: dict[str, Any] = {
        "group_id": world.issue.id,
        "web_url": TICKET["webUrl"],
        "project": "web",
        "identifier": "7",
    } | changes
    return world.rpc.CreateExternalIssue(pb.CreateExternalIssueRequest(**common(world), **fields))


def user_of(world: World) -> user_pb2.RpcUser:
    return user_pb2.RpcUser(id=world.owner_user.user.id, name="Olga")


def stranger(world: World) -> user_pb2.RpcUser:
    user = world.create_user(organization=world.other_organization()).user
    return user_pb2.RpcUser(id=user.id)


def refusal(answer: Any) -> tuple[str, int, str]:
    return answer.error.error_type, answer.error.status_code, answer.error.message


def test_choices_are_answered_with_their_types(world: World) -> None:
    world.third_party.answers("/boards", json=BOARDS)
    answer = world.rpc.GetSelectOptions(pb.GetSelectOptionsRequest(**common(world), uri="/boards"))
    assert [json_format.MessageToDict(choice) for choice in answer.choices] == [[1.0, "One"], ["2", "Two"]]
    assert answer.default_value.string_value == "2"


def test_without_a_selected_choice_the_default_is_absent(world: World) -> None:
    world.third_party.answers("/boards", json=[{"value": "1", "label": "One"}])
    answer = world.rpc.GetSelectOptions(pb.GetSelectOptionsRequest(**common(world), uri="/boards"))
    assert len(answer.choices) == 1
    assert not answer.HasField("default_value")
    assert not answer.HasField("error")


def test_an_apps_refusal_travels_inside_the_answer(world: World) -> None:
    world.third_party.answers("/boards", status=418, json={"message": "Tea only."})
    answer = world.rpc.GetSelectOptions(pb.GetSelectOptionsRequest(**common(world), uri="/boards"))
    assert refusal(answer) == ("integrator", 418, "Tea only.")
    assert answer.error.webhook_context["uri"] == "/boards"
    assert not answer.error.HasField("public_context")


def test_a_wrong_uri_is_the_clients_fault(world: World) -> None:
    answer = world.rpc.GetSelectOptions(pb.GetSelectOptionsRequest(**common(world), uri="//evil.example"))
    text = "Invalid URI: must be a relative path starting with '/'."
    assert refusal(answer) == ("client", 400, text)
    assert json_format.MessageToDict(answer.error.public_dict) == {"uri": [text]}


def test_a_project_must_be_the_organizations_and_within_the_users_reach(world: World) -> None:
    missing = pb.GetSelectOptionsRequest(**common(world), uri="/boards", project_id=7)
    foreign = pb.GetSelectOptionsRequest(
        **common(world), uri="/boards", project_id=world.project.id, user=stranger(world)
    )
    answers = [world.rpc.GetSelectOptions(request) for request in (missing, foreign)]
    assert [refusal(answer) for answer in answers] == [
        ("client", 404, "Could not find the given project for this organization."),
        ("client", 403, "You do not have permission to access this project."),
    ]


def test_a_link_is_made_through_the_app(world: World) -> None:
    world.third_party.answers("/create", json=TICKET)
    answer = link(world, fields={"title": "Oh", "count": 2})
    assert (answer.created, answer.external_issue.display_name) == (True, "web#7")
    assert answer.external_issue.group_id == world.issue.id
    sent = world.third_party.requests[0].json
    assert sent["fields"] == {"title": "Oh", "count": 2}
    assert sent["actor"] == {"type": "user", "id": world.owner_user.user.id, "name": "Olga"}


def test_an_expected_link_is_not_asked_for_twice(world: World) -> None:
    world.third_party.answers("/create", json=TICKET)
    expected: dict[str, Any] = {"expected_external_issue_url": TICKET["webUrl"]}
    assert [link(world, **expected).created for _ in range(2)] == [True, False]
    other = link(world, expected_external_issue_url="https://kanban.example/card/8")
    assert refusal(other) == ("client", 409, "The issue is linked to a different external issue.")
    assert other.error.public_context["externalIssueUrl"] == TICKET["webUrl"]


def test_what_is_not_there_is_refused_with_its_own_text(world: World) -> None:
    request = pb.DeleteExternalIssueRequest(**common(world), external_issue_id=7)
    answers: list[Any] = [link(world, group_id=7), create(world, group_id=7), world.rpc.DeleteExternalIssue(request)]
    assert [refusal(answer) for answer in answers] == [
        ("client", 404, "Could not find the corresponding issue for the given groupId"),
        ("client", 404, "Could not find the corresponding issue for the given issueId"),
        ("client", 404, "Could not find the corresponding external issue from given external_issue_id"),
    ]


def test_a_user_without_reach_is_refused_with_its_own_text(world: World) -> None:
    user = stranger(world)
    made = create(world).external_issue
    request = pb.DeleteExternalIssueRequest(**common(world), external_issue_id=made.id, user=user)
    answers = [link(world, user=user), create(world, user=user), world.rpc.DeleteExternalIssue(request)]
    assert [refusal(answer) for answer in answers] == [
        ("client", 403, "You do not have permission to link this issue."),
        ("client", 403, "You do not have permission to create an external issue for this issue."),
        ("client", 403, "You do not have permission to delete this external issue."),
    ]


def test_the_proxy_user_of_an_installed_app_has_reach(world: World) -> None:
    proxy = user_pb2.RpcUser(id=world.app.proxy_user_id, is_sentry_app=True)
    made = create(world, user=proxy).external_issue
    request = pb.DeleteExternalIssueRequest(**common(world), external_issue_id=made.id, user=proxy)
    assert world.rpc.DeleteExternalIssue(request).success


def test_a_wrong_ticket_is_refused_field_by_field(world: World) -> None:
    answer = create(world, web_url="nowhere", project="")
    assert refusal(answer)[:2] == ("client", 400)
    assert json_format.MessageToDict(answer.error.public_dict) == {
        "webUrl": ["Enter a valid URL."],
        "project": ["This field may not be blank."],
    }


def test_projects_of_a_hook_are_set_read_and_deleted(world: World) -> None:
    request = pb.SetServiceHookProjectsRequest(**common(world))
    request.project_identifiers.extend([world.project.id])
    made = world.rpc.SetServiceHookProjects(request).service_hook_projects
    read = world.rpc.GetServiceHookProjects(pb.GetServiceHookProjectsRequest(**common(world))).service_hook_projects
    assert [item.project_id for item in made] == [world.project.id]
    assert list(read) == list(made)
    assert world.rpc.DeleteServiceHookProjects(pb.DeleteServiceHookProjectsRequest(**common(world))).success


def test_projects_of_a_hook_are_for_who_may_reach_them(world: World) -> None:
    request = pb.SetServiceHookProjectsRequest(**common(world))
    request.project_identifiers.extend(["web"])
    asker: dict[str, Any] = {"auth_context": user_pb2.AuthenticationContext(user=stranger(world))}
    forbidden = pb.SetServiceHookProjectsRequest(**common(world), **asker)
    forbidden.project_identifiers.extend(["web"])
    refused_first = world.rpc.SetServiceHookProjects(forbidden)
    world.rpc.SetServiceHookProjects(request)
    answers = [
        refused_first,
        world.rpc.SetServiceHookProjects(forbidden),
        world.rpc.GetServiceHookProjects(pb.GetServiceHookProjectsRequest(**common(world), **asker)),
        world.rpc.DeleteServiceHookProjects(pb.DeleteServiceHookProjectsRequest(**common(world), **asker)),
    ]
    assert [refusal(answer)[1:] for answer in answers] == [
        (400, "One or more project identifier is duplicate, not accessible, or does not exist."),
        (403, "Some projects affected by this request are not accessible"),
        (403, "Some projects are not accessible"),
        (403, "Cannot remove projects that are not accessible"),
    ]


def test_nobody_reaches_no_projects(world: World) -> None:
    request = pb.SetServiceHookProjectsRequest(**common(world), auth_context=user_pb2.AuthenticationContext())
    request.project_identifiers.extend(["web"])
    assert refusal(world.rpc.SetServiceHookProjects(request))[1] == 400


def test_interactions_are_counted_and_read(world: World) -> None:
    app = app_pb2.RpcSentryApp(id=world.app.id, slug=world.app.slug)
    now = int(world.silos.clock.now().timestamp())
    for field in (
        {"tsdb_field": "sentry_app_viewed"},
        {"tsdb_field": "sentry_app_component_interacted", "component_type": "issue-link"},
    ):
        assert world.rpc.RecordInteraction(pb.RecordInteractionRequest(sentry_app=app, **field)).success
    request = pb.GetInteractionStatsRequest(sentry_app=app, component_types=["issue-link", "x"], since=now, until=now)
    stats = world.rpc.GetInteractionStats(request)
    hour = now - now % 3600
    assert [(count.time, count.count) for count in stats.views] == [(hour, 1)]
    counts = {name: item.counts[0].count for name, item in stats.component_interactions.items()}
    assert counts == {"issue-link": 1, "x": 0}


def test_a_wrong_interaction_is_refused_inside_the_answer(world: World) -> None:
    app = app_pb2.RpcSentryApp(id=world.app.id, slug=world.app.slug)
    recorded = world.rpc.RecordInteraction(pb.RecordInteractionRequest(sentry_app=app, tsdb_field="x"))
    read = world.rpc.GetInteractionStats(pb.GetInteractionStatsRequest(sentry_app=app, since=2, until=1))
    assert refusal(recorded)[1:] == (
        400,
        "The tsdbField must be one of: sentry_app_viewed, sentry_app_component_interacted",
    )
    assert refusal(read)[1:] == (400, "start must be before end")


def test_only_so_many_components_are_counted_at_once(world: World) -> None:
    app = app_pb2.RpcSentryApp(id=world.app.id, slug=world.app.slug)
    types = [f"type-{number}" for number in range(101)]
    with pytest.raises(InvalidInput):
        world.rpc.GetInteractionStats(pb.GetInteractionStatsRequest(sentry_app=app, component_types=types))


@pytest.mark.parametrize(
    ("changes", "error"),
    [
        ({"installation": None}, FieldMissing),
        ({"installation": installation_pb2.RpcSentryAppInstallation(uuid="none")}, InstallationNotFound),
        ({"installation": installation_pb2.RpcSentryAppInstallation(id=2**40)}, InstallationNotFound),
        ({"organization_id": 0}, FieldMissing),
        ({"organization_id": 2**40}, OrganizationNotFound),
    ],
)
def test_what_a_call_is_about_must_be_known(world: World, changes: Any, error: type[Exception]) -> None:
    request = pb.GetServiceHookProjectsRequest(**common(world) | changes)
    with pytest.raises(error):
        world.rpc.GetServiceHookProjects(request)


def test_an_installation_is_in_its_own_organization_alone(world: World) -> None:
    other = world.other_organization()
    request = pb.GetServiceHookProjectsRequest(organization_id=other.id, installation=world.named)
    with pytest.raises(InvalidInput):
        world.rpc.GetServiceHookProjects(request)


def test_another_region_has_nothing_here(world: World) -> None:
    channel = world.silos.channel("us", caller="de")
    stub = sentry_app_region_service_pb2_grpc.SentryAppRegionServiceStub(channel)
    with pytest.raises(PermissionDenied):
        stub.GetServiceHookProjects(pb.GetServiceHookProjectsRequest(**common(world)))
