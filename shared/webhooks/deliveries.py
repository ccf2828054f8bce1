"""Reading deliveries, in outline or with their attempts, and making one due again. The same in every silo.

A body may be a megabyte: many deliveries are read in outline, or with the beginning of each body alone.
"""

from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime

import peewee

from shared.database.commit_order import next_number
from shared.database.database import Database
from shared.database.locking import unheld
from shared.database.statement import in_seconds, marks
from shared.database.statement import now as due_now
from shared.database.transaction import Transaction
from shared.domain.request_record import NO_ANSWER
from shared.errors import NotFound
from shared.outbox.enqueue import enqueue
from shared.pb.hybridcloud.requests.v1 import delivery_pb2
from shared.webhooks.delivery import CATEGORY, Delivery, DeliveryAttempt, DeliveryState, destination_of, fill_bodies

_STATUSES = {
    DeliveryState.PENDING: delivery_pb2.RpcDelivery.STATUS_PENDING,
    DeliveryState.DELIVERED: delivery_pb2.RpcDelivery.STATUS_DELIVERED,
    DeliveryState.PARKED: delivery_pb2.RpcDelivery.STATUS_PARKED,
}
# Derived, so that no status can be read that is not written.
_STATES = {status: state for state, status in _STATUSES.items()}

MAX_EXCERPT_CHARACTERS = 1024
"""Characters that a body is cut to where several deliveries are shown."""
_SHOWN_AT_ONCE = 500
"""Deliveries in one statement, whose parameters a database bounds."""


# What an answer counts as where there was none yet, and from which status on it is an error.
_FINE, _REFUSED = 200, 400


@dataclass(frozen=True, kw_only=True)
class DeliveryQuery:
    """Which deliveries of an app are wanted."""

    sentry_app_id: int
    event: str | None = None
    state: DeliveryState | None = None
    organization_id: int | None = None
    since: datetime | None = None
    """Only what happened then or later."""
    until: datetime | None = None
    """Only what happened then or earlier."""
    failed: bool = False
    """Only those that were given up, or whose last attempt was answered with an error or not at all."""

    def condition(self) -> peewee.Expression:
        wanted = Delivery.sentry_app_id == self.sentry_app_id
        if self.event is not None:
            wanted &= Delivery.event == self.event
        if self.state is not None:
            wanted &= Delivery.state == self.state
        if self.organization_id is not None:
            wanted &= Delivery.organization_id == self.organization_id
        if self.since is not None:
            # When it happened and not when it was sent: that is what a client asks about.
            wanted &= Delivery.created_at >= self.since
        if self.until is not None:
            wanted &= Delivery.created_at <= self.until
        return wanted & _has_failed() if self.failed else wanted


def list_outlines(query: DeliveryQuery, *, limit: int) -> list[delivery_pb2.RpcDelivery]:
    """Deliveries without bodies and attempts, newest first. Needs a session."""
    # Named columns: a body may be a megabyte, and a list has a thousand deliveries.
    outline = Delivery.select(
        *(Delivery.id, Delivery.request_id, Delivery.event, Delivery.state, Delivery.created_at),
        *(Delivery.attempt_count, Delivery.next_attempt_at),
    )
    return [_outline(each) for each in outline.where(query.condition()).order_by(Delivery.id.desc()).limit(limit)]


def _has_failed() -> peewee.Expression:
    last = (
        DeliveryAttempt.select(DeliveryAttempt.response_code)
        .where(DeliveryAttempt.delivery == Delivery.id)
        .order_by(DeliveryAttempt.id.desc())
        .limit(1)
    )
    # One that nobody was called for yet has not failed.
    code = peewee.fn.COALESCE(last, _FINE)
    return (Delivery.state == DeliveryState.PARKED) | (code == NO_ANSWER) | (code >= _REFUSED)


def list_whole(
    sentry_app_id: int, delivery_ids: Collection[int], *, max_characters: int | None = None
) -> list[delivery_pb2.RpcDelivery]:
    """Those of these deliveries that are the app's, newest first. Needs a session.

    Args:
        sentry_app_id: whose.
        delivery_ids: which.
        max_characters: of each body at most; None for all that is kept.
    """
    # The app is asked for as well: ids are counted up, and another app's are easily guessed.
    mine = (Delivery.sentry_app_id == sentry_app_id) & Delivery.id.in_(list(delivery_ids))
    found = list(Delivery.select().where(mine).order_by(Delivery.id.desc()))
    fill_bodies(found, max_characters=max_characters)
    attempts: dict[int, list[DeliveryAttempt]] = {delivery.id: [] for delivery in found}
    rows = DeliveryAttempt.select().where(DeliveryAttempt.delivery.in_(list(attempts))).order_by(DeliveryAttempt.id)
    for attempt in rows:
        attempts[attempt.delivery_id].append(attempt)
    return [show_whole(delivery, attempts[delivery.id], max_characters=max_characters) for delivery in found]


def redeliver(database: Database, *, sentry_app_id: int, delivery_id: int, now: datetime) -> delivery_pb2.RpcDelivery:
    """Makes the delivery due at once, whatever became of it; it keeps its request id and its body.

    Raises:
        NotFound: the app has no such delivery.
    """
    with database.transaction() as tx:
        mine = (Delivery.id == delivery_id) & (Delivery.sentry_app_id == sentry_app_id)
        # The row is written first and the message after it, in the order in which the sender settles.
        if not Delivery.update(state=DeliveryState.PENDING, next_attempt_at=now).where(mine).execute():
            raise NotFound
        _move_to_end(tx, [delivery_id])
        enqueue(tx, CATEGORY, [delivery_id], destinations=[destination_of(sentry_app_id)])
        return list_whole(sentry_app_id, [delivery_id])[0]


