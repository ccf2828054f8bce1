"""``SentryAppRegionService``: what apps do with the things that this region owns. Refusals travel inside answers."""

from region_silo.rpc.hook_project_calls import HookProjectCalls
from region_silo.rpc.interaction_calls import InteractionCalls
from region_silo.rpc.issue_calls import IssueCalls
from region_silo.rpc.select_calls import SelectCalls
from shared.pb.hybridcloud.region.v1 import sentry_app_region_service_pb2_grpc


class SentryAppRegionServicer(
    SelectCalls,
    IssueCalls,
    HookProjectCalls,
    InteractionCalls,
    sentry_app_region_service_pb2_grpc.SentryAppRegionServiceServicer,
):
    """Answers control and services; other regions have nothing here."""
