"""What control believes of that which regions answer about calls to apps, before it shows that to anybody.

A region that is taken may answer anything: that its calls concerned another region's organization, which would have
control print that one's name; times and numbers that cannot be shown, which would fail the whole list; or lists
without end. Such entries are left out alone.
"""

from collections.abc import Callable, Iterable, Sequence
from datetime import UTC
from itertools import islice, takewhile
from typing import TypeVar

import structlog
from google.protobuf.message import Message
from google.protobuf.timestamp_pb2 import Timestamp

from control_silo.models.region import OrganizationReplica
from shared.database.model import tuples_of
from shared.domain.region_id import MAX_ID
from shared.errors import InvalidInput
from shared.pb.hybridcloud.requests.v1 import app_request_pb2, delivery_pb2
from shared.pb.hybridcloud.requests.v1 import app_request_service_pb2 as pb
from shared.request_log import MAX_ENTRIES
from shared.webhooks.feed import MAX_READ, FeedPlace

log = structlog.get_logger(__name__)

M = TypeVar("M", bound=Message)


def believed_requests(
    region: str, requests: Iterable[app_request_pb2.RpcSentryAppRequest]
) -> list[app_request_pb2.RpcSentryAppRequest]:
    """The newest entries of a region's log that can be shown, and concern no organization of another.

    Needs a session.
    """
    # No more than a region keeps, whatever it answers: the names below become the parameters of one statement.
    newest = list(islice(requests, MAX_ENTRIES))
    named = [each.organization_id for each in newest if each.HasField("organization_id")]
    elsewhere = OrganizationReplica.select(OrganizationReplica.id).where(
        OrganizationReplica.id.in_(named), OrganizationReplica.region_name != region
    )
    # Only what control knows to be another's is left out: a new organization's replica may be late.
    others = {organization_id for (organization_id,) in tuples_of(elsewhere)} if named else set()

    def is_shown(request: app_request_pb2.RpcSentryAppRequest) -> bool:
        # A negative code and a time beyond the calendar would fail when they are printed, and the whole page with them.
        return request.organization_id not in others and request.response_code >= 0 and _is_instant(request.date)

    return _kept(region, newest, is_shown, limit=MAX_ENTRIES)


def believed_deliveries(
    region: str, deliveries: Iterable[delivery_pb2.RpcDelivery], *, limit: int
) -> list[delivery_pb2.RpcDelivery]:
    """The deliveries that can be shown, no more than were asked for."""
    return _kept(region, list(deliveries), _is_delivery, limit=limit)


def believed_page(region: str, page: pb.ReadFeedResponse) -> tuple[list[delivery_pb2.FeedItem], str]:
    """What comes next in a region's feed, up to what can neither be shown nor passed; and where to go on after it.

    An empty place says that one stays where one is.
    """
    answered = list(islice(page.items, MAX_READ))
    # Up to the first bad one and not around it: a listener would never learn of what was left out in the middle.
    kept = list(takewhile(_is_item, answered))
    if len(kept) == len(answered) and _is_place(page.place):
        return kept, page.place
    log.warning("regions.not_believed", region=region, left_out=len(answered) - len(kept))
    return kept, ""


def _is_item(item: delivery_pb2.FeedItem) -> bool:
    return _is_place(item.place) and (not item.HasField("delivery") or _is_delivery(item.delivery))


def _is_place(text: str) -> bool:
    try:
        FeedPlace.parse(text)
    except InvalidInput:
        return False
    return True


def _kept(region: str, answered: Sequence[M], is_shown: Callable[[M], bool], *, limit: int) -> list[M]:
    kept = [each for each in answered if is_shown(each)][:limit]
    # Said in the log, since a region that answers so is taken or broken.
    if len(kept) < len(answered):
        log.warning("regions.not_believed", region=region, left_out=len(answered) - len(kept))
    return kept


def _is_delivery(delivery: delivery_pb2.RpcDelivery) -> bool:
    return (
        0 < delivery.id <= MAX_ID
        and _is_instant(delivery.created_at)
        and _is_instant(delivery.next_attempt_at)
        and delivery.attempt_count >= 0
        and all(_is_attempt(attempt) for attempt in delivery.attempts)
    )


def _is_attempt(attempt: delivery_pb2.RpcDeliveryAttempt) -> bool:
    return attempt.duration_ms >= 0 and attempt.response_code >= 0 and _is_instant(attempt.started_at)


def _is_instant(stamp: Timestamp) -> bool:
    try:
        stamp.ToDatetime(tzinfo=UTC)
    except (ValueError, OverflowError):
        return False
    return True
