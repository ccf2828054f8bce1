"""The log of calls to an app, gathered from the silos that make them (spec §5.6). Owns the asking.

Events of installations are control's to send and to log: for these alone no region is called. All other calls are the
regions', which are asked side by side.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime

from google.protobuf import struct_pb2

from control_silo.models.region import OrganizationReplica
from control_silo.services.asked_regions import REGIONS_DEADLINE_SECONDS, ask_regions, regions_of_app
from control_silo.services.control import Control
from control_silo.services.region_answers import believed_requests
from shared.domain.event import INSTALLATION_EVENTS
from shared.pb.hybridcloud.requests.v1 import app_request_pb2
from shared.pb.hybridcloud.requests.v1 import app_request_service_pb2 as pb
from shared.request_log import list_records, request_message
from shared.rpc.aliases import Future


@dataclass(frozen=True, kw_only=True)
class RequestQuery:
    """Which calls are wanted."""

    since: datetime
    until: datetime
    """The last instant that belongs to the period."""
    event: str | None = None
    """None: of every event."""
    errors_only: bool = False
    organization_id: int | None = None
    """Only calls that name this organization, which those to internal apps never do; None: all calls."""

    def admits(self, request: app_request_pb2.RpcSentryAppRequest) -> bool:
        """Whether an entry is of the period and the organization; regions choose by the rest."""
        if self.organization_id is not None and request.organization_id != self.organization_id:
            return False
        return self.since <= sent_at(request) <= self.until


@dataclass(frozen=True, kw_only=True)
class RequestLogResult:
    """What the silos answered."""

    requests: tuple[app_request_pb2.RpcSentryAppRequest, ...]
    """Newest first: of each silo at most its newest hundred."""
    missing_regions: tuple[str, ...]
    """Names of the regions that did not answer, in order."""


def list_requests(
    control: Control, app_id: int, query: RequestQuery, *, deadline_seconds: float = REGIONS_DEADLINE_SECONDS
) -> RequestLogResult:
    """The calls to an app, control's and those of the regions that answer in time. Must not be called in a session.

    Args:
        control: its directory and its channels to the regions.
        app_id: whose calls.
        query: which of them.
        deadline_seconds: for all regions together.

    Raises:
        DatabaseUnavailable, PoolExhausted: control cannot read its own log or its directory of regions.
    """
    answers: dict[str, pb.GetBufferRequestsForCellResponse | None] = {}
    # Regions log none of these, so that none need be asked, or missed.
    if query.event not in INSTALLATION_EVENTS:
        answers = _ask_regions(control, app_id, query, deadline_seconds=deadline_seconds)
    with control.database.session():
        believed = [believed_requests(name, answer.requests) for name, answer in answers.items() if answer]
    theirs = [each for requests in believed for each in requests]
    # Chosen again: the contract lets regions filter by event and outcome alone.
    found = [each for each in [*_own_requests(control, app_id, query), *theirs] if query.admits(each)]
    return RequestLogResult(
        requests=tuple(sorted(found, key=sent_at, reverse=True)),
        missing_regions=tuple(name for name, answer in answers.items() if answer is None),
    )


def organizations_of(requests: Iterable[app_request_pb2.RpcSentryAppRequest]) -> Mapping[int, OrganizationReplica]:
    """By id, the organizations that the calls name and that still exist. Needs a session."""
    ids = {each.organization_id for each in requests if each.HasField("organization_id")}
    if not ids:
        return {}
    live = OrganizationReplica.select().where(OrganizationReplica.id.in_(ids), ~OrganizationReplica.tombstone)
    return {organization.id: organization for organization in live}


def sent_at(request: app_request_pb2.RpcSentryAppRequest) -> datetime:
    """When a call was made, in UTC."""
    return request.date.ToDatetime(tzinfo=UTC)


def _own_requests(control: Control, app_id: int, query: RequestQuery) -> list[app_request_pb2.RpcSentryAppRequest]:
    # Even where the app was called for something else from here, say select options of its installation: those are not
    # logged.
    events = INSTALLATION_EVENTS if query.event is None else INSTALLATION_EVENTS & {query.event}
    with control.database.session():
        now = control.clock.now()
        return list(map(request_message, list_records(app_id, events=events, errors_only=query.errors_only, now=now)))


def _ask_regions(
    control: Control, app_id: int, query: RequestQuery, *, deadline_seconds: float
) -> dict[str, pb.GetBufferRequestsForCellResponse | None]:
    event = None if query.event is None else struct_pb2.Value(string_value=query.event)
    conditions = app_request_pb2.RequestFilter(event=event, errors_only=query.errors_only)

    def start(name: str, timeout: float) -> Future:
        request = pb.GetBufferRequestsForCellRequest(sentry_app_id=app_id, cell_name=name, filter=conditions)
        stub = control.regions.app_requests(name)
        return stub.GetBufferRequestsForCell.future(request, timeout=timeout)

    names = regions_of_app(control, app_id)
    return ask_regions(control, start, deadline_seconds=deadline_seconds, names=names)
