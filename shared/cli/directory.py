"""What control knows of the world: organizations and regions, over gRPC."""

from collections.abc import Iterator, Sequence

from shared.cli.access import Access
from shared.config import CONTROL
from shared.pb.hybridcloud.operations.v1 import region_pb2, topology_service_pb2, topology_service_pb2_grpc
from shared.pb.hybridcloud.organizations.v1 import (
    organization_pb2,
    organization_service_pb2,
    organization_service_pb2_grpc,
)


def list_organizations(access: Access) -> Iterator[organization_pb2.RpcOrganization]:
    """Every organization, in id order.

    Raises:
        SiloError: what control said.
    """
    page = organization_service_pb2.ListOrganizationsRequest(page_size=1000)
    with access.channel(CONTROL) as channel:
        stub = organization_service_pb2_grpc.OrganizationServiceStub(channel)
        while True:
            answer = stub.ListOrganizations(page)
            yield from answer.organizations
            if not answer.next_page_token:
                return
            page.page_token = answer.next_page_token


def list_regions(access: Access) -> Sequence[region_pb2.Region]:
    """Every region that has registered, by name.

    Raises:
        SiloError: what control said.
    """
    with access.channel(CONTROL) as channel:
        stub = topology_service_pb2_grpc.TopologyServiceStub(channel)
        return list(stub.ListRegions(topology_service_pb2.ListRegionsRequest()).regions)
