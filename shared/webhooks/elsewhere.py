"""An attempt that this platform did not make: what somebody answered to whom a delivery was shown who listens.

It is logged with the others and changes nothing: whether the app itself was told is another matter.
"""

from datetime import UTC, datetime

from shared.database.database import Database
from shared.errors import InvalidInput, NotFound
from shared.pb.hybridcloud.requests.v1 import delivery_pb2
from shared.webhooks.deliveries import list_whole
from shared.webhooks.delivery import Delivery
from shared.webhooks.ended import MAX_KEPT_CHARACTERS, first_headers, keep_rows

REMARK = "Answered by somebody who listens."
MAX_DURATION_MS = 86_400_000


def add_attempt(
    database: Database, attempt: delivery_pb2.RpcDeliveryAttempt, *, sentry_app_id: int, delivery_id: int
) -> delivery_pb2.RpcDelivery:
    """Logs the attempt; answers the delivery with it.

    Raises:
        NotFound: the app has no such delivery.
        InvalidInput: a number or a time is none.
    """
    row = {
        "delivery": delivery_id,
        "started_at": _instant(attempt),
        "duration_ms": attempt.duration_ms,
        "response_code": attempt.response_code,
        "error": _text(attempt.error) or None,
        "remark": REMARK,
        "request_headers": first_headers(attempt.request_headers),
        "response_headers": first_headers(attempt.response_headers),
        "response_body": _text(attempt.response_body),
    }
    if not 0 <= attempt.duration_ms <= MAX_DURATION_MS or not 0 <= attempt.response_code <= 999:
        raise InvalidInput.at("attempt", "a duration in milliseconds and an HTTP status are expected.")
    with database.transaction() as tx:
        mine = (Delivery.id == delivery_id) & (Delivery.sentry_app_id == sentry_app_id)
        if not Delivery.select(Delivery.id).where(mine).exists():
            raise NotFound
        keep_rows(tx, [row], ids=[delivery_id])
        return list_whole(sentry_app_id, [delivery_id])[0]


def _instant(attempt: delivery_pb2.RpcDeliveryAttempt) -> datetime:
    try:
        instant: datetime = attempt.started_at.ToDatetime(tzinfo=UTC)
    except (ValueError, OverflowError) as exc:
        raise InvalidInput.at("attempt.started_at", "this is no time.") from exc
    return instant


def _text(text: str) -> str:
    """What there is room for, and what any column can hold."""
    return text[:MAX_KEPT_CHARACTERS].replace("\x00", "\N{REPLACEMENT CHARACTER}")
