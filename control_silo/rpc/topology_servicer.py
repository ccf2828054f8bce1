"""``TopologyService``: the directory of regions over gRPC."""

from collections.abc import Iterable
from datetime import UTC, datetime

import grpc
from google.protobuf.timestamp_pb2 import Timestamp

from control_silo.models.region import RegisteredRegion
from control_silo.services.app_health import take_report
from control_silo.services.control import Control
from control_silo.services.lost_region import (
    release_organization,
    remove_region,
    replace_region,
    restore_organization,
)
from control_silo.services.organization import creation_times
from control_silo.services.region import list_organizations_to_restore, list_regions, register_region
from shared.errors import CallerNotOwner, FieldMissing, InvalidInput
from shared.pb.hybridcloud.operations.v1 import region_pb2, topology_service_pb2, topology_service_pb2_grpc
from shared.rpc.served import current_caller
from shared.webhooks.health import HealthReport, IllApp


class TopologyServicer(topology_service_pb2_grpc.TopologyServiceServicer):
    """Regions register themselves here, each only itself; operators may look."""

    def __init__(self, control: Control) -> None:
        self._control = control

    def RegisterRegion(
        self, request: topology_service_pb2.RegisterRegionRequest, context: grpc.ServicerContext
    ) -> topology_service_pb2.RegisterRegionResponse:
        # Whoever has a region's key could else send what is meant for another region to itself.
        if current_caller() != request.name:
            raise CallerNotOwner(metadata={"caller": current_caller(), "name": request.name})
        regions = register_region(
            self._control,
            name=request.name,
            grpc_address=request.grpc_address,
            http_address=request.http_address,
            identity=request.identity,
            counts=request.counts,
        )
        # Alone: a region never calls a region, and needs to know none.
        own = [region for region in regions if region.name == request.name]
        answer = topology_service_pb2.RegisterRegionResponse(
            regions=_messages(own),
            number=own[0].number,
            # Only those in which control knows more: a database that is an older copy goes on above them.
            counts={kind: count for kind, count in own[0].counts.items() if count > request.counts.get(kind, 0)},
        )
        # Page by page, as the region comes again and says how far it has made them.
        if own[0].awaits_organizations:
            restored = list_organizations_to_restore(self._control, request.name, after_id=request.restored_through)
            with self._control.database.session():
                created = creation_times([each.id for each in restored])
            for each in restored:
                message = answer.organizations.add(id=each.id, slug=each.slug, name=each.name)
                # A reservation may be lost too; the present is nearer to the truth than 1970.
                message.created_at.FromDatetime(created.get(each.id, self._control.clock.now()))
        return answer

    def ReportAppHealth(
        self, request: topology_service_pb2.ReportAppHealthRequest, context: grpc.ServicerContext
    ) -> topology_service_pb2.ReportAppHealthResponse:
        report = HealthReport(request.revision, tuple(_ill_app(each) for each in request.apps))
        take_report(self._control, report, silo=current_caller())
        return topology_service_pb2.ReportAppHealthResponse()

    def ReplaceRegion(
        self, request: topology_service_pb2.ReplaceRegionRequest, context: grpc.ServicerContext
    ) -> topology_service_pb2.ReplaceRegionResponse:
        replace_region(self._control, name=_given(request.name, "name"))
        return topology_service_pb2.ReplaceRegionResponse()

    def RemoveRegion(
        self, request: topology_service_pb2.RemoveRegionRequest, context: grpc.ServicerContext
    ) -> topology_service_pb2.RemoveRegionResponse:
        remove_region(
            self._control, name=_given(request.name, "name"), releases_organizations=request.release_organizations
        )
        return topology_service_pb2.RemoveRegionResponse()

    def RestoreOrganization(
        self, request: topology_service_pb2.RestoreOrganizationRequest, context: grpc.ServicerContext
    ) -> topology_service_pb2.RestoreOrganizationResponse:
        region = restore_organization(self._control, slug=_given(request.slug, "slug"))
        return topology_service_pb2.RestoreOrganizationResponse(region=region)

    def ReleaseOrganization(
        self, request: topology_service_pb2.ReleaseOrganizationRequest, context: grpc.ServicerContext
    ) -> topology_service_pb2.ReleaseOrganizationResponse:
        release_organization(self._control, slug=_given(request.slug, "slug"))
        return topology_service_pb2.ReleaseOrganizationResponse()

    def ListRegions(
        self, request: topology_service_pb2.ListRegionsRequest, context: grpc.ServicerContext
    ) -> topology_service_pb2.ListRegionsResponse:
        return topology_service_pb2.ListRegionsResponse(regions=_messages(list_regions(self._control)))


def _given(value: str, field: str) -> str:
    if not value:
        raise FieldMissing.at(field, "this field is required.")
    return value


def _ill_app(app: topology_service_pb2.AppHealth) -> IllApp:
    if app.sentry_app_id <= 0:
        raise FieldMissing.at("apps.sentry_app_id", "a positive id is required.")
    return IllApp(
        sentry_app_id=app.sentry_app_id,
        circuit_opened_at=_instant(app.circuit_opened_at) if app.HasField("circuit_opened_at") else None,
        parked_at=_instant(app.parked_at) if app.HasField("parked_at") else None,
    )


def _instant(timestamp: Timestamp) -> datetime:
    try:
        instant: datetime = timestamp.ToDatetime(UTC)
    except (ValueError, OverflowError) as exc:
        raise InvalidInput.at("apps", "this is no time.") from exc
    return instant


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
