"""``AppService``: every method on control and in both regions, for what is known and for what is not."""

from collections.abc import Mapping
from typing import Any
from unittest.mock import ANY

from tests.e2e.rpc_row import Refused, rows_of
from tests.e2e.rpc_stage import APPS

INVALID = "INVALID_ARGUMENT"
HOME = "control us"
ACME, BETA, GAMMA = ({"organization_id": f"@{name}.id"} for name in ("acme", "beta", "gamma"))
NOWHERE = {"organization_id": 99}
OF_ACME = {"filter": ACME}
KANBAN = {"id": "@kanban.id", "slug": "kanban", "status": "unpublished", "is_unpublished": True, "owner_id": "@acme.id"}
KANBAN_IN = {"id": "@kanban_in.id", "status": "installed", "api_token": None, "sentry_app": {"slug": "kanban"}}
PAGER_IN = {"id": "@pager_in.id", "status": "installed", "sentry_app": {"slug": "pager"}}
GHOST_IN = {"id": "@ghost_in.id", "status": "pending", "sentry_app": {"slug": "ghost"}}
ROBOT_IN = {"id": "@robot_in.id", "status": "installed", "sentry_app": {"is_internal": True}}
WORLD_IN = {"id": "@world_in.id", "organization_id": "@beta.id", "sentry_app": {"is_published": True}}
INSTALLED = {"installations": [ROBOT_IN, KANBAN_IN, PAGER_IN]}
NONE: Mapping[str, Any] = {"installations": []}
NO_APPS: Mapping[str, Any] = {"sentry_apps": []}
NO_APP = {"sentry_app": None}
NOT_INSTALLED = {"installation": None}
ALERT = "alert-rule-action"
EVENT = {"id": "notify", "action_type": "sentryapp"}
LANE = {"name": "lane", "choices": [["1", "todo"]]}
ACTION = {"id": "notify", "enabled": True, "service": "kanban", "prompt": "Kanban", "formFields": {"uri": "/alert"}}
LINKED_BOARD = {"link": {"required_fields": [{"name": "board", "choices": [["1", "One"]]}]}}
FIELDS = [{"name": "lane", "value": "1"}]
ROBOT = {"integration_creator_id": "@owner.id", "integration_scopes": ["event:read"]}
MADE = {"status": "installed", "sentry_app": {"is_internal": True, "scope_list": ["event:read"]}}


def missing(field: str) -> Refused:
    return Refused(INVALID, "FIELD_MISSING", field)


