import threading
from typing import Any

import pytest

from control_silo.models.app import SentryApp
from control_silo.models.application import ApiToken
from control_silo.models.installation import SentryAppInstallation
from control_silo.models.region import OrganizationReplica
from control_silo.models.user import User
from control_silo.services.delete import uninstall
from control_silo.services.secret import hash_token
from shared.category import Category
from shared.consistency import decode
from shared.domain.scopes import Role
from shared.errors import CallerNotOwner, InvalidInput, OrganizationNotFound, UserNotFound, ValidationFailed
from shared.pb.hybridcloud.apps.v1 import app_service_pb2 as pb
from shared.pb.hybridcloud.apps.v1 import installation_pb2
from tests.silos import SCHEMA, Silos, fresh

Filter = installation_pb2.SentryAppInstallationFilter


@pytest.fixture
def acme(silos: Silos) -> OrganizationReplica:
    return silos.create_organization(fresh("acme"), region="us")


@pytest.fixture
def owner(silos: Silos, acme: OrganizationReplica) -> User:
    return silos.create_user(fresh("owner@acme.example"), organization_id=acme.id)


@pytest.fixture
def app(silos: Silos, acme: OrganizationReplica, owner: User) -> SentryApp:
    return silos.create_app(fresh("Kanban"), owner=acme, creator=owner)


def test_a_changed_name_and_changed_events_are_told_expanded(silos: Silos, app: SentryApp) -> None:
    attrs = {"name": " Board ", "events": ["comment", "issue.created"]}
    changed = silos.ask("control", pb.UpdateSentryAppRequest(id=app.id, attrs=attrs)).sentry_app
    assert changed.name == "Board"
    assert list(changed.events) == ["comment.created", "comment.deleted", "comment.updated", "issue.created"]


def test_absent_attributes_change_nothing(silos: Silos, app: SentryApp) -> None:
    answer, token = silos.ask_with_token("control", pb.UpdateSentryAppRequest(id=app.id, attrs={}))
    assert answer.sentry_app.name == app.name
    assert answer.sentry_app.events
    assert not token


def test_an_empty_list_of_events_ends_every_subscription(silos: Silos, app: SentryApp) -> None:
    answer = silos.ask("control", pb.UpdateSentryAppRequest(id=app.id, attrs={"events": []}))
    assert not answer.sentry_app.events


def test_changing_an_unknown_app_answers_nothing(silos: Silos) -> None:
    answer = silos.ask("control", pb.UpdateSentryAppRequest(id=404, attrs={"name": "Board"}))
    assert not answer.HasField("sentry_app")


@pytest.mark.parametrize(
    ("attrs", "fields"),
    [
        ({"name": "  "}, {"name": ["This field may not be blank."]}),
        ({"name": "x\x00y"}, {"name": ["Null characters are not allowed."]}),
        ({"events": ["issue", 7]}, {"events": ["Not a valid string."]}),
        ({"events": ["issue", "moon", "sun"]}, {"events": ["Invalid event subscription: moon, sun"]}),
    ],
    ids=["blank", "null character", "number", "unknown"],
)
def test_attributes_that_no_app_can_have_are_refused(
    silos: Silos, app: SentryApp, attrs: dict[str, Any], fields: dict[str, list[str]]
) -> None:
    with pytest.raises(ValidationFailed) as caught:
        silos.ask("control", pb.UpdateSentryAppRequest(id=app.id, attrs=attrs))
    assert caught.value.fields == fields


def test_a_region_changes_the_apps_of_its_own_organizations_alone(silos: Silos, app: SentryApp) -> None:
    request = pb.UpdateSentryAppRequest(id=app.id, attrs={"name": "Board"})
    assert silos.ask("control", request, caller="us").sentry_app.name == "Board"
    with pytest.raises(CallerNotOwner):
        silos.ask("control", request, caller="de")


def test_a_disabled_app_stays_without_events(silos: Silos, app: SentryApp) -> None:
    silos.ask("control", pb.DisableSentryappRequest(id=app.id))
    found = silos.ask("control", pb.GetSentryAppByIdRequest(id=app.id)).sentry_app
    assert (found.name, found.is_disabled) == (app.name, True)
    assert not found.events


def test_disabling_an_unknown_app_changes_nothing(silos: Silos) -> None:
    assert silos.ask_with_token("control", pb.DisableSentryappRequest(id=404)) == (pb.DisableSentryappResponse(), "")


