"""``AppService`` on control, the owner of apps and installations."""

from control_silo.rpc.alert_calls import AlertCalls
from control_silo.rpc.app_calls import AppCalls
from control_silo.rpc.component_calls import ComponentCalls
from control_silo.rpc.installation_calls import InstallationCalls
from control_silo.services.control import Control
from control_silo.services.freshness import organization_freshness
from shared.freshness import ReplicaFreshness
from shared.pb.hybridcloud.apps.v1 import app_service_pb2_grpc
from shared.rpc.consistency import consistent


@consistent
class AppServicer(AppCalls, InstallationCalls, ComponentCalls, AlertCalls, app_service_pb2_grpc.AppServiceServicer):
    """Answers from control's tables."""

    def __init__(self, control: Control, *, freshness: ReplicaFreshness | None = None) -> None:
        """Args:
        control: database and clock.
        freshness: of control's replicas, the one that ``ReplicaServicer`` tells of its commits; without it a read
            that has to wait for an organization looks every ``RECHECK_SECONDS``.
        """
        super().__init__(control, freshness or organization_freshness(control))
