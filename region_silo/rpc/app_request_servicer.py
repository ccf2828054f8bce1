"""``AppRequestService``: this region's log of requests to apps, and its deliveries."""

from collections.abc import Sequence
from datetime import UTC, datetime
from typing import TypeAlias

import grpc

from region_silo.rpc.served_here import require_ids, require_name, require_organizations
from region_silo.services.comments import Author
from region_silo.services.find_app import get_app
from region_silo.services.held import NotHeld
from region_silo.services.region import Region
from region_silo.services.rehearsal import Rehearsal, rehearse
from shared.domain.webhook import Actor
from shared.errors import InvalidInput
from shared.pb.hybridcloud.requests.v1 import app_request_pb2, app_request_service_pb2_grpc, delivery_pb2
from shared.pb.hybridcloud.requests.v1 import app_request_service_pb2 as pb
from shared.request_log import list_records, request_message
from shared.rpc.json_struct import object_of
from shared.webhooks.clearing import MAX_DELIVERIES
from shared.webhooks.deliveries import (
    MAX_EXCERPT_CHARACTERS,
    DeliveryQuery,
    list_outlines,
    list_whole,
    redeliver,
    redeliver_all,
    state_of,
)
from shared.webhooks.elsewhere import add_attempt
from shared.webhooks.feed import FeedPlace, read_feed
from shared.webhooks.lane import Prepare

# A page of control's list.
DEFAULT_DELIVERIES = 100
MAX_WHOLE_DELIVERIES = 100
"""In one answer, with the beginning of each body; with all of it one alone."""


_Request: TypeAlias = (
    pb.GetBufferRequestsForCellRequest
    | pb.ListDeliveriesRequest
    | pb.GetDeliveriesRequest
    | pb.RedeliverRequest
    | pb.SendTestRequest
    | pb.ReadFeedRequest
    | pb.AddAttemptRequest
)


