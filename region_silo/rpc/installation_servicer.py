"""A region's answers about installations: the part of ``AppService`` of ``installation_calls.proto``."""

from typing import TypeAlias

import grpc
from google.protobuf import json_format, struct_pb2

from region_silo.rpc.replica_first import ReplicaFirst
from region_silo.services.find_installation import (
    find_installed,
    find_organization_of_live_token,
    get_installation_of_proxy_user,
    get_newest_installation,
    installations_matching,
    installed_in,
)
from region_silo.services.held import NotHeld, slugs_of_organizations
from shared.bodies.installation import InstallationObject
from shared.pb.hybridcloud.apps.v1 import installation_calls_pb2 as pb

_One: TypeAlias = pb.GetInstallationBySentryAppIdResponse | pb.GetInstallationByIdResponse | pb.InstallationByIdResponse
_Many: TypeAlias = (
    pb.GetManyResponse | pb.InstallationsForOrganizationResponse | pb.GetInstallationsForOrganizationResponse
)


class InstallationPart(ReplicaFirst):
    """Reads of installations from the replicas."""

    def SerializeMany(
        self, request: pb.SerializeManyRequest, context: grpc.ServicerContext
    ) -> pb.SerializeManyResponse:
        def find() -> pb.SerializeManyResponse:
            if request.HasField("as_user") or request.HasField("auth_context"):
                raise NotHeld  # what a user may see is decided by roles and grants, which control keeps
            found = installations_matching(self.region.database, request.filter)
            if not all(each.HasField("sentry_app") for each in found):
                raise NotHeld
            slugs = slugs_of_organizations(self.region.database, {each.organization_id for each in found})
            objects = [InstallationObject.of(each, organization_slug=slugs[each.organization_id]) for each in found]
            # The original's method answers what REST shows, so that the one body prints both.
            structs = [json_format.ParseDict(shown.to_json(), struct_pb2.Struct()) for shown in objects]
            return pb.SerializeManyResponse(installations=structs)

        return self.read(request, find, ask=self.control.SerializeMany)

    def GetMany(self, request: pb.GetManyRequest, context: grpc.ServicerContext) -> pb.GetManyResponse:
        def find() -> pb.GetManyResponse:
            return pb.GetManyResponse(installations=installations_matching(self.region.database, request.filter))

        # While control is away an installation without its app is better than no list at all.
        return self.read(request, find, ask=self.control.GetMany, is_whole=_have_apps)

    def FindInstallationByProxyUser(
        self, request: pb.FindInstallationByProxyUserRequest, context: grpc.ServicerContext
    ) -> pb.FindInstallationByProxyUserResponse:
        def find() -> pb.FindInstallationByProxyUserResponse:
            found = get_installation_of_proxy_user(
                self.region.database, request.proxy_user_id, organization_id=request.organization_id
            )
            return pb.FindInstallationByProxyUserResponse(installation=found)

        return self.read(request, find, ask=self.control.FindInstallationByProxyUser)

    def InstallationsForOrganization(
        self, request: pb.InstallationsForOrganizationRequest, context: grpc.ServicerContext
    ) -> pb.InstallationsForOrganizationResponse:
        def find() -> pb.InstallationsForOrganizationResponse:
            found = installed_in(self.region.database, request.organization_id)
            return pb.InstallationsForOrganizationResponse(installations=found)

        return self.read(request, find, ask=self.control.InstallationsForOrganization, is_whole=_have_apps)

    def GetInstallationsForOrganization(
        self, request: pb.GetInstallationsForOrganizationRequest, context: grpc.ServicerContext
    ) -> pb.GetInstallationsForOrganizationResponse:
        def find() -> pb.GetInstallationsForOrganizationResponse:
            found = installed_in(self.region.database, request.organization_id)
            return pb.GetInstallationsForOrganizationResponse(installations=found)

        return self.read(request, find, ask=self.control.GetInstallationsForOrganization, is_whole=_have_apps)

    def GetInstallationBySentryAppId(
        self, request: pb.GetInstallationBySentryAppIdRequest, context: grpc.ServicerContext
    ) -> pb.GetInstallationBySentryAppIdResponse:
        def find() -> pb.GetInstallationBySentryAppIdResponse:
            found = get_newest_installation(
                self.region.database, request.sentry_app_id, organization_id=request.organization_id
            )
            return pb.GetInstallationBySentryAppIdResponse(installation=found)

        return self.read(request, find, ask=self.control.GetInstallationBySentryAppId, is_whole=_has_app)

    def GetInstallationById(
        self, request: pb.GetInstallationByIdRequest, context: grpc.ServicerContext
    ) -> pb.GetInstallationByIdResponse:
        def find() -> pb.GetInstallationByIdResponse:
            return pb.GetInstallationByIdResponse(installation=find_installed(self.region.database, request.id))

        return self.read(request, find, ask=self.control.GetInstallationById, is_whole=_has_app)

    def InstallationById(
        self, request: pb.InstallationByIdRequest, context: grpc.ServicerContext
    ) -> pb.InstallationByIdResponse:
        def find() -> pb.InstallationByIdResponse:
            return pb.InstallationByIdResponse(installation=find_installed(self.region.database, request.id))

        return self.read(request, find, ask=self.control.InstallationById, is_whole=_has_app)

    def GetInstallationOrgIdByTokenId(
        self, request: pb.GetInstallationOrgIdByTokenIdRequest, context: grpc.ServicerContext
    ) -> pb.GetInstallationOrgIdByTokenIdResponse:
        def find() -> pb.GetInstallationOrgIdByTokenIdResponse:
            organization_id = find_organization_of_live_token(self.region.database, request.token_id)
            return pb.GetInstallationOrgIdByTokenIdResponse(organization_id=organization_id)

        return self.read(request, find, ask=self.control.GetInstallationOrgIdByTokenId)

    def GetInstallationToken(
        self, request: pb.GetInstallationTokenRequest, context: grpc.ServicerContext
    ) -> pb.GetInstallationTokenResponse:
        # Control alone keeps tokens: replicas have their hashes.
        return self.ask(request, self.control.GetInstallationToken)

    def LinkProvider(self, request: pb.LinkProviderRequest, context: grpc.ServicerContext) -> pb.LinkProviderResponse:
        return self.write(request, self.control.LinkProvider)


def _has_app(response: _One) -> bool:
    """Whether the installation, if there is one, has its app; an absent installation has the id 0."""
    return not response.installation.id or response.installation.HasField("sentry_app")


def _have_apps(response: _Many) -> bool:
    return all(each.HasField("sentry_app") for each in response.installations)
