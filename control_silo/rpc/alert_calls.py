"""Control's answers about alerts (``alert_calls.proto``)."""

import grpc
from google.protobuf import json_format, struct_pb2

from control_silo.rpc.calls import ControlCalls
from control_silo.rpc.ownership import require_owner
from control_silo.rpc.render import context_messages
from control_silo.services.find_installation import find_installation_by_uuid, installed_in
from shared.domain.prepared_component import ALERT_RULE_ACTION, alert_rule_actions, alertable_services
from shared.errors import Unimplemented
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
        actions = alert_rule_actions(contexts, event_data=request.event_data, project_slug=project_slug)
        return pb.GetCustomAlertRuleActionsResponse(actions=actions)

    def TriggerSentryAppActionCreators(
        self, request: pb.TriggerSentryAppActionCreatorsRequest, context: grpc.ServicerContext
    ) -> pb.TriggerSentryAppActionCreatorsResponse:
        with self.reading(request):
            installation = find_installation_by_uuid(request.install_uuid)
            if installation is not None:
                require_owner(installation.organization_id)
                raise Unimplemented("This silo does not tell apps of saved alert rules.")
        facts = json_format.ParseDict({"installation_uuid": request.install_uuid}, struct_pb2.Struct())
        return pb.TriggerSentryAppActionCreatorsResponse(
            success=False,
            message="Installation does not exist",
            error_type="sentry",
            webhook_context=facts,
            status_code=500,
        )
