"""``TopologyService``: the directory of regions over gRPC."""

from collections.abc import Iterable

import grpc

from control_silo.models.region import RegisteredRegion
from control_silo.services.control import Control
from control_silo.services.region import list_regions, register_region
from shared.errors import CallerNotOwner
from shared.pb.hybridcloud.operations.v1 import region_pb2, topology_service_pb2, topology_service_pb2_grpc
from shared.rpc.served import current_caller


class TopologyServicer(topology_service_pb2_grpc.TopologyServiceServicer):
    """Regions register themselves here, each only itself; operators may look."""

    def __init__(self, control: Control) -> None:
        self._control = control

    def RegisterRegion(
        self, request: topology_service_pb2.RegisterRegionRequest, context: grpc.ServicerContext
    ) -> topology_service_pb2.RegisterRegionResponse:
        if current_caller() != request.name:
            raise CallerNotOwner(metadata={"caller": current_caller(), "name": request.name})
        regions = register_region(
            self._control,
            name=request.name,
            grpc_address=request.grpc_address,
            http_address=request.http_address,
            identity=request.identity,
        )
        own = [region for region in regions if region.name == request.name]
        return topology_service_pb2.RegisterRegionResponse(regions=_messages(own), number=own[0].number)

    def ListRegions(
        self, request: topology_service_pb2.ListRegionsRequest, context: grpc.ServicerContext
    ) -> topology_service_pb2.ListRegionsResponse:
        return topology_service_pb2.ListRegionsResponse(regions=_messages(list_regions(self._control)))


def _messages(regions: Iterable[RegisteredRegion]) -> list[region_pb2.Region]:
    messages = []
    for region in regions:
        message = region_pb2.Region(
            name=region.name,
            grpc_address=region.grpc_address,
            http_address=region.http_address,
            number=region.number or 0,
        )
        message.registered_at.FromDatetime(region.registered_at)
        messages.append(message)
    return messages
