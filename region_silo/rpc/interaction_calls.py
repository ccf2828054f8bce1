"""``SentryAppRegionService`` about how often apps are looked at and used."""

import grpc

from region_silo.rpc.app_error import Refusal
from region_silo.rpc.region_calls import SentryAppRegionCalls
from region_silo.rpc.served_here import require_no_other_region
from region_silo.services.interaction import (
    Counts,
    count_interactions,
    count_views,
    parse_interaction,
    record_interaction,
)
from shared.domain.period import parse_period
from shared.errors import InvalidInput
from shared.pb.hybridcloud.region.v1 import interaction_pb2
from shared.pb.hybridcloud.region.v1 import sentry_app_region_service_pb2 as pb

MAX_COMPONENT_TYPES = 100
"""In one call; each is a series of its own."""


class InteractionCalls(SentryAppRegionCalls):
    """Counts."""

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
            with self.region.database.snapshot():
                views = count_views(request.sentry_app, period)
                interactions = count_interactions(request.sentry_app, request.component_types, period)
            by_type = {
                name: interaction_pb2.ComponentInteractions(counts=_messages(counts))
                for name, counts in interactions.items()
            }
            return pb.GetInteractionStatsResponse(views=_messages(views), component_interactions=by_type)
        return pb.GetInteractionStatsResponse(error=refusal.error)

    def RecordInteraction(
        self, request: pb.RecordInteractionRequest, context: grpc.ServicerContext
    ) -> pb.RecordInteractionResponse:
        require_no_other_region(self.region)
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


def _messages(counts: Counts) -> list[interaction_pb2.InteractionCount]:
    return [interaction_pb2.InteractionCount(time=time, count=count) for time, count in counts]
