"""Control's answers about components, and about the alerts that they offer.

Owns the part of ``AppService`` of ``component_calls.proto`` and ``alert_calls.proto``.
"""

import grpc

from control_silo.rpc.answering import ControlAnswers, require_owner
from control_silo.rpc.render import component_messages, context_messages
from control_silo.services.find_component import components_of_app
from control_silo.services.find_installation import (
    find_installation,
    find_installation_by_uuid,
    installations_matching,
    installed_in,
)
from shared.app_service.alert_component import ALERT_RULE_ACTION, alertable_services
from shared.asking.alert_action import announce_saved_rule
from shared.asking.prepare import alert_rule_actions, find_prepared
from shared.pb.hybridcloud.apps.v1 import alert_calls_pb2 as alert_pb
from shared.pb.hybridcloud.apps.v1 import component_calls_pb2 as pb


class ComponentPart(ControlAnswers):
    def FindAppComponents(
        self, request: pb.FindAppComponentsRequest, context: grpc.ServicerContext
    ) -> pb.FindAppComponentsResponse:
        with self.reading(request):
            return pb.FindAppComponentsResponse(components=component_messages(components_of_app(request.app_id)))

    def GetComponentContexts(
        self, request: pb.GetComponentContextsRequest, context: grpc.ServicerContext
    ) -> pb.GetComponentContextsResponse:
        with self.reading(request):
            contexts = context_messages(installations_matching(request.filter), type=request.component_type)
        return pb.GetComponentContextsResponse(contexts=[each for each in contexts if each.HasField("component")])

    def GetInstallationComponentContexts(
        self, request: pb.GetInstallationComponentContextsRequest, context: grpc.ServicerContext
    ) -> pb.GetInstallationComponentContextsResponse:
        with self.reading(request):
            contexts = context_messages(installations_matching(request.filter), type=request.component_type)
        wants_all = request.include_contexts_without_component
        return pb.GetInstallationComponentContextsResponse(
            contexts=[each for each in contexts if wants_all or each.HasField("component")]
        )

    def PrepareSentryAppComponents(
        self, request: pb.PrepareSentryAppComponentsRequest, context: grpc.ServicerContext
    ) -> pb.PrepareSentryAppComponentsResponse:
        with self.reading(request):
            installation = find_installation(request.installation_id)
            contexts = context_messages([installation] if installation else [], type=request.component_type)
        project_slug = request.project_slug if request.HasField("project_slug") else None
        # Outside the snapshot: the app is asked now, and may take seconds.
        prepared = find_prepared(self.asking, contexts, project_slug=project_slug)
        return pb.PrepareSentryAppComponentsResponse(component=prepared)


class AlertPart(ControlAnswers):
    """What alert rules ask of apps."""

    def FindAlertableServices(
        self, request: alert_pb.FindAlertableServicesRequest, context: grpc.ServicerContext
    ) -> alert_pb.FindAlertableServicesResponse:
        with self.reading(request):
            contexts = context_messages(installed_in(request.organization_id), type=ALERT_RULE_ACTION)
        return alert_pb.FindAlertableServicesResponse(services=alertable_services(contexts))

    def GetCustomAlertRuleActions(
        self, request: alert_pb.GetCustomAlertRuleActionsRequest, context: grpc.ServicerContext
    ) -> alert_pb.GetCustomAlertRuleActionsResponse:
        with self.reading(request):
            contexts = context_messages(installed_in(request.organization_id), type=ALERT_RULE_ACTION)
        project_slug = request.project_slug if request.HasField("project_slug") else None
        actions = alert_rule_actions(self.asking, contexts, event_data=request.event_data, project_slug=project_slug)
        return alert_pb.GetCustomAlertRuleActionsResponse(actions=actions)

    def TriggerSentryAppActionCreators(
        self, request: alert_pb.TriggerSentryAppActionCreatorsRequest, context: grpc.ServicerContext
    ) -> alert_pb.TriggerSentryAppActionCreatorsResponse:
        with self.reading(request):
            installation = find_installation_by_uuid(request.install_uuid)
            if installation is not None:
                require_owner(installation.organization_id)
            contexts = context_messages([installation] if installation else [], type=ALERT_RULE_ACTION)
        return announce_saved_rule(self.asking, contexts[0] if contexts else None, request)
