"""``AppService`` in a region, which holds replicas of what control owns."""

from region_silo.rpc.alert_calls import AlertCalls
from region_silo.rpc.app_calls import AppCalls
from region_silo.rpc.component_calls import ComponentCalls
from region_silo.rpc.installation_calls import InstallationCalls
from shared.pb.hybridcloud.apps.v1 import app_service_pb2_grpc
from shared.rpc.consistency import consistent


@consistent
class AppServicer(AppCalls, InstallationCalls, ComponentCalls, AlertCalls, app_service_pb2_grpc.AppServiceServicer):
    """Answers from the replicas, else with what control says."""