READS = rows_of(
    APPS,
    HOME,
    ("SerializeMany", OF_ACME, {"installations": [ANY, ANY, ANY, {"status": "pending", "app": {"slug": "ghost"}}]}),
    ("SerializeMany", {}, missing("filter")),
    ("GetMany", OF_ACME, {"installations": [ROBOT_IN, KANBAN_IN, PAGER_IN, GHOST_IN]}),
    ("GetMany", {"filter": {**ACME, "status": "pending"}}, {"installations": [GHOST_IN]}),
    ("GetMany", {"filter": {**BETA, "uuids": ["@kanban_in.uuid"]}}, NONE),
    (
        "GetMany",
        {"filter": {"installation_ids": ["@pager_in.id"], "app_ids": ["@pager.id"]}},
        {"installations": [PAGER_IN]},
    ),
    ("GetMany", {"filter": {**ACME, "api_token_id": "@kanban_token.id"}}, {"installations": [KANBAN_IN]}),
    ("GetMany", {"filter": {**ACME, "api_installation_token_id": "@robot_token.id"}}, {"installations": [ROBOT_IN]}),
    ("GetMany", {"filter": {**ACME, "api_installation_token_id": "@kanban_token.id"}}, NONE),
    ("GetMany", {"filter": {"api_token_id": "@kanban_token.id"}}, Refused(INVALID, "INVALID_INPUT", "filter")),
    ("GetMany", {"filter": {"status": "odd"}}, Refused(INVALID, "INVALID_INPUT", "filter.status")),
    ("FindInstallationByProxyUser", {**ACME, "proxy_user_id": "@kanban.proxy_user_id"}, {"installation": KANBAN_IN}),
    ("FindInstallationByProxyUser", {**BETA, "proxy_user_id": "@kanban.proxy_user_id"}, NOT_INSTALLED),
    ("InstallationsForOrganization", ACME, INSTALLED),
    ("InstallationsForOrganization", NOWHERE, NONE),
    ("GetInstallationsForOrganization", ACME, INSTALLED),
    ("GetInstallationsForOrganization", {}, missing("organization_id")),
    ("GetSentryAppById", {"id": "@kanban.id"}, {"sentry_app": {**KANBAN, "application": {"client_secret": ANY}}}),
    ("GetSentryAppById", {"id": 99}, NO_APP),
    ("GetSentryAppBySlug", {"slug": "kanban"}, {"sentry_app": {**KANBAN, "scope_list": ["event:read", "event:write"]}}),
    ("GetSentryAppBySlug", {"slug": "none"}, NO_APP),
    ("GetSentryAppBySlug", {}, missing("slug")),
    ("GetInstallationBySentryAppId", {**ACME, "sentry_app_id": "@ghost.id"}, {"installation": GHOST_IN}),
    ("GetInstallationBySentryAppId", {**BETA, "sentry_app_id": "@ghost.id"}, NOT_INSTALLED),
    ("GetSentryAppsByProxyUsers", {"proxy_user_ids": ["@kanban.proxy_user_id", 99]}, {"sentry_apps": [KANBAN]}),
    ("GetSentryAppsByProxyUsers", {}, NO_APPS),
    ("GetInstallationById", {"id": "@kanban_in.id"}, {"installation": KANBAN_IN}),
    ("GetInstallationById", {"id": "@ghost_in.id"}, NOT_INSTALLED),
    ("InstallationById", {"id": 99}, NOT_INSTALLED),
    ("GetInstallationOrgIdByTokenId", {"token_id": "@kanban_token.id"}, ACME),
    ("GetInstallationOrgIdByTokenId", {"token_id": "@robot_token.id"}, ACME),
    ("GetInstallationOrgIdByTokenId", {"token_id": "@ghost_token.id"}, {"organization_id": None}),
    ("GetInstallationToken", ACME, missing("provider")),
    ("FindServiceHookSentryApp", {"api_application_id": "@kanban.application_id"}, {"sentry_app": KANBAN}),
    ("FindServiceHookSentryApp", {"api_application_id": 99}, NO_APP),
    ("GetByApplicationId", {"application_id": "@kanban.application_id"}, {"sentry_app": KANBAN}),
    ("GetByApplicationId", {}, missing("application_id")),
    ("GetPublishedSentryAppsForOrganization", ACME, {"sentry_apps": [{"slug": "world"}]}),
    ("GetPublishedSentryAppsForOrganization", BETA, NO_APPS),
    ("GetSentryAppsForOrganization", BETA, NO_APPS),
    ("GetInternalIntegrations", {**ACME, "integration_name": "Robot"}, {"sentry_apps": [{"id": "@robot.id"}]}),
    ("GetInternalIntegrations", {**ACME, "integration_name": "robot"}, NO_APPS),
    ("GetNotificationEmailsForSentryApp", {**ACME, "creator_label": "a@b.example"}, {"emails": ["a@b.example"]}),
    ("GetNotificationEmailsForSentryApp", {**ACME, "creator_label": "ann"}, {"emails": ["@owner.email"]}),
)

EVERYWHERE = rows_of(
    APPS,
    "control",
    ("GetMany", {"filter": {**BETA, "app_ids": ["@world.id"]}}, {"installations": [WORLD_IN]}),
    ("InstallationById", {"id": "@world_in.id"}, {"installation": WORLD_IN}),
)

