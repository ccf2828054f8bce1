"""``OrganizationService`` on control: resolves organizations; regions provision them."""

import grpc

from control_silo.rpc.answering import ControlAnswers
from control_silo.services.message import organization_message
from control_silo.services.organization import find_organization, list_organizations
from shared.errors import FieldMissing, Unimplemented
from shared.pb.hybridcloud.organizations.v1 import organization_service_pb2, organization_service_pb2_grpc
from shared.rpc.consistency import consistent
from shared.rpc.paging import page_of


@consistent
class OrganizationServicer(ControlAnswers, organization_service_pb2_grpc.OrganizationServiceServicer):
    """Answers from control's replicas."""

    def ProvisionOrganization(
        self, request: organization_service_pb2.ProvisionOrganizationRequest, context: grpc.ServicerContext
    ) -> organization_service_pb2.ProvisionOrganizationResponse:
        # One service in both silos: control is asked by whoever does not know yet where an organization lives.
        raise Unimplemented("Organizations are provisioned in regions.")

    def GetOrganization(
        self, request: organization_service_pb2.GetOrganizationRequest, context: grpc.ServicerContext
    ) -> organization_service_pb2.GetOrganizationResponse:
        key = request.WhichOneof("key")
        if key is None or not getattr(request, key):
            raise FieldMissing.at("slug", "this field or id is required.")
        with self.reading(request):
            organization = find_organization(getattr(request, key))
        found = organization_message(organization) if organization else None
        return organization_service_pb2.GetOrganizationResponse(organization=found)

    def ListOrganizations(
        self, request: organization_service_pb2.ListOrganizationsRequest, context: grpc.ServicerContext
    ) -> organization_service_pb2.ListOrganizationsResponse:
        page = page_of(request.page_size, request.page_token)
        with self.reading(request):
            found = list_organizations(after_id=page.after_id, limit=page.size + 1)
        return organization_service_pb2.ListOrganizationsResponse(
            organizations=[organization_message(each) for each in found[: page.size]],
            next_page_token=page.next_token([each.id for each in found]),
        )
