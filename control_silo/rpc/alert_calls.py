"""Control's answers about alerts (``alert_calls.proto``)."""

import grpc

from control_silo.rpc.calls import ControlCalls
from control_silo.rpc.ownership import require_owner
from control_silo.rpc.render import context_messages
from control_silo.services.find_installation import find_installation_by_uuid, installed_in
from shared.app_service.alert_component import ALERT_RULE_ACTION, alertable_services
from shared.asking.alert_action import announce_saved_rule
from shared.asking.prepare import alert_rule_actions
from shared.pb.hybridcloud.apps.v1 import alert_calls_pb2 as pb


class AlertCalls(ControlCalls):
    """What alert rules ask of apps."""

    def FindAlertableServices(
        self, request: pb.FindAlertableServicesRequest, context: grpc.ServicerContext
    ) -> pb.FindAlertableServicesResponse:
        with self.reading(request):
            contexts = context_messages(installed_in(request.organization_id), type=ALERT_RULE_ACTION)
        return pb.FindAlertableServicesResponse(services=alertable_services(contexts))

    def GetCustomAlertRuleActions(
        self, request: pb.GetCustomAlertRuleActionsRequest, context: grpc.ServicerContext
    ) -> pb.GetCustomAlertRuleActionsResponse:
        with self.reading(request):
            contexts = context_messages(installed_in(request.organization_id), type=ALERT_RULE_ACTION)
        project_slug = request.project_slug if request.HasField("project_slug") else None
        actions = alert_rule_actions(self.asking, contexts, event_data=request.event_data, project_slug=project_slug)
        return pb.GetCustomAlertRuleActionsResponse(actions=actions)

    def TriggerSentryAppActionCreators(
        self, request: pb.TriggerSentryAppActionCreatorsRequest, context: grpc.ServicerContext
    ) -> pb.TriggerSentryAppActionCreatorsResponse:
        with self.reading(request):
            installation = find_installation_by_uuid(request.install_uuid)
            if installation is not None:
                require_owner(installation.organization_id)
            contexts = context_messages([installation] if installation else [], type=ALERT_RULE_ACTION)
        return announce_saved_rule(self.asking, contexts[0] if contexts else None, request)
