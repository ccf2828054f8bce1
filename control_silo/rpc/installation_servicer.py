"""Control's answers about installations: the part of ``AppService`` of ``installation_calls.proto``."""

import grpc
from google.protobuf import json_format, struct_pb2

from control_silo.rpc.answering import ControlAnswers, require_owner
from control_silo.rpc.render import find_installation_message, installation_messages
from control_silo.services.find_installation import (
    find_installation_by_uuid,
    find_installation_of_proxy_user,
    find_installed,
    find_newest_installation,
    find_organization_of_live_token,
    installations_matching,
    installed_in,
)
from control_silo.services.installation_view import Viewer, find_visible_codes, organization_slugs
from control_silo.services.provider_token import find_provider_token, link_provider
from shared.bodies.installation import InstallationObject
from shared.errors import InstallationNotFound
from shared.pb.hybridcloud.apps.v1 import installation_calls_pb2 as pb
from shared.pb.hybridcloud.apps.v1 import installation_pb2


class InstallationPart(ControlAnswers):
    def SerializeMany(
        self, request: pb.SerializeManyRequest, context: grpc.ServicerContext
    ) -> pb.SerializeManyResponse:
        with self.reading(request):
            installations = installations_matching(request.filter)
            codes = find_visible_codes(installations, viewer=_viewer(request))
            # For all at once, as everything here: a list costs a few statements, however long it is.
            slugs = organization_slugs(installations)
            objects = [
                InstallationObject.of(
                    message, organization_slug=slugs.get(message.organization_id, ""), code=codes.get(message.id)
                )
                for message in installation_messages(installations)
            ]
        return pb.SerializeManyResponse(
            installations=[json_format.ParseDict(shown.to_json(), struct_pb2.Struct()) for shown in objects]
        )

    def GetMany(self, request: pb.GetManyRequest, context: grpc.ServicerContext) -> pb.GetManyResponse:
        with self.reading(request):
            return pb.GetManyResponse(installations=installation_messages(installations_matching(request.filter)))

    def FindInstallationByProxyUser(
        self, request: pb.FindInstallationByProxyUserRequest, context: grpc.ServicerContext
    ) -> pb.FindInstallationByProxyUserResponse:
        with self.reading(request):
            found = find_installation_of_proxy_user(request.proxy_user_id, organization_id=request.organization_id)
            return pb.FindInstallationByProxyUserResponse(installation=find_installation_message(found))

    def InstallationsForOrganization(
        self, request: pb.InstallationsForOrganizationRequest, context: grpc.ServicerContext
    ) -> pb.InstallationsForOrganizationResponse:
        with self.reading(request):
            return pb.InstallationsForOrganizationResponse(installations=_installed_in(request.organization_id))

    def GetInstallationsForOrganization(
        self, request: pb.GetInstallationsForOrganizationRequest, context: grpc.ServicerContext
    ) -> pb.GetInstallationsForOrganizationResponse:
        with self.reading(request):
            return pb.GetInstallationsForOrganizationResponse(installations=_installed_in(request.organization_id))

    def GetInstallationBySentryAppId(
        self, request: pb.GetInstallationBySentryAppIdRequest, context: grpc.ServicerContext
    ) -> pb.GetInstallationBySentryAppIdResponse:
        with self.reading(request):
            found = find_newest_installation(request.sentry_app_id, organization_id=request.organization_id)
            return pb.GetInstallationBySentryAppIdResponse(installation=find_installation_message(found))

    def GetInstallationById(
        self, request: pb.GetInstallationByIdRequest, context: grpc.ServicerContext
    ) -> pb.GetInstallationByIdResponse:
        with self.reading(request):
            found = find_installed(request.id)
            return pb.GetInstallationByIdResponse(installation=find_installation_message(found))

    def InstallationById(
        self, request: pb.InstallationByIdRequest, context: grpc.ServicerContext
    ) -> pb.InstallationByIdResponse:
        with self.reading(request):
            return pb.InstallationByIdResponse(installation=find_installation_message(find_installed(request.id)))

    def GetInstallationOrgIdByTokenId(
        self, request: pb.GetInstallationOrgIdByTokenIdRequest, context: grpc.ServicerContext
    ) -> pb.GetInstallationOrgIdByTokenIdResponse:
        with self.reading(request):
            organization_id = find_organization_of_live_token(request.token_id)
            return pb.GetInstallationOrgIdByTokenIdResponse(organization_id=organization_id)

    def GetInstallationToken(
        self, request: pb.GetInstallationTokenRequest, context: grpc.ServicerContext
    ) -> pb.GetInstallationTokenResponse:
        with self.reading(request):
            require_owner(request.organization_id)  # the one read that answers with a secret of an organization's
            token = find_provider_token(request.organization_id, provider=request.provider)
            return pb.GetInstallationTokenResponse(token=token)

    def LinkProvider(self, request: pb.LinkProviderRequest, context: grpc.ServicerContext) -> pb.LinkProviderResponse:
        with self.reading(request):
            require_owner(request.organization_id)
            installation = find_installation_by_uuid(request.uuid)
        # In the same words for both, so that nobody learns of another organization's installations.
        if installation is None or installation.organization_id != request.organization_id:
            raise InstallationNotFound
        link_provider(self.control, installation=installation, provider=request.provider)
        return pb.LinkProviderResponse()


def _installed_in(organization_id: int) -> list[installation_pb2.RpcSentryAppInstallation]:
    return installation_messages(installed_in(organization_id))


def _viewer(request: pb.SerializeManyRequest) -> Viewer | None:
    """Whose view is wanted: the user's who is named, else that of who asks, within the token that was presented."""
    asker = request.auth_context
    # In the order of the original's arguments: for whom it is made, then who asks.
    user_id = request.as_user.id or asker.user.id or asker.auth.user_id
    if not user_id:
        return None
    return Viewer(user_id, token_scopes=frozenset(asker.auth.scopes) if asker.HasField("auth") else None)
