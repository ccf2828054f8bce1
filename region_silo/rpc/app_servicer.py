"""``AppService`` in a region, which holds replicas of what control owns; and its answers about apps themselves.

Owns the part of ``app_calls.proto``.
"""

import grpc

from region_silo.rpc.component_servicer import AlertPart, ComponentPart
from region_silo.rpc.installation_servicer import InstallationPart
from region_silo.rpc.replica_first import ReplicaFirst
from region_silo.services.find_app import (
    apps_of_organization,
    apps_of_proxy_users,
    get_app,
    get_app_by_application,
    get_app_by_slug,
)
from shared.pb.hybridcloud.apps.v1 import app_calls_pb2 as pb
from shared.pb.hybridcloud.apps.v1 import app_service_pb2_grpc
from shared.rpc.consistency import consistent


class AppPart(ReplicaFirst):
    """Reads of apps from the replicas; writes go to control."""

    def GetSentryAppById(
        self, request: pb.GetSentryAppByIdRequest, context: grpc.ServicerContext
    ) -> pb.GetSentryAppByIdResponse:
        # A function each, since it may not be needed and may run twice: after the replica has been waited for.
        def find() -> pb.GetSentryAppByIdResponse:
            return pb.GetSentryAppByIdResponse(sentry_app=get_app(self.region.database, request.id))

        return self.read(request, find, ask=self.control.GetSentryAppById)

    def GetSentryAppBySlug(
        self, request: pb.GetSentryAppBySlugRequest, context: grpc.ServicerContext
    ) -> pb.GetSentryAppBySlugResponse:
        def find() -> pb.GetSentryAppBySlugResponse:
            return pb.GetSentryAppBySlugResponse(sentry_app=get_app_by_slug(self.region.database, request.slug))

        return self.read(request, find, ask=self.control.GetSentryAppBySlug)

    def GetSentryAppsByProxyUsers(
        self, request: pb.GetSentryAppsByProxyUsersRequest, context: grpc.ServicerContext
    ) -> pb.GetSentryAppsByProxyUsersResponse:
        def find() -> pb.GetSentryAppsByProxyUsersResponse:
            apps = apps_of_proxy_users(self.region.database, request.proxy_user_ids)
            return pb.GetSentryAppsByProxyUsersResponse(sentry_apps=apps)

        return self.read(request, find, ask=self.control.GetSentryAppsByProxyUsers)

    def FindServiceHookSentryApp(
        self, request: pb.FindServiceHookSentryAppRequest, context: grpc.ServicerContext
    ) -> pb.FindServiceHookSentryAppResponse:
        def find() -> pb.FindServiceHookSentryAppResponse:
            app = get_app_by_application(self.region.database, request.api_application_id)
            return pb.FindServiceHookSentryAppResponse(sentry_app=app)

        return self.read(request, find, ask=self.control.FindServiceHookSentryApp)

    def GetByApplicationId(
        self, request: pb.GetByApplicationIdRequest, context: grpc.ServicerContext
    ) -> pb.GetByApplicationIdResponse:
        def find() -> pb.GetByApplicationIdResponse:
            app = get_app_by_application(self.region.database, request.application_id)
            return pb.GetByApplicationIdResponse(sentry_app=app)

        return self.read(request, find, ask=self.control.GetByApplicationId)

    def GetPublishedSentryAppsForOrganization(
        self, request: pb.GetPublishedSentryAppsForOrganizationRequest, context: grpc.ServicerContext
    ) -> pb.GetPublishedSentryAppsForOrganizationResponse:
        def find() -> pb.GetPublishedSentryAppsForOrganizationResponse:
            # The status is a column of its own, so that nothing is parsed that is not answered.
            apps = apps_of_organization(self.region.database, request.organization_id, status="published")
            return pb.GetPublishedSentryAppsForOrganizationResponse(sentry_apps=apps)

        return self.read(request, find, ask=self.control.GetPublishedSentryAppsForOrganization)

    def GetSentryAppsForOrganization(
        self, request: pb.GetSentryAppsForOrganizationRequest, context: grpc.ServicerContext
    ) -> pb.GetSentryAppsForOrganizationResponse:
        def find() -> pb.GetSentryAppsForOrganizationResponse:
            apps = apps_of_organization(self.region.database, request.organization_id)
            return pb.GetSentryAppsForOrganizationResponse(sentry_apps=apps)

        return self.read(request, find, ask=self.control.GetSentryAppsForOrganization)

    def GetInternalIntegrations(
        self, request: pb.GetInternalIntegrationsRequest, context: grpc.ServicerContext
    ) -> pb.GetInternalIntegrationsResponse:
        def find() -> pb.GetInternalIntegrationsResponse:
            apps = apps_of_organization(
                self.region.database, request.organization_id, status="internal", name=request.integration_name
            )
            return pb.GetInternalIntegrationsResponse(sentry_apps=apps)

        return self.read(request, find, ask=self.control.GetInternalIntegrations)

    def GetNotificationEmailsForSentryApp(
        self, request: pb.GetNotificationEmailsForSentryAppRequest, context: grpc.ServicerContext
    ) -> pb.GetNotificationEmailsForSentryAppResponse:
        # Users live in control, and no replica has their addresses.
        return self.ask(request, self.control.GetNotificationEmailsForSentryApp)

    def UpdateSentryApp(
        self, request: pb.UpdateSentryAppRequest, context: grpc.ServicerContext
    ) -> pb.UpdateSentryAppResponse:
        # Answered by control's row: the replica follows, and the token of the answer says how far.
        return self.write(request, self.control.UpdateSentryApp)

    def DisableSentryapp(
        self, request: pb.DisableSentryappRequest, context: grpc.ServicerContext
    ) -> pb.DisableSentryappResponse:
        return self.write(request, self.control.DisableSentryapp)

    def CreateInternalIntegrationForChannelRequest(
        self, request: pb.CreateInternalIntegrationForChannelRequestRequest, context: grpc.ServicerContext
    ) -> pb.CreateInternalIntegrationForChannelRequestResponse:
        return self.write(request, self.control.CreateInternalIntegrationForChannelRequest)


@consistent
# The parts are of the contract's files, one each; the generated base comes last, since its methods only say that
# nothing is implemented.
class AppServicer(AppPart, InstallationPart, ComponentPart, AlertPart, app_service_pb2_grpc.AppServiceServicer):
    """Answers from the replicas, else with what control says."""
