"""Having a region tell apps of what happened elsewhere, with the payload that is given: a part of ``silo trigger``."""

import json

from google.protobuf import json_format, struct_pb2

from shared.cli.access import Access
from shared.domain.event import EVENTS, AppEvent
from shared.domain.happening import Broadcast
from shared.domain.peer import CONTROL
from shared.errors import ConfigInvalid, OrganizationNotFound, RequestRefused
from shared.pb.hybridcloud.organizations.v1 import (
    organization_pb2,
    organization_service_pb2,
    organization_service_pb2_grpc,
)
from shared.pb.hybridcloud.region.v1 import sentry_app_region_service_pb2, sentry_app_region_service_pb2_grpc

TIMEOUT_SECONDS = 10.0


def find_broadcast(name: str) -> AppEvent | None:
    """The event of that name, if it is one that happens elsewhere."""
    event = EVENTS.get(name)
    return event if event is not None and event.row.detail is Broadcast else None


def parse_payload(text: str) -> struct_pb2.Struct:
    """Raises:
    ConfigInvalid: it is no JSON object, or none that a call can carry.
    """
    try:
        found = json.loads(text)
        if not isinstance(found, dict):
            raise ConfigInvalid("--payload takes a JSON object, such as '{\"run_id\": 7}'.")
        return json_format.ParseDict(found, struct_pb2.Struct())
    except (json_format.ParseError, ValueError, RecursionError) as exc:
        raise ConfigInvalid(f"--payload takes a JSON object: {exc}.") from exc


def send(access: Access, event: AppEvent, *, organization: str, payload: struct_pb2.Struct) -> None:
    """Has the region of an organization tell its apps.

    Raises:
        OrganizationNotFound: control knows no organization of that slug.
        RequestRefused: the region refuses the event, in its own sentence.
        SiloError: control or the region does not answer, or refuses the call.
    """
    found = _find_organization(access, organization)
    request = sentry_app_region_service_pb2.SendBroadcastRequest(
        organization_id=found.id, resource_name=event.resource, event_name=event.action, payload=payload
    )
    # Over gRPC, as other services do it: no client of REST may say what happened elsewhere.
    with access.channel(found.region_name) as channel:
        stub = sentry_app_region_service_pb2_grpc.SentryAppRegionServiceStub(channel)
        answer = stub.SendBroadcast(request, timeout=TIMEOUT_SECONDS)
    if answer.HasField("error"):
        raise RequestRefused(answer.error.message)


def _find_organization(access: Access, slug: str) -> organization_pb2.RpcOrganization:
    request = organization_service_pb2.GetOrganizationRequest(slug=slug)
    with access.channel(CONTROL) as channel:
        stub = organization_service_pb2_grpc.OrganizationServiceStub(channel)
        answer = stub.GetOrganization(request, timeout=TIMEOUT_SECONDS)
    if not answer.HasField("organization"):
        raise OrganizationNotFound(f"There is no organization {slug!r}: `silo org list` shows those that there are.")
    return answer.organization
