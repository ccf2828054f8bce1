"""``SentryAppRegionService``: what apps do with the things that this region owns. Refusals travel inside answers.

Owns the parts about the projects that a hook is confined to, about how often apps are looked at and used, and about
what other services have apps told of.
"""

from collections.abc import Iterable

import grpc

from region_silo.models.hook import ServiceHookProject
from region_silo.rpc.issue_link_servicer import IssueLinkPart, SelectPart
from region_silo.rpc.region_servicer_part import Installation, Refusal, RegionServicerPart
from region_silo.rpc.served_here import require_organizations
from region_silo.services.broadcast import send_broadcast
from region_silo.services.hook_project import (
    UNKNOWN,
    delete_hook_projects,
    list_hook_projects,
    parse_project_identifiers,
    set_hook_projects,
)
from region_silo.services.interaction import (
    Counts,
    count_interactions,
    count_views,
    parse_interaction,
    record_interaction,
)
from shared.domain.app_error import client_error
from shared.domain.period import parse_period
from shared.errors import InvalidInput
from shared.pb.hybridcloud.region.v1 import (
    interaction_pb2,
    sentry_app_region_service_pb2_grpc,
    service_hook_project_pb2,
)
from shared.pb.hybridcloud.region.v1 import sentry_app_region_service_pb2 as pb
from shared.pb.hybridcloud.users.v1 import user_pb2
from shared.rpc.json_struct import items_of, object_of

# The original's texts, each of its own method.
MAY_NOT_READ = "Some projects are not accessible"
MAY_NOT_CHANGE = "Some projects affected by this request are not accessible"
MAY_NOT_DELETE = "Cannot remove projects that are not accessible"


class HookProjectPart(RegionServicerPart):
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
            # After the projects that are there, which refuse first and in other words: this is about those to come.
            if not self._may_access(request, installation):
                raise client_error(UNKNOWN)
            # The identifiers are judged in the transaction that stores them, since a project may go at any time.
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
        # Without projects there is nothing to hide, and the answer is the same for everybody.
        if projects and not self._may_access(request, installation):
            raise client_error(text, status=403)
        return projects

    def _may_access(self, request: "Request", installation: Installation) -> bool:
        # A service asks for itself, and not for somebody.
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


MAX_COMPONENT_TYPES = 100
"""In one call; each is a series of its own."""


class InteractionPart(RegionServicerPart):
    def GetInteractionStats(
        self, request: pb.GetInteractionStatsRequest, context: grpc.ServicerContext
    ) -> pb.GetInteractionStatsResponse:
        self.require_app(request.sentry_app)
        if len(request.component_types) > MAX_COMPONENT_TYPES:
            raise InvalidInput.at("component_types", f"{MAX_COMPONENT_TYPES} is the limit.")
        with Refusal() as refusal:
            period = parse_period(
                since=request.since,
                until=request.until,
                interval_seconds=request.resolution if request.HasField("resolution") else None,
            )
            # Both counts of one moment: a use is counted after the view that led to it, and must not be shown without.
            with self.region.database.snapshot():
                views = count_views(request.sentry_app, period)
                interactions = count_interactions(request.sentry_app, request.component_types, period)
            by_type = {
                name: interaction_pb2.ComponentInteractions(counts=_count_messages(counts))
                for name, counts in interactions.items()
            }
            return pb.GetInteractionStatsResponse(views=_count_messages(views), component_interactions=by_type)
        return pb.GetInteractionStatsResponse(error=refusal.error)

    def RecordInteraction(
        self, request: pb.RecordInteractionRequest, context: grpc.ServicerContext
    ) -> pb.RecordInteractionResponse:
        # Whoever counts is a service of the platform; it names the app, and the region does not look it up: counting
        # must not fail while a replica is late.
        self.require_app(request.sentry_app)
        with Refusal() as refusal:
            interaction = parse_interaction(
                request.sentry_app,
                tsdb_field=request.tsdb_field,
                component_type=request.component_type if request.HasField("component_type") else None,
            )
            record_interaction(self.region, interaction)
            return pb.RecordInteractionResponse(success=True)
        return pb.RecordInteractionResponse(error=refusal.error)


def _count_messages(counts: Counts) -> list[interaction_pb2.InteractionCount]:
    return [interaction_pb2.InteractionCount(time=time, count=count) for time, count in counts]


class BroadcastPart(RegionServicerPart):
    def SendBroadcast(
        self, request: pb.SendBroadcastRequest, context: grpc.ServicerContext
    ) -> pb.SendBroadcastResponse:
        require_organizations(self.region, {request.organization_id})
        with Refusal() as refusal:
            send_broadcast(
                self.region,
                organization_id=request.organization_id,
                # Two fields in the contract, since the original's callers have them apart; one name here.
                name=f"{request.resource_name}.{request.event_name}",
                payload=object_of(request.payload),
            )
            return pb.SendBroadcastResponse(success=True)
        return pb.SendBroadcastResponse(error=refusal.error)


class SentryAppRegionServicer(
    SelectPart,
    IssueLinkPart,
    HookProjectPart,
    InteractionPart,
    BroadcastPart,
    sentry_app_region_service_pb2_grpc.SentryAppRegionServiceServicer,
):
    """Answers control and services; other regions have nothing here."""