class AppRequestServicer(app_request_service_pb2_grpc.AppRequestServiceServicer):
    """Reads the log and the deliveries; makes one of these due again."""

    def __init__(self, region: Region, prepare: Prepare) -> None:
        """Args:
        region: whose.
        prepare: says who would be told of a delivery.
        """
        self._region = region
        self._prepare = prepare

    def _require(self, request: _Request) -> None:
        """What was said to an app of this region's organizations is no other region's business."""
        require_name(self._region, request.cell_name, field="cell_name")
        require_ids(sentry_app_id=request.sentry_app_id)

    def GetBufferRequestsForCell(
        self, request: pb.GetBufferRequestsForCellRequest, context: grpc.ServicerContext
    ) -> pb.GetBufferRequestsForCellResponse:
        self._require(request)
        events = _events(request.filter)
        with self._region.database.session():
            # Not in pages: the log answers with its newest entries alone, of which it bounds the number.
            records = list_records(
                request.sentry_app_id,
                events=events,
                errors_only=request.filter.errors_only,
                now=self._region.clock.now(),
            )
        # The log first, which is read anyway: an app that was called is known.
        is_known = bool(records) or self._is_held(request.sentry_app_id)
        return pb.GetBufferRequestsForCellResponse(requests=map(request_message, records), sentry_app_known=is_known)

    def _is_held(self, app_id: int) -> bool:
        """An app may be called, and so be logged, before its replica has arrived."""
        try:
            get_app(self._region.database, app_id)
        except NotHeld:
            return False
        return True

    def ListDeliveries(
        self, request: pb.ListDeliveriesRequest, context: grpc.ServicerContext
    ) -> pb.ListDeliveriesResponse:
        self._require(request)
        # 0 is what a caller sends who does not say it.
        if not 0 <= request.limit <= MAX_DELIVERIES:
            raise InvalidInput.at("limit", f"a number from 1 to {MAX_DELIVERIES} is expected.")
        query = _query(request)
        with self._region.database.session():
            found = list_outlines(query, limit=request.limit or DEFAULT_DELIVERIES)
        return pb.ListDeliveriesResponse(deliveries=found)

    def GetDeliveries(
        self, request: pb.GetDeliveriesRequest, context: grpc.ServicerContext
    ) -> pb.GetDeliveriesResponse:
        self._require(request)
        if not 0 <= request.max_characters <= MAX_EXCERPT_CHARACTERS:
            raise InvalidInput.at("max_characters", f"a number up to {MAX_EXCERPT_CHARACTERS} is expected.")
        # A whole body may be as large as an answer is allowed to be.
        limit = MAX_WHOLE_DELIVERIES if request.max_characters else 1
        if len(request.delivery_ids) > limit:
            raise InvalidInput.at("delivery_ids", f"{limit} is the limit.")
        for delivery_id in request.delivery_ids:
            # One by one, so that the answer names the one that is none.
            require_ids(delivery_ids=delivery_id)
        with self._region.database.session():
            found = list_whole(
                request.sentry_app_id, request.delivery_ids, max_characters=request.max_characters or None
            )
        return pb.GetDeliveriesResponse(deliveries=found)

    def Redeliver(self, request: pb.RedeliverRequest, context: grpc.ServicerContext) -> pb.RedeliverResponse:
        self._require(request)
        require_ids(delivery_id=request.delivery_id)
        # Asked for with the app: the id alone could be guessed, and would make another app's webhook due.
        delivery = redeliver(
            self._region.database,
            sentry_app_id=request.sentry_app_id,
            delivery_id=request.delivery_id,
            now=self._region.clock.now(),
        )
        return pb.RedeliverResponse(delivery=delivery)

    def RedeliverAll(self, request: pb.RedeliverAllRequest, context: grpc.ServicerContext) -> pb.RedeliverAllResponse:
        self._require(request.deliveries)
        return pb.RedeliverAllResponse(count=redeliver_all(self._region.database, _query(request.deliveries)))

    def SendTest(self, request: pb.SendTestRequest, context: grpc.ServicerContext) -> pb.SendTestResponse:
        self._require(request)
        require_organizations(self._region, {request.organization_id})
        actor = Actor(type="user", id=str(request.user_id), name=request.user_name)
        wanted = Rehearsal(
            sentry_app_id=request.sentry_app_id,
            organization_id=request.organization_id,
            event=request.event,
            project=request.project,
            # Control says who they are, since it has authenticated them and a region has no users.
            author=Author(actor=actor, user_id=request.user_id, email=request.user_email or None),
            payload=object_of(request.payload),
            changes=object_of(request.changes),
        )
        delivery_id = rehearse(self._region, wanted)
        with self._region.database.session():
            (delivery,) = list_whole(request.sentry_app_id, [delivery_id])
        return pb.SendTestResponse(delivery=delivery)

    def ReadFeed(self, request: pb.ReadFeedRequest, context: grpc.ServicerContext) -> pb.ReadFeedResponse:
        self._require(request)
        page = read_feed(
            self._region.database,
            request.sentry_app_id,
            # A reader who was never here starts at the place before all; `since` bounds how far back that is.
            after=FeedPlace.parse(request.after) if request.after else FeedPlace(),
            since=_instant(request, "since"),
            prepare=self._prepare,
            now=self._region.clock.now(),
        )
        return pb.ReadFeedResponse(items=page.items, place=str(page.place))

    def AddAttempt(self, request: pb.AddAttemptRequest, context: grpc.ServicerContext) -> pb.AddAttemptResponse:
        self._require(request)
        require_ids(delivery_id=request.delivery_id)
        delivery = add_attempt(
            self._region.database,
            request.attempt,
            sentry_app_id=request.sentry_app_id,
            delivery_id=request.delivery_id,
        )
        return pb.AddAttemptResponse(delivery=delivery)


def _query(request: pb.ListDeliveriesRequest) -> DeliveryQuery:
    """Raises:
    InvalidInput: the status or a time is none.
    """
    state = state_of(request.status)
    # Unspecified asks for every state; a number that only a later release knows must not be taken for that.
    if state is None and request.status != delivery_pb2.RpcDelivery.STATUS_UNSPECIFIED:
        raise InvalidInput.at("status", "this is not a status of a delivery.")
    return DeliveryQuery(
        sentry_app_id=request.sentry_app_id,
        # Protobuf has no null for these: what is empty is not asked for.
        event=request.event or None,
        state=state,
        organization_id=request.organization_id or None,
        since=_instant(request, "since"),
        until=_instant(request, "until"),
        failed=request.failed,
    )


def _instant(request: pb.ListDeliveriesRequest | pb.ReadFeedRequest, field: str) -> datetime | None:
    if not request.HasField(field):
        return None
    try:
        # A timestamp of protobuf reaches further than Python's years do.
        instant: datetime = getattr(request, field).ToDatetime(tzinfo=UTC)
    except (ValueError, OverflowError) as exc:
        raise InvalidInput.at(field, "this is no time.") from exc
    return instant


def _events(conditions: app_request_pb2.RequestFilter) -> Sequence[str] | None:
    """Raises:
    InvalidInput: ``event`` is neither a name nor a list of names.
    """
    event = conditions.event
    match event.WhichOneof("kind"):
        case None | "null_value":
            return None
        case "string_value":
            return [event.string_value]
        # As the original's callers send it: one name or several.
        case "list_value" if all(item.HasField("string_value") for item in event.list_value.values):
            return [item.string_value for item in event.list_value.values]
    raise InvalidInput.at("filter.event", "a name or a list of names is expected.")
