"""A region's answers about components, and about the alerts that they offer.

Owns the part of ``AppService`` of ``component_calls.proto`` and ``alert_calls.proto``.
"""

import grpc

from region_silo.rpc.replica_first import ReplicaFirst
from region_silo.services.find_app import components_of_app
from region_silo.services.find_installation import contexts_installed_in, contexts_matching, contexts_of_installation
from region_silo.services.held import NotHeld
from shared.app_service.alert_component import ALERT_RULE_ACTION, alertable_services
from shared.app_service.request import check_request
from shared.asking.alert_action import announce_saved_rule
from shared.asking.prepare import alert_rule_actions, find_prepared
from shared.pb.hybridcloud.apps.v1 import alert_calls_pb2 as alert_pb
from shared.pb.hybridcloud.apps.v1 import component_calls_pb2 as pb
from shared.pb.hybridcloud.apps.v1 import component_pb2, installation_pb2


class ComponentPart(ReplicaFirst):
    """Reads of components from the replicas."""

    def FindAppComponents(
        self, request: pb.FindAppComponentsRequest, context: grpc.ServicerContext
    ) -> pb.FindAppComponentsResponse:
        def find() -> pb.FindAppComponentsResponse:
            return pb.FindAppComponentsResponse(components=components_of_app(self.region.database, request.app_id))

        return self.read(request, find, ask=self.control.FindAppComponents)

    def GetComponentContexts(
        self, request: pb.GetComponentContextsRequest, context: grpc.ServicerContext
    ) -> pb.GetComponentContextsResponse:
        def find() -> pb.GetComponentContextsResponse:
            contexts = contexts_matching(self.region.database, request.filter, type=request.component_type)
            return pb.GetComponentContextsResponse(contexts=[each for each in contexts if each.HasField("component")])

        return self.read(request, find, ask=self.control.GetComponentContexts)

    def GetInstallationComponentContexts(
        self, request: pb.GetInstallationComponentContextsRequest, context: grpc.ServicerContext
    ) -> pb.GetInstallationComponentContextsResponse:
        def find() -> pb.GetInstallationComponentContextsResponse:
            contexts = contexts_matching(self.region.database, request.filter, type=request.component_type)
            wants_all = request.include_contexts_without_component
            return pb.GetInstallationComponentContextsResponse(
                contexts=[each for each in contexts if wants_all or each.HasField("component")]
            )

        return self.read(request, find, ask=self.control.GetInstallationComponentContexts)

    def PrepareSentryAppComponents(
        self, request: pb.PrepareSentryAppComponentsRequest, context: grpc.ServicerContext
    ) -> pb.PrepareSentryAppComponentsResponse:
        def find() -> pb.PrepareSentryAppComponentsResponse:
            contexts = contexts_of_installation(
                self.region.database, request.installation_id, type=request.component_type
            )
            project_slug = request.project_slug if request.HasField("project_slug") else None
            prepared = find_prepared(self.asking, contexts, project_slug=project_slug)
            return pb.PrepareSentryAppComponentsResponse(component=prepared)

        # Control would ask the app as well, which takes as long as the app takes.
        return self.read(request, find, ask=self.control.PrepareSentryAppComponents, may_take_long=True)


class AlertPart(ReplicaFirst):
    """What alert rules ask of apps."""

    def FindAlertableServices(
        self, request: alert_pb.FindAlertableServicesRequest, context: grpc.ServicerContext
    ) -> alert_pb.FindAlertableServicesResponse:
        def find() -> alert_pb.FindAlertableServicesResponse:
            contexts = contexts_installed_in(self.region.database, request.organization_id, type=ALERT_RULE_ACTION)
            return alert_pb.FindAlertableServicesResponse(services=alertable_services(contexts))

        return self.read(request, find, ask=self.control.FindAlertableServices)

    def GetCustomAlertRuleActions(
        self, request: alert_pb.GetCustomAlertRuleActionsRequest, context: grpc.ServicerContext
    ) -> alert_pb.GetCustomAlertRuleActionsResponse:
        def find() -> alert_pb.GetCustomAlertRuleActionsResponse:
            contexts = contexts_installed_in(self.region.database, request.organization_id, type=ALERT_RULE_ACTION)
            project_slug = request.project_slug if request.HasField("project_slug") else None
            actions = alert_rule_actions(
                self.asking, contexts, event_data=request.event_data, project_slug=project_slug
            )
            return alert_pb.GetCustomAlertRuleActionsResponse(actions=actions)

        return self.read(request, find, ask=self.control.GetCustomAlertRuleActions, may_take_long=True)

    def TriggerSentryAppActionCreators(
        self, request: alert_pb.TriggerSentryAppActionCreatorsRequest, context: grpc.ServicerContext
    ) -> alert_pb.TriggerSentryAppActionCreatorsResponse:
        check_request(request)
        contexts = self._contexts_here(request.install_uuid)
        # Not held yet: control holds every installation, and asks the app itself.
        if not contexts:
            return self.write(request, self.control.TriggerSentryAppActionCreators)
        return announce_saved_rule(self.asking, contexts[0], request)

    def _contexts_here(self, uuid: str) -> list[component_pb2.RpcSentryAppComponentContext]:
        """The installation with its ``alert-rule-action``, if it is held here; [] when control must be asked."""
        conditions = installation_pb2.SentryAppInstallationFilter(uuids=[uuid])
        try:
            return contexts_matching(self.region.database, conditions, type=ALERT_RULE_ACTION)
        except NotHeld:
            return []
