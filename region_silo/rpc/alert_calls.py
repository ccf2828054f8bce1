"""A region's answers about alerts (``alert_calls.proto``)."""

import grpc

from region_silo.rpc.calls import RegionCalls
from region_silo.services.find_installation import contexts_installed_in
from shared.domain.prepared_component import ALERT_RULE_ACTION, alert_rule_actions, alertable_services
from shared.pb.hybridcloud.apps.v1 import alert_calls_pb2 as pb


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
            actions = alert_rule_actions(contexts, event_data=request.event_data, project_slug=project_slug)
            return pb.GetCustomAlertRuleActionsResponse(actions=actions)

        return self.read(request, find, ask=self.control.GetCustomAlertRuleActions)

    def TriggerSentryAppActionCreators(
        self, request: pb.TriggerSentryAppActionCreatorsRequest, context: grpc.ServicerContext
    ) -> pb.TriggerSentryAppActionCreatorsResponse:
        return self.write(request, self.control.TriggerSentryAppActionCreators)
