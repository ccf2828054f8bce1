"""Requests to every reading method of ``AppService``, by name, each made for a world."""

from collections.abc import Callable, Mapping

from google.protobuf.message import Message

from control_silo.models.app import SentryApp
from shared.pb.hybridcloud.apps.v1 import alert_pb2, installation_pb2
from shared.pb.hybridcloud.apps.v1 import app_service_pb2 as pb
from tests.integration.region.world import World

Filter = installation_pb2.SentryAppInstallationFilter
Make = Callable[[World], Message]


def _proxy(app: SentryApp) -> int:
    assert app.proxy_user_id
    return app.proxy_user_id


NOTIFY = alert_pb2.RpcSentryAppEventData(id="notify", label="", action_type="sentryapp")

LOCAL: Mapping[str, Make] = {
    "app by id": lambda w: pb.GetSentryAppByIdRequest(id=w.kanban.id),
    "app by slug": lambda w: pb.GetSentryAppBySlugRequest(slug=w.pager.slug),
    "apps by proxy users": lambda w: pb.GetSentryAppsByProxyUsersRequest(
        proxy_user_ids=[_proxy(w.pager), _proxy(w.kanban), _proxy(w.pager)]
    ),
    "apps by no proxy users": lambda w: pb.GetSentryAppsByProxyUsersRequest(),
    "app of a hook": lambda w: pb.FindServiceHookSentryAppRequest(api_application_id=w.kanban.application_id),
    "app of an application": lambda w: pb.GetByApplicationIdRequest(application_id=w.robot.application_id),
    "published apps": lambda w: pb.GetPublishedSentryAppsForOrganizationRequest(organization_id=w.acme.id),
    "apps of an organization": lambda w: pb.GetSentryAppsForOrganizationRequest(organization_id=w.acme.id),
    "internal apps": lambda w: pb.GetInternalIntegrationsRequest(organization_id=w.acme.id, integration_name="Robot"),
    "internal apps of no such name": lambda w: pb.GetInternalIntegrationsRequest(
        organization_id=w.acme.id, integration_name="robot"
    ),
    "objects": lambda w: pb.SerializeManyRequest(filter=Filter(organization_id=w.acme.id)),
    "objects of no installation": lambda w: pb.SerializeManyRequest(
        filter=Filter(organization_id=w.acme.id, status="pending_deletion")
    ),
    "installations by id": lambda w: pb.GetManyRequest(
        filter=Filter(installation_ids=[w.robot_in_acme.id, w.gone.id, w.pending.id])
    ),
    "installations by app": lambda w: pb.GetManyRequest(
        filter=Filter(organization_id=w.acme.id, app_ids=[w.kanban.id, w.slow.id])
    ),
    "installations by uuid": lambda w: pb.GetManyRequest(
        filter=Filter(uuids=[w.pending.uuid, w.kanban_in_acme.uuid], status="installed")
    ),
    "installations by status": lambda w: pb.GetManyRequest(filter=Filter(organization_id=w.acme.id, status="pending")),
    "installations by token": lambda w: pb.GetManyRequest(
        filter=Filter(status="installed", api_token_id=w.public_token.id)
    ),
    "installations by internal token": lambda w: pb.GetManyRequest(
        filter=Filter(organization_id=w.acme.id, api_installation_token_id=w.internal_token.id)
    ),
    "installations by a token of the other kind": lambda w: pb.GetManyRequest(
        filter=Filter(organization_id=w.acme.id, api_token_id=w.internal_token.id)
    ),
    "installation of a proxy user": lambda w: pb.FindInstallationByProxyUserRequest(
        proxy_user_id=w.kanban.proxy_user_id, organization_id=w.acme.id
    ),
    "cached installations": lambda w: pb.InstallationsForOrganizationRequest(organization_id=w.acme.id),
    "installations": lambda w: pb.GetInstallationsForOrganizationRequest(organization_id=w.acme.id),
    "installation of an app": lambda w: pb.GetInstallationBySentryAppIdRequest(
        sentry_app_id=w.pager.id, organization_id=w.acme.id
    ),
    "installation by id": lambda w: pb.GetInstallationByIdRequest(id=w.kanban_in_acme.id),
    "pending installation by id": lambda w: pb.GetInstallationByIdRequest(id=w.pending.id),
    "deleted installation by id": lambda w: pb.GetInstallationByIdRequest(id=w.gone.id),
    "cached installation by id": lambda w: pb.InstallationByIdRequest(id=w.robot_in_acme.id),
    "organization of a token": lambda w: pb.GetInstallationOrgIdByTokenIdRequest(token_id=w.public_token.id),
    "organization of an internal token": lambda w: pb.GetInstallationOrgIdByTokenIdRequest(
        token_id=w.internal_token.id
    ),
    "alertable services": lambda w: pb.FindAlertableServicesRequest(organization_id=w.acme.id),
    "components": lambda w: pb.FindAppComponentsRequest(app_id=w.kanban.id),
    "components of an app without any": lambda w: pb.FindAppComponentsRequest(app_id=w.pager.id),
    "contexts": lambda w: pb.GetComponentContextsRequest(
        filter=Filter(organization_id=w.acme.id), component_type="stacktrace-link"
    ),
    "contexts without component": lambda w: pb.GetInstallationComponentContextsRequest(
        filter=Filter(organization_id=w.acme.id), component_type="issue-link", include_contexts_without_component=True
    ),
    "contexts with component": lambda w: pb.GetInstallationComponentContextsRequest(
        filter=Filter(organization_id=w.acme.id), component_type="issue-link"
    ),
    "alert rule actions": lambda w: pb.GetCustomAlertRuleActionsRequest(event_data=NOTIFY, organization_id=w.acme.id),
    "prepared component": lambda w: pb.PrepareSentryAppComponentsRequest(
        installation_id=w.kanban_in_acme.id, component_type="stacktrace-link", project_slug="web"
    ),
    "component that an app has not": lambda w: pb.PrepareSentryAppComponentsRequest(
        installation_id=w.pager_in_acme.id, component_type="stacktrace-link"
    ),
}
"""What ``us`` answers by itself."""

