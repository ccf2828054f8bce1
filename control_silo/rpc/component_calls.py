"""Control's answers about components (``component_calls.proto``)."""

import grpc

from control_silo.rpc.calls import ControlCalls
from control_silo.rpc.render import component_messages, context_messages
from control_silo.services.find_app import components_of_app
from control_silo.services.find_installation import find_installation, installations_matching
from shared.asking.prepare import find_prepared
from shared.pb.hybridcloud.apps.v1 import component_calls_pb2 as pb


class ComponentCalls(ControlCalls):
    """Reads of components."""

    def FindAppComponents(
        self, request: pb.FindAppComponentsRequest, context: grpc.ServicerContext
    ) -> pb.FindAppComponentsResponse:
        with self.reading(request):
            return pb.FindAppComponentsResponse(components=component_messages(components_of_app(request.app_id)))

    def GetComponentContexts(
        self, request: pb.GetComponentContextsRequest, context: grpc.ServicerContext
    ) -> pb.GetComponentContextsResponse:
        with self.reading(request):
            contexts = context_messages(installations_matching(request.filter), type=request.component_type)
        return pb.GetComponentContextsResponse(contexts=[each for each in contexts if each.HasField("component")])

    def GetInstallationComponentContexts(
        self, request: pb.GetInstallationComponentContextsRequest, context: grpc.ServicerContext
    ) -> pb.GetInstallationComponentContextsResponse:
        with self.reading(request):
            contexts = context_messages(installations_matching(request.filter), type=request.component_type)
        wants_all = request.include_contexts_without_component
        return pb.GetInstallationComponentContextsResponse(
            contexts=[each for each in contexts if wants_all or each.HasField("component")]
        )

    def PrepareSentryAppComponents(
        self, request: pb.PrepareSentryAppComponentsRequest, context: grpc.ServicerContext
    ) -> pb.PrepareSentryAppComponentsResponse:
        with self.reading(request):
            installation = find_installation(request.installation_id)
            contexts = context_messages([installation] if installation else [], type=request.component_type)
        project_slug = request.project_slug if request.HasField("project_slug") else None
        prepared = find_prepared(self.asking, contexts, project_slug=project_slug)
        return pb.PrepareSentryAppComponentsResponse(component=prepared)