COMPONENTS = rows_of(
    APPS,
    HOME,
    (
        "FindAlertableServices",
        ACME,
        {"services": [{"slug": "pager", "title": "Pager"}, {"service_type": "sentry_app", "slug": "@robot.slug"}]},
    ),
    ("FindAlertableServices", BETA, {"services": []}),
    ("GetCustomAlertRuleActions", {**ACME, "event_data": EVENT}, {"actions": [ACTION]}),
    ("GetCustomAlertRuleActions", ACME, missing("event_data")),
    ("FindAppComponents", {"app_id": "@kanban.id"}, {"components": [{"type": "issue-link"}, {"type": ALERT}]}),
    ("FindAppComponents", {"app_id": 99}, {"components": []}),
    (
        "GetComponentContexts",
        {**OF_ACME, "component_type": ALERT},
        {"contexts": [{"installation": KANBAN_IN, "component": {"type": ALERT}}]},
    ),
    ("GetComponentContexts", OF_ACME, missing("component_type")),
    (
        "GetInstallationComponentContexts",
        {**OF_ACME, "component_type": ALERT},
        {"contexts": [{"installation": KANBAN_IN}]},
    ),
    (
        "GetInstallationComponentContexts",
        {**OF_ACME, "component_type": ALERT, "include_contexts_without_component": True},
        {
            "contexts": [
                {"installation": ROBOT_IN, "component": None},
                {"installation": KANBAN_IN, "component": {"type": ALERT}},
                {"installation": PAGER_IN, "component": None},
                {"installation": GHOST_IN, "component": None},
            ]
        },
    ),
    (
        "PrepareSentryAppComponents",
        {"installation_id": "@kanban_in.id", "component_type": "issue-link"},
        {"component": {"app_schema": LINKED_BOARD}},
    ),
    (
        "PrepareSentryAppComponents",
        {"installation_id": "@kanban_in.id", "component_type": ALERT},
        {"component": {"app_schema": {"settings": {"required_fields": [LANE]}}}},
    ),
    ("PrepareSentryAppComponents", {"installation_id": 99, "component_type": ALERT}, {"component": None}),
    (
        "TriggerSentryAppActionCreators",
        {"install_uuid": "none", "fields": FIELDS},
        {"success": False, "message": "Installation does not exist"},
    ),
)

ABROAD = rows_of(
    APPS,
    "de",
    ("SerializeMany", OF_ACME, NONE),
    ("SerializeMany", {**OF_ACME, "as_user": {"id": "@owner.id"}}, NONE),
    ("GetMany", OF_ACME, NONE),
    ("GetMany", {"filter": {"status": "pending"}}, NONE),
    ("GetMany", {"filter": {**BETA, "app_ids": ["@world.id"]}}, {"installations": [WORLD_IN]}),
    ("FindInstallationByProxyUser", {**ACME, "proxy_user_id": "@kanban.proxy_user_id"}, NOT_INSTALLED),
    ("InstallationsForOrganization", ACME, NONE),
    ("GetInstallationsForOrganization", ACME, NONE),
    ("GetSentryAppById", {"id": "@kanban.id"}, NO_APP),
    ("GetSentryAppBySlug", {"slug": "kanban"}, NO_APP),
    ("GetSentryAppBySlug", {"slug": "world"}, {"sentry_app": {"slug": "world", "application": {"client_secret": ANY}}}),
    ("GetInstallationBySentryAppId", {**ACME, "sentry_app_id": "@ghost.id"}, NOT_INSTALLED),
    ("GetSentryAppsByProxyUsers", {"proxy_user_ids": ["@kanban.proxy_user_id", 99]}, NO_APPS),
    ("GetInstallationById", {"id": "@kanban_in.id"}, NOT_INSTALLED),
    ("InstallationById", {"id": "@world_in.id"}, {"installation": WORLD_IN}),
    ("GetInstallationOrgIdByTokenId", {"token_id": "@kanban_token.id"}, {"organization_id": None}),
    ("FindServiceHookSentryApp", {"api_application_id": "@kanban.application_id"}, NO_APP),
    ("GetByApplicationId", {"application_id": "@kanban.application_id"}, NO_APP),
    ("GetPublishedSentryAppsForOrganization", ACME, {"sentry_apps": [{"slug": "world"}]}),
    ("GetSentryAppsForOrganization", ACME, {"sentry_apps": [{"slug": "world"}]}),
    ("GetInternalIntegrations", {**ACME, "integration_name": "Robot"}, NO_APPS),
    ("GetNotificationEmailsForSentryApp", {**ACME, "creator_label": "ann"}, {"emails": []}),
    ("FindAlertableServices", ACME, {"services": []}),
    ("GetCustomAlertRuleActions", {**ACME, "event_data": EVENT}, {"actions": []}),
    ("FindAppComponents", {"app_id": "@kanban.id"}, {"components": []}),
    ("GetComponentContexts", {**OF_ACME, "component_type": ALERT}, {"contexts": []}),
    ("GetInstallationComponentContexts", {**OF_ACME, "component_type": ALERT}, {"contexts": []}),
    ("PrepareSentryAppComponents", {"installation_id": "@kanban_in.id", "component_type": ALERT}, {"component": None}),
    (
        "TriggerSentryAppActionCreators",
        {"install_uuid": "@kanban_in.uuid", "fields": FIELDS},
        {"success": False, "message": "Installation does not exist"},
    ),
)
"""What is asked in ``de`` of an organization of ``us``: a region tells what it holds and is told, of its own alone."""

