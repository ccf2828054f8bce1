"""Every organization in the world, as control knows them."""

from collections.abc import Iterator

from shared.cli.access import Access
from shared.domain.peer import CONTROL
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
    # Over gRPC, which knows all of them; REST lists those that the token's user may see.
    page = organization_service_pb2.ListOrganizationsRequest(page_size=1000)
    with access.channel(CONTROL) as channel:
        stub = organization_service_pb2_grpc.OrganizationServiceStub(channel)
        while True:
            answer = stub.ListOrganizations(page)
            yield from answer.organizations
            if not answer.next_page_token:
                return
            page.page_token = answer.next_page_token
