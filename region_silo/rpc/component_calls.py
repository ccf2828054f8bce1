"""A region's answers about components (``component_calls.proto``)."""

import grpc

from region_silo.rpc.calls import RegionCalls
from region_silo.services.find_app import components_of_app
from region_silo.services.find_installation import contexts_matching, contexts_of_installation
from shared.asking.prepare import find_prepared
from shared.pb.hybridcloud.apps.v1 import component_calls_pb2 as pb


class ComponentCalls(RegionCalls):
    """Reads of components from the replicas."""

    def FindAppComponents(
        self, request: pb.FindAppComponentsRequest, context: grpc.ServicerContext
    ) -> pb.FindAppComponentsResponse:
        def find() -> pb.FindAppComponentsResponse:
            return pb.FindAppComponentsResponse(components=components_of_app(self.region.database, request.app_id))

        return self.read(request, find, ask=self.control.FindAppComponents)

    def GetComponentContexts(
        self, request: pb.GetComponentContextsRequest, context: grpc.ServicerContext
    ) -> pb.GetComponentContextsResponse:
        def find() -> pb.GetComponentContextsResponse:
            contexts = contexts_matching(self.region.database, request.filter, type=request.component_type)
            return pb.GetComponentContextsResponse(contexts=[each for each in contexts if each.HasField("component")])

        return self.read(request, find, ask=self.control.GetComponentContexts)

    def GetInstallationComponentContexts(
        self, request: pb.GetInstallationComponentContextsRequest, context: grpc.ServicerContext
    ) -> pb.GetInstallationComponentContextsResponse:
        def find() -> pb.GetInstallationComponentContextsResponse:
            contexts = contexts_matching(self.region.database, request.filter, type=request.component_type)
            wants_all = request.include_contexts_without_component
            return pb.GetInstallationComponentContextsResponse(
                contexts=[each for each in contexts if wants_all or each.HasField("component")]
            )

        return self.read(request, find, ask=self.control.GetInstallationComponentContexts)

    def PrepareSentryAppComponents(
        self, request: pb.PrepareSentryAppComponentsRequest, context: grpc.ServicerContext
    ) -> pb.PrepareSentryAppComponentsResponse:
        def find() -> pb.PrepareSentryAppComponentsResponse:
            contexts = contexts_of_installation(
                self.region.database, request.installation_id, type=request.component_type
            )
            project_slug = request.project_slug if request.HasField("project_slug") else None
            prepared = find_prepared(self.asking, contexts, project_slug=project_slug)
            return pb.PrepareSentryAppComponentsResponse(component=prepared)

        return self.read(request, find, ask=self.control.PrepareSentryAppComponents)