WRITES = [
    *rows_of(APPS, "control us", ("GetInstallationToken", {**ACME, "provider": "vercel"}, {"token": None})),
    *rows_of(
        APPS,
        "de",
        ("GetInstallationToken", {**ACME, "provider": "vercel"}, Refused("PERMISSION_DENIED", "CALLER_NOT_OWNER")),
    ),
    *rows_of(
        APPS,
        "control us",
        (
            "LinkProvider",
            {**ACME, "uuid": "none", "provider": "vercel"},
            Refused("NOT_FOUND", "INSTALLATION_NOT_FOUND"),
        ),
    ),
    *rows_of(
        APPS,
        "control us",
        (
            "TriggerSentryAppActionCreators",
            {"install_uuid": "@kanban_in.uuid", "fields": FIELDS},
            {"success": True, "message": "Kanban: Made it", "error_type": None},
        ),
        (
            "UpdateSentryApp",
            {"id": "@clay.id", "attrs": {"name": "Brick", "events": ["comment"]}},
            {
                "sentry_app": {
                    "name": "Brick",
                    "slug": "clay",
                    "events": ["comment.created", "comment.deleted", "comment.updated"],
                }
            },
        ),
        ("UpdateSentryApp", {"id": 99, "attrs": {"name": "Brick"}}, NO_APP),
        (
            "UpdateSentryApp",
            {"id": "@clay.id", "attrs": {"events": ["odd"]}},
            Refused(INVALID, "VALIDATION_FAILED", "events"),
        ),
        ("DisableSentryapp", {"id": "@wax.id"}, {}),
        ("DisableSentryapp", {"id": 99}, {}),
        (
            "CreateInternalIntegrationForChannelRequest",
            {**GAMMA, **ROBOT, "integration_name": "Chat"},
            {"installation": MADE},
        ),
        (
            "CreateInternalIntegrationForChannelRequest",
            {**GAMMA, **ROBOT, "integration_name": ""},
            missing("integration_name"),
        ),
        (
            "CreateInternalIntegrationForChannelRequest",
            {**GAMMA, **ROBOT, "integration_name": "Chat", "integration_creator_id": 99},
            Refused("NOT_FOUND", "USER_NOT_FOUND"),
        ),
    ),
    *rows_of(
        APPS,
        "control de",
        (
            "TriggerSentryAppActionCreators",
            {"install_uuid": "@world_in.uuid", "fields": FIELDS},
            {"success": False, "message": "World: Not today", "error_type": "integrator", "status_code": 400},
        ),
    ),
    *rows_of(
        APPS,
        "de",
        (
            "UpdateSentryApp",
            {"id": "@clay.id", "attrs": {"name": "Brick"}},
            Refused("PERMISSION_DENIED", "CALLER_NOT_OWNER"),
        ),
    ),
]

ROWS = [*READS, *EVERYWHERE, *COMPONENTS, *ABROAD, *WRITES]