def test_an_integration_is_internal_installed_and_holds_a_token(silos: Silos, acme: Any, owner: User) -> None:
    made = silos.ask("control", _robot(acme, owner, metadata={"channel": 7})).installation
    assert (made.status, made.sentry_app.status, list(made.sentry_app.scope_list)) == (
        "installed",
        "internal",
        ["event:read", "event:write"],
    )
    assert made.sentry_app.metadata["channel"] == 7
    with silos.control.database.session():
        token = ApiToken.get(ApiToken.token_hash == hash_token(made.api_token))
    assert token.scope_list == ["event:read", "event:write"]


def test_the_same_integration_is_made_once_and_its_token_shown_once(silos: Silos, acme: Any, owner: User) -> None:
    first, second = (silos.ask("control", _robot(acme, owner)).installation for _ in range(2))
    assert first.api_token
    first.ClearField("api_token")
    assert second == first


def test_whoever_asks_again_for_an_integration_may_require_what_the_first_call_wrote(
    silos: Silos, acme: Any, owner: User
) -> None:
    asked = [silos.ask_with_token("control", _robot(acme, owner)) for _ in range(2)]
    first, again = ({(each.category, each.object_id): each.version for each in decode(token)} for _, token in asked)
    assert again == {key: first[key] for key in again}
    assert {category for category, _ in again} == {Category.APP, Category.INSTALLATION}


def test_another_creator_makes_another_integration(silos: Silos, acme: Any, owner: User) -> None:
    other = silos.create_user(fresh("other@acme.example"))
    first, second = (silos.ask("control", _robot(acme, user)).installation for user in (owner, other))
    assert first.sentry_app.id != second.sentry_app.id


