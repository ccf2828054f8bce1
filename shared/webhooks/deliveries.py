"""Reading deliveries with their attempts, and making one due again. The same in every silo."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from shared.database import Database
from shared.errors import NotFound
from shared.outbox.enqueue import enqueue
from shared.pb.hybridcloud.requests.v1 import delivery_pb2
from shared.webhooks.delivery import CATEGORY, Delivery, DeliveryAttempt, DeliveryState, destination_of

_STATUSES = {
    DeliveryState.PENDING: delivery_pb2.RpcDelivery.STATUS_PENDING,
    DeliveryState.DELIVERED: delivery_pb2.RpcDelivery.STATUS_DELIVERED,
    DeliveryState.PARKED: delivery_pb2.RpcDelivery.STATUS_PARKED,
}
_STATES = {status: state for state, status in _STATUSES.items()}


@dataclass(frozen=True, kw_only=True)
class DeliveryQuery:
    """Which deliveries of an app are wanted."""

    sentry_app_id: int
    delivery_id: int | None = None
    event: str | None = None
    state: DeliveryState | None = None


def list_deliveries(query: DeliveryQuery, *, limit: int) -> list[delivery_pb2.RpcDelivery]:
    """Newest first. Needs a session."""
    wanted = Delivery.sentry_app_id == query.sentry_app_id
    if query.delivery_id is not None:
        wanted &= Delivery.id == query.delivery_id
    if query.event is not None:
        wanted &= Delivery.event == query.event
    if query.state is not None:
        wanted &= Delivery.state == query.state
    found = list(Delivery.select().where(wanted).order_by(Delivery.id.desc()).limit(limit))
    return _messages(found)


def redeliver(database: Database, query: DeliveryQuery, *, now: datetime) -> delivery_pb2.RpcDelivery:
    """Makes the one delivery due at once, whatever became of it; it keeps its request id and its body.

    Raises:
        NotFound: the app has no such delivery.
    """
    with database.transaction() as tx:
        found = list_deliveries(query, limit=1)
        if not found:
            raise NotFound
        Delivery.update(state=DeliveryState.PENDING).where(Delivery.id == found[0].id).execute()
        enqueue(tx, CATEGORY, [found[0].id], destinations=[destination_of(query.sentry_app_id)], now=now)
        return list_deliveries(query, limit=1)[0]


def state_of(status: "delivery_pb2.RpcDelivery.Status") -> DeliveryState | None:
    """None: unspecified, or one of a newer peer's."""
    return _STATES.get(status)


def status_of(state: DeliveryState) -> "delivery_pb2.RpcDelivery.Status":
    """The value on the wire."""
    return _STATUSES[state]


def _messages(deliveries: Sequence[Delivery]) -> list[delivery_pb2.RpcDelivery]:
    attempts: dict[int, list[DeliveryAttempt]] = {delivery.id: [] for delivery in deliveries}
    rows = DeliveryAttempt.select().where(DeliveryAttempt.delivery.in_(list(attempts))).order_by(DeliveryAttempt.id)
    for attempt in rows:
        attempts[attempt.delivery_id].append(attempt)
    return [_message(delivery, attempts[delivery.id]) for delivery in deliveries]


def _message(delivery: Delivery, attempts: Sequence[DeliveryAttempt]) -> delivery_pb2.RpcDelivery:
    message = delivery_pb2.RpcDelivery(
        id=delivery.id,
        request_id=delivery.request_id,
        event=delivery.event,
        status=_STATUSES[DeliveryState(delivery.state)],
        body=delivery.body or "",
        attempts=[_attempt_message(attempt) for attempt in attempts],
    )
    message.created_at.FromDatetime(delivery.created_at)
    return message


def _attempt_message(attempt: DeliveryAttempt) -> delivery_pb2.RpcDeliveryAttempt:
    message = delivery_pb2.RpcDeliveryAttempt(
        duration_ms=attempt.duration_ms,
        response_code=attempt.response_code,
        error=attempt.error or "",
        request_headers=attempt.request_headers,
        response_headers=attempt.response_headers,
        response_body=attempt.response_body or "",
    )
    message.started_at.FromDatetime(attempt.started_at)
    return message