# An app that was away for a day gets what it missed over hours, beside what happens now.
RESENT_PER_SECOND = 10
"""How many deliveries that were asked for together are sent again in a second, for one app."""
_LATER = "UPDATE outbox SET due_at = {at}, attempts = 1 WHERE destination = ? AND category = ? AND object_id IN ({ids})"
_PENDING_LATER = "UPDATE delivery SET state = ?, next_attempt_at = {at} WHERE id IN ({ids})"


def redeliver_all(database: Database, query: DeliveryQuery) -> int:
    """Makes those due again that are over, oldest first and a few a second; answers how many."""
    over = query.condition() & (Delivery.state != DeliveryState.PENDING)
    with database.session():
        # Ids alone, read once: what becomes over while this goes on is not sent twice.
        ids = [row.id for row in Delivery.select(Delivery.id).where(over).order_by(Delivery.id)]
    waited = 0
    for some in peewee.chunked(ids, _SHOWN_AT_ONCE):
        with database.transaction() as tx:
            _move_to_end(tx, some)
            enqueue(tx, CATEGORY, some, destinations=[destination_of(query.sentry_app_id)])
            for second, together in enumerate(peewee.chunked(some, RESENT_PER_SECOND), start=waited):
                _put_off(tx, query.sentry_app_id, together, seconds=second)
        # Rounded up: the second that is only partly used is over.
        waited += -(-len(some) // RESENT_PER_SECOND)
    return len(ids)


def _move_to_end(tx: Transaction, delivery_ids: Sequence[int]) -> None:
    """Shows deliveries once more to whoever listens: they are told again."""
    place = next_number(tx, table="delivery")
    Delivery.update(written_in=place).where(Delivery.id.in_(list(delivery_ids))).execute()


def _put_off(tx: Transaction, sentry_app_id: int, ids: Sequence[int], *, seconds: int) -> None:
    # As if tried before: what is told for the first time goes first, and is not held up by what was told already.
    statement = _LATER.format(at=in_seconds(tx.database), ids=marks(ids))
    tx.database.rows(statement, (seconds, destination_of(sentry_app_id), CATEGORY, *ids))
    statement = _PENDING_LATER.format(at=in_seconds(tx.database), ids=marks(ids))
    tx.database.rows(statement, (DeliveryState.PENDING.value, seconds, *ids))


def show_pending(tx: Transaction, retried: Iterable[tuple[str, int]]) -> None:
    """Says of deliveries whose messages an operator made due again that they are to be sent.

    It waits for nobody, who may be waiting for one of these messages; who holds a delivery is about to say what it is.

    Args:
        tx: the transaction that makes them due.
        retried: category and object id of messages, of whatever category.
    """
    ids = [object_id for category, object_id in retried if category == CATEGORY]
    for some in peewee.chunked(ids, _SHOWN_AT_ONCE):
        free = Delivery.select(Delivery.id).where(Delivery.id.in_(some))
        pending = Delivery.update(state=DeliveryState.PENDING, next_attempt_at=peewee.SQL(due_now(tx.database)))
        pending.where(Delivery.id.in_(unheld(tx, free))).execute()


def state_of(status: "delivery_pb2.RpcDelivery.Status") -> DeliveryState | None:
    """None: unspecified, or one of a newer peer's."""
    return _STATES.get(status)


def status_of(state: DeliveryState) -> "delivery_pb2.RpcDelivery.Status":
    """The value on the wire."""
    return _STATUSES[state]


def _outline(delivery: Delivery) -> delivery_pb2.RpcDelivery:
    message = delivery_pb2.RpcDelivery(
        id=delivery.id,
        request_id=delivery.request_id,
        event=delivery.event,
        status=_STATUSES[DeliveryState(delivery.state)],
    )
    message.created_at.FromDatetime(delivery.created_at)
    message.attempt_count = delivery.attempt_count
    if delivery.next_attempt_at is not None and delivery.state == DeliveryState.PENDING:
        # Only of a pending one: what is over has the last time there, which would look like another attempt.
        message.next_attempt_at.FromDatetime(delivery.next_attempt_at)
    return message


def show_whole(
    delivery: Delivery, attempts: Sequence[DeliveryAttempt], *, max_characters: int | None = None
) -> delivery_pb2.RpcDelivery:
    """A delivery that has its body, with its attempts; None cuts nothing."""
    message = _outline(delivery)
    # `[:None]` is all of it.
    message.body = (delivery.body or "")[:max_characters]
    message.asked_path = delivery.asked_path or ""
    message.attempts.extend(_attempt_message(attempt, max_characters) for attempt in attempts)
    return message


def _attempt_message(attempt: DeliveryAttempt, max_characters: int | None) -> delivery_pb2.RpcDeliveryAttempt:
    message = delivery_pb2.RpcDeliveryAttempt(
        duration_ms=attempt.duration_ms,
        response_code=attempt.response_code,
        error=attempt.error or "",
        remark=attempt.remark or "",
        request_headers=attempt.request_headers,
        response_headers=attempt.response_headers,
        response_body=(attempt.response_body or "")[:max_characters],
    )
    message.started_at.FromDatetime(attempt.started_at)
    return message
