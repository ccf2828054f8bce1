"""``OrganizationService`` in a region: provisions and resolves the organizations that live here."""

from datetime import UTC

import grpc

from region_silo.services.organization import (
    find_organization,
    list_organizations,
    organization_message,
    provision_organization,
)
from region_silo.services.region import Region
from shared.category import Category
from shared.errors import FieldMissing
from shared.outbox.edition import versions_of
from shared.pb.hybridcloud.organizations.v1 import organization_service_pb2, organization_service_pb2_grpc
from shared.rpc.consistency import consistent
from shared.rpc.paging import page_of


@consistent
class OrganizationServicer(organization_service_pb2_grpc.OrganizationServiceServicer):
    """Control alone provisions, since it gives out the ids; anyone who signs may look."""

    def __init__(self, region: Region) -> None:
        self._region = region

    def ProvisionOrganization(
        self, request: organization_service_pb2.ProvisionOrganizationRequest, context: grpc.ServicerContext
    ) -> organization_service_pb2.ProvisionOrganizationResponse:
        organization = provision_organization(
            self._region,
            organization_id=request.id,
            slug=request.slug,
            name=request.name,
            created_at=request.created_at.ToDatetime(UTC) if request.HasField("created_at") else None,
            is_restored=request.is_restored,
        )
        with self._region.database.session():
            # Control takes the mapping from this answer at once; the version makes what the outbox brings later a no-
            # op.
            versions = versions_of(Category.ORGANIZATION, [organization.id])
        return organization_service_pb2.ProvisionOrganizationResponse(
            organization=organization_message(organization, self._region.name), version=versions[organization.id]
        )

    def GetOrganization(
        self, request: organization_service_pb2.GetOrganizationRequest, context: grpc.ServicerContext
    ) -> organization_service_pb2.GetOrganizationResponse:
        key = request.WhichOneof("key")
        if key is None or not getattr(request, key):
            raise FieldMissing.at("slug", "this field or id is required.")
        with self._region.database.session():
            organization = find_organization(getattr(request, key))
        found = organization_message(organization, self._region.name) if organization else None
        return organization_service_pb2.GetOrganizationResponse(organization=found)

    def ListOrganizations(
        self, request: organization_service_pb2.ListOrganizationsRequest, context: grpc.ServicerContext
    ) -> organization_service_pb2.ListOrganizationsResponse:
        page = page_of(request.page_size, request.page_token)
        with self._region.database.session():
            # One more than is shown says whether there is another page.
            found = list_organizations(after_id=page.after_id, limit=page.size + 1)
        return organization_service_pb2.ListOrganizationsResponse(
            organizations=[organization_message(each, self._region.name) for each in found[: page.size]],
            next_page_token=page.next_token([each.id for each in found]),
        )
