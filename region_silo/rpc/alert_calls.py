"""A region's answers about alerts (``alert_calls.proto``)."""

import grpc

from region_silo.rpc.calls import RegionCalls
from region_silo.rpc.served_here import require_no_other_region
from region_silo.services.find_installation import contexts_installed_in, contexts_matching
from region_silo.services.held import NotHeld
from shared.app_service.alert_component import ALERT_RULE_ACTION, alertable_services
from shared.app_service.request import check_call
from shared.asking.alert_action import announce_saved_rule
from shared.asking.prepare import alert_rule_actions
from shared.pb.hybridcloud.apps.v1 import alert_calls_pb2 as pb
from shared.pb.hybridcloud.apps.v1 import component_pb2, installation_pb2


class AlertCalls(RegionCalls):
    """What alert rules ask of apps."""

    def FindAlertableServices(
        self, request: pb.FindAlertableServicesRequest, context: grpc.ServicerContext
    ) -> pb.FindAlertableServicesResponse:
        def find() -> pb.FindAlertableServicesResponse:
            contexts = contexts_installed_in(self.region.database, request.organization_id, type=ALERT_RULE_ACTION)
            return pb.FindAlertableServicesResponse(services=alertable_services(contexts))

        return self.read(request, find, ask=self.control.FindAlertableServices)

    def GetCustomAlertRuleActions(
        self, request: pb.GetCustomAlertRuleActionsRequest, context: grpc.ServicerContext
    ) -> pb.GetCustomAlertRuleActionsResponse:
        def find() -> pb.GetCustomAlertRuleActionsResponse:
            contexts = contexts_installed_in(self.region.database, request.organization_id, type=ALERT_RULE_ACTION)
            project_slug = request.project_slug if request.HasField("project_slug") else None
            actions = alert_rule_actions(
                self.asking, contexts, event_data=request.event_data, project_slug=project_slug
            )
            return pb.GetCustomAlertRuleActionsResponse(actions=actions)

        return self.read(request, find, ask=self.control.GetCustomAlertRuleActions)

    def TriggerSentryAppActionCreators(
        self, request: pb.TriggerSentryAppActionCreatorsRequest, context: grpc.ServicerContext
    ) -> pb.TriggerSentryAppActionCreatorsResponse:
        check_call(request)
        contexts = self._contexts_here(request.install_uuid)
        if not contexts:
            return self.write(request, self.control.TriggerSentryAppActionCreators)
        require_no_other_region(self.region)
        return announce_saved_rule(self.asking, contexts[0], request)

    def _contexts_here(self, uuid: str) -> list[component_pb2.RpcSentryAppComponentContext]:
        """The installation with its ``alert-rule-action``, if it is held here; [] when control must be asked."""
        conditions = installation_pb2.SentryAppInstallationFilter(uuids=[uuid])
        try:
            return contexts_matching(self.region.database, conditions, type=ALERT_RULE_ACTION)
        except NotHeld:
            return []
