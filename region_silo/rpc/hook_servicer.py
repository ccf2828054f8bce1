"""``HookService``: the hooks of this region. Applications and installations are not looked up."""

from collections.abc import Iterable

import grpc

from region_silo.models.hook import ServiceHook
from region_silo.rpc.served_here import require_ids, require_name, require_organizations
from region_silo.services.hook import (
    NewHook,
    Subscription,
    create_hooks,
    parse_events,
    parse_hook_url,
    set_hook_of_installation,
    update_hooks_of_application,
)
from region_silo.services.region import Region
from shared.pb.hybridcloud.hooks.v1 import hook_pb2, hook_service_pb2_grpc
from shared.pb.hybridcloud.hooks.v1 import hook_service_pb2 as pb

Update = pb.UpdateWebhookAndEventsRequest | pb.UpdateWebhookAndEventsForAppByRegionRequest


class HookServicer(hook_service_pb2_grpc.HookServiceServicer):
    """Writes hooks for control and for services; other regions have none here."""

    def __init__(self, region: Region) -> None:
        self._region = region

    def CreateServiceHook(
        self, request: pb.CreateServiceHookRequest, context: grpc.ServicerContext
    ) -> pb.CreateServiceHookResponse:
        require_ids(actor_id=request.actor_id)
        # Absent is allowed and 0 is not: an unset variable of the caller's would look like it.
        for field in ("application_id", "installation_id"):
            if request.HasField(field):
                require_ids(**{field: getattr(request, field)})
        for project_id in request.project_ids:
            require_ids(project_ids=project_id)
        require_organizations(self._region, {request.organization_id})
        hook = NewHook(
            installation_id=request.installation_id if request.HasField("installation_id") else None,
            application_id=request.application_id if request.HasField("application_id") else None,
            actor_id=request.actor_id,
            organization_id=request.organization_id,
            url=parse_hook_url(request.url),
            events=parse_events(request.events),
            project_ids=tuple(request.project_ids),
        )
        return pb.CreateServiceHookResponse(hook=_messages(create_hooks(self._region, [hook]))[0])

    def UpdateWebhookAndEvents(
        self, request: pb.UpdateWebhookAndEventsRequest, context: grpc.ServicerContext
    ) -> pb.UpdateWebhookAndEventsResponse:
        require_organizations(self._region, {request.organization_id})
        # The organization was only to find the region, as in the original; the hooks changed are the application's, all
        # of this region.
        return pb.UpdateWebhookAndEventsResponse(hooks=self._update(request))

    def UpdateWebhookAndEventsForAppByRegion(
        self, request: pb.UpdateWebhookAndEventsForAppByRegionRequest, context: grpc.ServicerContext
    ) -> pb.UpdateWebhookAndEventsForAppByRegionResponse:
        require_name(self._region, request.region_name, field="region_name")
        return pb.UpdateWebhookAndEventsForAppByRegionResponse(hooks=self._update(request))

    def CreateOrUpdateWebhookAndEventsForInstallation(
        self, request: pb.CreateOrUpdateWebhookAndEventsForInstallationRequest, context: grpc.ServicerContext
    ) -> pb.CreateOrUpdateWebhookAndEventsForInstallationResponse:
        require_ids(installation_id=request.installation_id, application_id=request.application_id)
        require_organizations(self._region, {request.organization_id})
        subscription = Subscription(
            installation_id=request.installation_id,
            application_id=request.application_id,
            organization_id=request.organization_id,
            url=_webhook_url(request),
            events=parse_events(request.events),
        )
        # Set and not created: repeated by a caller who lost the answer, it leaves one hook.
        hooks = set_hook_of_installation(self._region, subscription)
        return pb.CreateOrUpdateWebhookAndEventsForInstallationResponse(hooks=_messages(hooks))

    def BulkCreateServiceHooksForApp(
        self, request: pb.BulkCreateServiceHooksForAppRequest, context: grpc.ServicerContext
    ) -> pb.BulkCreateServiceHooksForAppResponse:
        require_name(self._region, request.region_name, field="region_name")
        require_ids(application_id=request.application_id)
        pairs = request.installation_organization_ids
        for pair in pairs:
            require_ids(installation_id=pair.installation_id)
        # All of them before the first is made: hooks come all or none.
        require_organizations(self._region, {pair.organization_id for pair in pairs})
        url, events = parse_hook_url(request.url), parse_events(request.events)
        new = [_new_hook(pair, request.application_id, url=url, events=events) for pair in pairs]
        return pb.BulkCreateServiceHooksForAppResponse(hooks=_messages(create_hooks(self._region, new)))

    def _update(self, request: Update) -> list[hook_pb2.RpcServiceHook]:
        require_ids(application_id=request.application_id)
        url = _webhook_url(request)
        events = parse_events(request.events)
        return _messages(update_hooks_of_application(self._region, request.application_id, url=url, events=events))


def _webhook_url(request: Update | pb.CreateOrUpdateWebhookAndEventsForInstallationRequest) -> str:
    """The URL; empty when there is to be no hook."""
    return parse_hook_url(request.webhook_url, field="webhook_url") if request.webhook_url else ""


def _new_hook(
    pair: hook_pb2.RpcInstallationOrganizationPair, application_id: int, *, url: str, events: tuple[str, ...]
) -> NewHook:
    return NewHook(
        installation_id=pair.installation_id,
        application_id=application_id,
        # Nobody made it: the original names the installation.
        actor_id=pair.installation_id,
        organization_id=pair.organization_id,
        url=url,
        events=events,
    )


def _messages(hooks: Iterable[ServiceHook]) -> list[hook_pb2.RpcServiceHook]:
    """Without secrets; what is null stays absent."""
    return [
        hook_pb2.RpcServiceHook(
            id=hook.id,
            guid=hook.guid,
            # One by one, as the original's callers compare them; stored are resources, which gain events.
            events=hook.expanded_events,
            application_id=hook.application_id,
            installation_id=hook.installation_id,
            organization_id=hook.organization_id,
            project_id=hook.project_id,
            url=hook.url,
            actor_id=hook.actor_id,
        )
        for hook in hooks
    ]
