"""``SentryAppRegionService`` about the projects that an installation's hook is confined to."""

from collections.abc import Iterable

import grpc

from region_silo.models.hook import ServiceHookProject
from region_silo.rpc.app_error import Refusal
from region_silo.rpc.region_calls import Installation, SentryAppRegionCalls
from region_silo.services.hook_project import (
    UNKNOWN,
    delete_hook_projects,
    list_hook_projects,
    parse_project_identifiers,
    set_hook_projects,
)
from shared.domain.app_error import client_error
from shared.pb.hybridcloud.region.v1 import sentry_app_region_service_pb2 as pb
from shared.pb.hybridcloud.region.v1 import service_hook_project_pb2
from shared.pb.hybridcloud.users.v1 import user_pb2
from shared.rpc.json_struct import items_of

MAY_NOT_READ = "Some projects are not accessible"
MAY_NOT_CHANGE = "Some projects affected by this request are not accessible"
MAY_NOT_DELETE = "Cannot remove projects that are not accessible"


class HookProjectCalls(SentryAppRegionCalls):
    """Projects of hooks."""

    def GetServiceHookProjects(
        self, request: pb.GetServiceHookProjectsRequest, context: grpc.ServicerContext
    ) -> pb.GetServiceHookProjectsResponse:
        installation = self.installation(request.installation, organization_id=request.organization_id)
        with Refusal() as refusal:
            projects = self._accessible_projects(request, installation, text=MAY_NOT_READ)
            return pb.GetServiceHookProjectsResponse(service_hook_projects=_messages(projects))
        return pb.GetServiceHookProjectsResponse(error=refusal.error)

    def SetServiceHookProjects(
        self, request: pb.SetServiceHookProjectsRequest, context: grpc.ServicerContext
    ) -> pb.SetServiceHookProjectsResponse:
        installation = self.installation(request.installation, organization_id=request.organization_id)
        with Refusal() as refusal:
            identifiers = parse_project_identifiers(items_of(request.project_identifiers))
            self._accessible_projects(request, installation, text=MAY_NOT_CHANGE)
            if not self._may_access(request, installation):
                raise client_error(UNKNOWN)
            projects = set_hook_projects(self.region, installation, identifiers)
            return pb.SetServiceHookProjectsResponse(service_hook_projects=_messages(projects))
        return pb.SetServiceHookProjectsResponse(error=refusal.error)

    def DeleteServiceHookProjects(
        self, request: pb.DeleteServiceHookProjectsRequest, context: grpc.ServicerContext
    ) -> pb.DeleteServiceHookProjectsResponse:
        installation = self.installation(request.installation, organization_id=request.organization_id)
        with Refusal() as refusal:
            self._accessible_projects(request, installation, text=MAY_NOT_DELETE)
            delete_hook_projects(self.region, installation)
            return pb.DeleteServiceHookProjectsResponse(success=True)
        return pb.DeleteServiceHookProjectsResponse(error=refusal.error)

    def _accessible_projects(
        self, request: "Request", installation: Installation, *, text: str
    ) -> list[ServiceHookProject]:
        """The projects, for someone who may reach them all."""
        with self.region.database.session():
            projects = list_hook_projects(installation)
        if projects and not self._may_access(request, installation):
            raise client_error(text, status=403)
        return projects

    def _may_access(self, request: "Request", installation: Installation) -> bool:
        if not request.HasField("auth_context"):
            return True
        if not request.auth_context.HasField("user"):
            return False  # nobody is logged in
        user: user_pb2.RpcUser = request.auth_context.user
        return self.has_access(user, organization_id=installation.organization_id)


Request = pb.GetServiceHookProjectsRequest | pb.SetServiceHookProjectsRequest | pb.DeleteServiceHookProjectsRequest


def _messages(projects: Iterable[ServiceHookProject]) -> list[service_hook_project_pb2.RpcServiceHookProject]:
    return [
        service_hook_project_pb2.RpcServiceHookProject(id=project.id, project_id=project.project_id)
        for project in projects
    ]