FORWARDED: Mapping[str, Make] = {
    "unknown id": lambda w: pb.GetSentryAppByIdRequest(id=404),
    "unknown slug": lambda w: pb.GetSentryAppBySlugRequest(slug="nowhere"),
    "app of no interest here": lambda w: pb.GetSentryAppBySlugRequest(slug=w.private.slug),
    "proxy users, one of them elsewhere": lambda w: pb.GetSentryAppsByProxyUsersRequest(
        proxy_user_ids=[_proxy(w.kanban), _proxy(w.private)]
    ),
    "hook of no app": lambda w: pb.FindServiceHookSentryAppRequest(api_application_id=404),
    "application of no app": lambda w: pb.GetByApplicationIdRequest(application_id=404),
    "published apps elsewhere": lambda w: pb.GetPublishedSentryAppsForOrganizationRequest(organization_id=w.globex.id),
    "apps elsewhere": lambda w: pb.GetSentryAppsForOrganizationRequest(organization_id=w.globex.id),
    "internal apps elsewhere": lambda w: pb.GetInternalIntegrationsRequest(
        organization_id=w.globex.id, integration_name="Robot"
    ),
    "addresses": lambda w: pb.GetNotificationEmailsForSentryAppRequest(organization_id=w.acme.id, creator_label="me"),
    "objects elsewhere": lambda w: pb.SerializeManyRequest(filter=Filter(organization_id=w.globex.id)),
    "objects for a user": lambda w: pb.SerializeManyRequest(
        filter=Filter(organization_id=w.acme.id), as_user={"id": w.owner.id}
    ),
    "installations everywhere": lambda w: pb.GetManyRequest(filter=Filter(app_ids=[w.kanban.id])),
    "installations of a status": lambda w: pb.GetManyRequest(filter=Filter(status="pending")),
    "installations, one of them elsewhere": lambda w: pb.GetManyRequest(
        filter=Filter(installation_ids=[w.kanban_in_acme.id, w.kanban_in_globex.id])
    ),
    "installations by an unknown uuid": lambda w: pb.GetManyRequest(filter=Filter(uuids=["none"])),
    "installations by an unknown token": lambda w: pb.GetManyRequest(
        filter=Filter(organization_id=w.acme.id, api_token_id=404)
    ),
    "installation of an unknown user": lambda w: pb.FindInstallationByProxyUserRequest(
        proxy_user_id=404, organization_id=w.acme.id
    ),
    "cached installations elsewhere": lambda w: pb.InstallationsForOrganizationRequest(organization_id=w.globex.id),
    "installations elsewhere": lambda w: pb.GetInstallationsForOrganizationRequest(organization_id=w.globex.id),
    "app that is not installed": lambda w: pb.GetInstallationBySentryAppIdRequest(
        sentry_app_id=w.private.id, organization_id=w.acme.id
    ),
    "installation elsewhere": lambda w: pb.GetInstallationByIdRequest(id=w.kanban_in_globex.id),
    "cached installation elsewhere": lambda w: pb.InstallationByIdRequest(id=w.kanban_in_globex.id),
    "organization of an unknown token": lambda w: pb.GetInstallationOrgIdByTokenIdRequest(token_id=404),
    "token of a provider": lambda w: pb.GetInstallationTokenRequest(organization_id=w.acme.id, provider="vercel"),
    "alertable services elsewhere": lambda w: pb.FindAlertableServicesRequest(organization_id=w.globex.id),
    "components of an unknown app": lambda w: pb.FindAppComponentsRequest(app_id=404),
    "contexts everywhere": lambda w: pb.GetComponentContextsRequest(
        filter=Filter(status="installed"), component_type="stacktrace-link"
    ),
    "contexts elsewhere": lambda w: pb.GetInstallationComponentContextsRequest(
        filter=Filter(organization_id=w.globex.id), component_type="issue-link"
    ),
    "alert rule actions elsewhere": lambda w: pb.GetCustomAlertRuleActionsRequest(
        event_data=NOTIFY, organization_id=w.globex.id
    ),
    "component elsewhere": lambda w: pb.PrepareSentryAppComponentsRequest(
        installation_id=w.kanban_in_globex.id, component_type="stacktrace-link"
    ),
}
"""What ``us`` has to ask control for."""
