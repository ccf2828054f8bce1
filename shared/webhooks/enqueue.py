"""Enqueueing deliveries: each is written in the transaction of what it tells of, with a message in the outbox.

So none is lost, none tells of what never happened, and what it says is what was so then. Its destination is the app, so
that no app's deliveries wait for another's.
"""

import secrets
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

import peewee

from shared.database.transaction import Transaction
from shared.domain.signature import SignedBody
from shared.outbox.enqueue import enqueue_each
from shared.webhooks.delivery import CATEGORY, Delivery, DeliveryContent, DeliveryState, destination_of

_WRITTEN_AT_ONCE = 500
"""Deliveries in one statement, whose parameters a database bounds."""


@dataclass(frozen=True, kw_only=True)
class NewDelivery:
    """What an installation shall be told: a ``content``, or a body that is ``signed`` already."""

    sentry_app_id: int
    installation_id: int
    installation_uuid: str | None = None
    """Goes with ``content``."""
    organization_id: int
    issue_id: int | None = None
    """First attempts of one issue go to one installation in the order in which they were written; None: in any."""
    event: str
    content: str | None = field(default=None, repr=False)
    """A ``webhook_content``; deliveries that are enqueued together and say the same share it."""
    signed: SignedBody | None = field(default=None, repr=False)
    """For an app whose secret may be gone when it is told."""


def enqueue_deliveries(tx: Transaction, deliveries: Sequence[NewDelivery], *, now: datetime) -> list[int]:
    """Writes deliveries in the caller's transaction, and answers their ids; they are sent after its commit.

    Args:
        tx: holds the row of their issue, if they tell of one, so that they are in the order of the commits.
        deliveries: what is told to whom.
        now: when it happened.
    """
    ids: list[int] = []
    contents = _keep_contents(tx, (each.content for each in deliveries))
    for some in peewee.chunked(deliveries, _WRITTEN_AT_ONCE):
        # The app comes back with each id: no engine promises rows in the order in which they were given.
        rows = [_row(new, contents, now) for new in some]
        written = Delivery.insert_many(rows).returning(Delivery.id, Delivery.sentry_app_id)
        messages = [(destination_of(row.sentry_app_id), row.id) for row in written.execute()]
        enqueue_each(tx, CATEGORY, messages)
        ids += [delivery_id for _, delivery_id in messages]
    return ids


def _keep_contents(tx: Transaction, texts: Iterable[str | None]) -> Mapping[str | None, int]:
    """The id of each text, written once."""
    # One by one: texts may be large, and there are few that differ.
    return {text: DeliveryContent.create(text=text).id for text in dict.fromkeys(texts) if text is not None}


def _row(new: NewDelivery, contents: Mapping[str | None, int], now: datetime) -> dict[str, Any]:
    return {
        # Made here and not at the attempt: a receiver that is told twice must know the webhook again.
        "request_id": secrets.token_hex(16),
        "sentry_app_id": new.sentry_app_id,
        "installation_id": new.installation_id,
        "installation_uuid": new.installation_uuid,
        "organization_id": new.organization_id,
        "issue_id": new.issue_id,
        "event": new.event,
        "state": DeliveryState.PENDING,
        "next_attempt_at": now,
        "content_id": contents.get(new.content),
        "body": new.signed.body.decode("ascii") if new.signed else None,
        "hook_signature": new.signed.hook_signature if new.signed else None,
        "app_signature": new.signed.app_signature if new.signed else None,
        "created_at": now,
    }