def test_twin_requests_make_one_integration(silos: Silos, acme: Any, owner: User) -> None:
    request, start, tokens = _robot(acme, owner), threading.Barrier(4), []

    def ask() -> None:
        start.wait()
        tokens.append(silos.ask("control", request).installation.api_token)

    threads = [threading.Thread(target=ask) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(list(filter(None, tokens))) == 1
    assert len(silos.ask("control", pb.GetSentryAppsForOrganizationRequest(organization_id=acme.id)).sentry_apps) == 1


def test_an_integration_that_was_uninstalled_is_installed_again(silos: Silos, acme: Any, owner: User) -> None:
    first = silos.ask("control", _robot(acme, owner)).installation
    uninstall(silos.control, uuid=first.uuid, actor=owner)
    second = silos.ask("control", _robot(acme, owner)).installation
    assert second.sentry_app.id == first.sentry_app.id
    assert second.id != first.id


@pytest.mark.parametrize(
    ("change", "error"),
    [
        ({"organization_id": 404}, OrganizationNotFound),
        ({"integration_creator_id": 404}, UserNotFound),
        ({"integration_name": "x" * 58}, ValidationFailed),
        ({"integration_scopes": ["moon:read"]}, ValidationFailed),
    ],
    ids=["organization", "creator", "name", "scope"],
)
def test_an_integration_that_cannot_be_is_refused_whole(
    silos: Silos, acme: Any, owner: User, change: dict[str, Any], error: type[Exception]
) -> None:
    request = _robot(acme, owner)
    request.MergeFrom(pb.CreateInternalIntegrationForChannelRequestRequest(**change))
    with pytest.raises(error):
        silos.ask("control", request)
    assert not silos.ask("control", pb.GetSentryAppsForOrganizationRequest(organization_id=acme.id)).sentry_apps


def test_a_region_makes_integrations_for_its_own_organizations_alone(silos: Silos, acme: Any, owner: User) -> None:
    with pytest.raises(CallerNotOwner):
        silos.ask("control", _robot(acme, owner), caller="de")


def test_the_creator_is_written_to(silos: Silos, acme: Any) -> None:
    request = pb.GetNotificationEmailsForSentryAppRequest(organization_id=acme.id, creator_label="me@acme.example")
    assert list(silos.ask("control", request).emails) == ["me@acme.example"]


def test_without_a_creator_s_address_the_owners_and_then_the_managers_are_written_to(silos: Silos, acme: Any) -> None:
    people = {
        role: silos.create_user(fresh(f"{role}@acme.example"), organization_id=acme.id, role=role)
        for role in (Role.MANAGER, Role.ADMIN, Role.MEMBER, Role.OWNER)
    }
    request = pb.GetNotificationEmailsForSentryAppRequest(organization_id=acme.id, creator_label="me")
    assert list(silos.ask("control", request).emails) == [people[Role.OWNER].email, people[Role.MANAGER].email]


def test_an_installation_is_serialized_as_the_api_shows_it(silos: Silos, acme: Any, app: SentryApp) -> None:
    installation = silos.install(app, organization=acme)
    request = pb.SerializeManyRequest(filter=Filter(organization_id=acme.id))
    [shown] = silos.ask("control", request).installations
    assert shown == {
        "app": {"uuid": app.uuid, "slug": app.slug, "sentryAppId": app.id},
        "organization": {"slug": acme.slug, "id": acme.id},
        "uuid": installation.uuid,
        "status": "installed",
    }


@pytest.mark.parametrize(
    ("role", "scopes", "codes"),
    [(Role.OWNER, None, ["code"]), (Role.MEMBER, None, []), (Role.OWNER, ["org:read"], [])],
    ids=["owner", "member", "owner with a narrow token"],
)
def test_a_code_is_shown_to_who_may_install(
    silos: Silos, acme: Any, app: SentryApp, role: Role, scopes: list[str] | None, codes: list[str]
) -> None:
    silos.install(app, organization=acme)
    viewer = silos.create_user(fresh("viewer@acme.example"), organization_id=acme.id, role=role)
    asker = {"auth": {"scopes": scopes}} if scopes else {"user": {"id": viewer.id}}
    request = pb.SerializeManyRequest(
        filter=Filter(organization_id=acme.id), as_user={"id": viewer.id}, auth_context=asker
    )
    [shown] = silos.ask("control", request).installations
    assert [key for key in shown if key == "code"] == codes


def test_a_rule_of_an_unknown_installation_is_refused_in_the_answer(silos: Silos) -> None:
    answer = silos.ask("control", pb.TriggerSentryAppActionCreatorsRequest(install_uuid="none"))
    assert (answer.success, answer.message) == (False, "Installation does not exist")


def test_a_rule_s_editor_is_offered_the_actions_of_installed_apps(silos: Silos, acme: Any, app: SentryApp) -> None:
    installation = silos.install(app, organization=acme)
    event_data = {"id": "notify", "action_type": "sentryapp", "enabled": False}
    request = pb.GetCustomAlertRuleActionsRequest(event_data=event_data, organization_id=acme.id)
    settings = SCHEMA["elements"][2]["settings"]
    [lane] = settings["required_fields"]
    assert silos.ask("control", request).actions[0] == {
        "id": "notify",
        "enabled": False,
        "actionType": "sentryapp",
        "service": app.slug,
        "sentryAppInstallationUuid": installation.uuid,
        "prompt": app.name,
        "label": "Create a card with these ",
        "formFields": settings | {"required_fields": [lane | {"choices": lane["options"]}]},
    }


def test_a_prepared_stacktrace_link_leads_to_the_app(silos: Silos, acme: Any, app: SentryApp) -> None:
    installation = silos.install(app, organization=acme)
    request = pb.PrepareSentryAppComponentsRequest(
        installation_id=installation.id, component_type="stacktrace-link", project_slug="web"
    )
    url = silos.ask("control", request).component.app_schema["url"]
    assert url == f"https://kanban.example/code?installationId={installation.uuid}&projectSlug=web"


def test_a_component_of_an_app_without_webhook_url_cannot_be_prepared(silos: Silos, acme: Any, owner: User) -> None:
    app = silos.create_app(fresh("Mute"), owner=acme, creator=owner, is_internal=True, webhook_url=None)
    with silos.control.database.session():
        installation = SentryAppInstallation.get(SentryAppInstallation.sentry_app == app)
    request = pb.PrepareSentryAppComponentsRequest(installation_id=installation.id, component_type="stacktrace-link")
    assert not silos.ask("control", request).HasField("component")


def _robot(
    organization: OrganizationReplica, creator: User, **fields: Any
) -> pb.CreateInternalIntegrationForChannelRequestRequest:
    return pb.CreateInternalIntegrationForChannelRequestRequest(
        organization_id=organization.id,
        integration_name="Robot",
        integration_scopes=["event:write"],
        integration_creator_id=creator.id,
        **fields,
    )


@pytest.mark.parametrize("silo", ["control", "us"])
def test_only_so_many_proxy_users_are_looked_up_at_once(silos: Silos, silo: str) -> None:
    with pytest.raises(InvalidInput, match="10000 is the limit"):
        silos.ask(silo, pb.GetSentryAppsByProxyUsersRequest(proxy_user_ids=range(10_001)))
