"""``AppService`` on control, the owner of apps and installations; and its answers about apps themselves.

Owns the part of ``app_calls.proto``, and what a caller may write into an app: the rules are ``shared.domain``'s.
"""

from collections.abc import Sequence

import grpc
from google.protobuf import json_format, struct_pb2

from control_silo.bodies.app_field import NAME_LENGTH_ERROR
from control_silo.rpc.answering import ControlAnswers, in_pages, require_owner
from control_silo.rpc.component_servicer import AlertPart, ComponentPart
from control_silo.rpc.installation_servicer import InstallationPart
from control_silo.rpc.render import app_messages, find_app_message, installation_messages
from control_silo.services.create_internal_integration import InternalIntegrationCreator
from control_silo.services.find_app import (
    AppDetails,
    apps_of_organization,
    apps_of_proxy_users,
    find_app,
    find_app_by_application,
    find_owner,
)
from control_silo.services.update_app import SentryAppUpdater
from control_silo.services.user import notification_emails
from shared.app_service.request import check_request
from shared.domain.app_status import SentryAppStatus
from shared.domain.json_field import shown
from shared.domain.scopes import is_valid_scope
from shared.domain.slug import MAX_NAME_CHARACTERS
from shared.domain.subscription import ALL_EVENTS, RESOURCES
from shared.errors import AppNotFound, ValidationFailed
from shared.pb.hybridcloud.apps.v1 import app_calls_pb2 as pb
from shared.pb.hybridcloud.apps.v1 import app_pb2, app_service_pb2_grpc
from shared.rpc.consistency import consistent


class AppPart(ControlAnswers):
    """Reads and writes of apps."""

    def GetSentryAppById(
        self, request: pb.GetSentryAppByIdRequest, context: grpc.ServicerContext
    ) -> pb.GetSentryAppByIdResponse:
        with self.reading(request):
            return pb.GetSentryAppByIdResponse(sentry_app=find_app_message(find_app(request.id)))

    def GetSentryAppBySlug(
        self, request: pb.GetSentryAppBySlugRequest, context: grpc.ServicerContext
    ) -> pb.GetSentryAppBySlugResponse:
        with self.reading(request):
            return pb.GetSentryAppBySlugResponse(sentry_app=find_app_message(find_app(request.slug)))

    def GetSentryAppsByProxyUsers(
        self, request: pb.GetSentryAppsByProxyUsersRequest, context: grpc.ServicerContext
    ) -> pb.GetSentryAppsByProxyUsersResponse:
        with self.reading(request):
            apps = apps_of_proxy_users(request.proxy_user_ids)
            return pb.GetSentryAppsByProxyUsersResponse(sentry_apps=app_messages(apps))

    def FindServiceHookSentryApp(
        self, request: pb.FindServiceHookSentryAppRequest, context: grpc.ServicerContext
    ) -> pb.FindServiceHookSentryAppResponse:
        with self.reading(request):
            app = find_app_by_application(request.api_application_id)
            return pb.FindServiceHookSentryAppResponse(sentry_app=find_app_message(app))

    def GetByApplicationId(
        self, request: pb.GetByApplicationIdRequest, context: grpc.ServicerContext
    ) -> pb.GetByApplicationIdResponse:
        with self.reading(request):
            app = find_app_by_application(request.application_id)
            return pb.GetByApplicationIdResponse(sentry_app=find_app_message(app))

    def GetPublishedSentryAppsForOrganization(
        self, request: pb.GetPublishedSentryAppsForOrganizationRequest, context: grpc.ServicerContext
    ) -> pb.GetPublishedSentryAppsForOrganizationResponse:
        with self.reading(request):
            apps = apps_of_organization(request.organization_id, status=SentryAppStatus.PUBLISHED)
            return pb.GetPublishedSentryAppsForOrganizationResponse(sentry_apps=app_messages(apps))

    def GetSentryAppsForOrganization(
        self, request: pb.GetSentryAppsForOrganizationRequest, context: grpc.ServicerContext
    ) -> pb.GetSentryAppsForOrganizationResponse:
        with self.reading(request):
            apps = apps_of_organization(request.organization_id)
            return pb.GetSentryAppsForOrganizationResponse(sentry_apps=app_messages(apps))

    def GetInternalIntegrations(
        self, request: pb.GetInternalIntegrationsRequest, context: grpc.ServicerContext
    ) -> pb.GetInternalIntegrationsResponse:
        with self.reading(request):
            apps = apps_of_organization(
                request.organization_id, status=SentryAppStatus.INTERNAL, name=request.integration_name
            )
            return pb.GetInternalIntegrationsResponse(sentry_apps=app_messages(apps))

    def GetNotificationEmailsForSentryApp(
        self, request: pb.GetNotificationEmailsForSentryAppRequest, context: grpc.ServicerContext
    ) -> pb.GetNotificationEmailsForSentryAppResponse:
        with self.reading(request):
            emails = notification_emails(organization_id=request.organization_id, creator_label=request.creator_label)
            return pb.GetNotificationEmailsForSentryAppResponse(emails=emails)

    def UpdateSentryApp(
        self, request: pb.UpdateSentryAppRequest, context: grpc.ServicerContext
    ) -> pb.UpdateSentryAppResponse:
        with self.reading(request):
            before = self._find_own_app(request.id)
        attrs = request.attrs
        changes = SentryAppUpdater(
            # Absent leaves them as they are; an empty list takes all away.
            events=checked_events(attrs.events) if attrs.HasField("events") else None,
            columns={"name": checked_name(attrs.name, field="name")} if attrs.HasField("name") else {},
        )
        return pb.UpdateSentryAppResponse(sentry_app=self._change(before, changes))

    def DisableSentryapp(
        self, request: pb.DisableSentryappRequest, context: grpc.ServicerContext
    ) -> pb.DisableSentryappResponse:
        with self.reading(request):
            before = self._find_own_app(request.id)
        # Without events no region goes on telling it: a disabled app hears of nothing.
        self._change(before, SentryAppUpdater(events=(), columns={"is_disabled": True}))
        return pb.DisableSentryappResponse()

    def CreateInternalIntegrationForChannelRequest(
        self, request: pb.CreateInternalIntegrationForChannelRequestRequest, context: grpc.ServicerContext
    ) -> pb.CreateInternalIntegrationForChannelRequestResponse:
        check_request(request)
        creator = InternalIntegrationCreator(
            name=checked_name(request.integration_name, field="integration_name"),
            organization_id=request.organization_id,
            is_internal=True,
            verify_install=False,
            scopes=checked_scopes(request.integration_scopes, field="integration_scopes"),
            columns={"metadata": json_format.MessageToDict(request.metadata)},
        )
        with self.control.database.session():
            require_owner(request.organization_id)
        # Once, whoever repeats it: a channel may call again when an answer is lost.
        made = creator.run_once(self.control, creator_id=request.integration_creator_id)
        with self.control.database.snapshot():
            [installation] = installation_messages([made.installation])
        if made.token:
            # Shown this once, as over REST: the second call finds the app and has no token to show.
            installation.api_token = made.token.text
        return pb.CreateInternalIntegrationForChannelRequestResponse(installation=installation)

    def _find_own_app(self, app_id: int) -> AppDetails | None:
        """The app, if there is one; refuses a region that does not own it."""
        owner_id = find_owner(app_id)
        # Asked of every app: one that is not there is nobody's, and answered as not found.
        if owner_id is not None:
            require_owner(owner_id)
        return find_app(app_id)

    def _change(self, before: AppDetails | None, changes: SentryAppUpdater) -> app_pb2.RpcSentryApp | None:
        """The app after the changes; None when it is gone."""
        if before is None:
            return None
        try:
            # Nothing to change takes no lock and makes no edition.
            if changes != SentryAppUpdater():
                changes.run(self.control, app_id=before.app.id, is_elevated=False)
        # Deleted between the look and the change: as if it had not been there.
        except AppNotFound:
            return None
        with self.control.database.snapshot():
            return find_app_message(find_app(before.app.id))


def checked_name(text: str, *, field: str) -> str:
    """The name without surrounding white space.

    Raises:
        ValidationFailed: nothing is left, it is too long, or it holds a NUL.
    """
    # As the REST body reads it, whose texts these are: an app has one set of rules, whoever makes it.
    name = text.strip()
    if not name:
        raise ValidationFailed(fields={field: ["This field may not be blank."]})
    if len(name) > MAX_NAME_CHARACTERS:
        raise ValidationFailed(fields={field: [NAME_LENGTH_ERROR]})
    if "\x00" in name:
        raise ValidationFailed(fields={field: ["Null characters are not allowed."]})
    return name


def checked_scopes(scopes: Sequence[str], *, field: str) -> Sequence[str]:
    """The scopes as they are.

    Raises:
        ValidationFailed: one of them does not exist; one text for each.
    """
    unknown = [f"{shown(scope)} not a valid scope" for scope in scopes if not is_valid_scope(scope)]
    if unknown:
        raise ValidationFailed(fields={field: unknown})
    return scopes


def checked_events(events: struct_pb2.ListValue) -> list[str]:
    """The resources and events that the list names.

    Raises:
        ValidationFailed: an item is no text, or names neither.
    """
    if any(value.WhichOneof("kind") != "string_value" for value in events.values):
        raise ValidationFailed(fields={"events": ["Not a valid string."]})
    names = [value.string_value for value in events.values]
    unknown = [shown(name) for name in dict.fromkeys(names) if name not in ALL_EVENTS and name not in RESOURCES]
    if unknown:
        raise ValidationFailed(fields={"events": [f"Invalid event subscription: {', '.join(unknown)}"]})
    return names


@consistent
@in_pages
class AppServicer(AppPart, InstallationPart, ComponentPart, AlertPart, app_service_pb2_grpc.AppServiceServicer):
    """Answers from control's tables."""
