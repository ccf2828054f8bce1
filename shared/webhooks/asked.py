"""What apps were asked, kept as deliveries: looked at and sent again in the same list as webhooks (DESIGN §10).

Owns how a call that somebody waited for becomes a delivery of one attempt. Refuses to know what was asked.
"""

import random
from collections.abc import Sequence
from dataclasses import dataclass, field
from urllib.parse import urlsplit

from shared.asking.ask import Asked
from shared.clock import Clock
from shared.database.database import Database
from shared.database.transaction import Transaction
from shared.domain.webhook import REQUEST_ID_HEADER
from shared.errors import SiloError
from shared.webhooks.attempt import Attempt, Recipient
from shared.webhooks.delivery import Delivery, DeliveryState
from shared.webhooks.ended import AttemptResult, Ended, keep_ended


@dataclass(frozen=True)
class SiloAskedLog:
    """The calls of one silo. Implements ``AskedLog``."""

    database: Database
    clock: Clock
    rng: random.Random = field(default_factory=random.Random)
    """Says when what there is no more room for is cleared away."""

    def record(self, calls: Sequence[Asked]) -> None:
        """Keeps the calls as deliveries, and in the request log."""
        with self.database.transaction() as tx:
            deliveries = [_keep(tx, call) for call in calls]
        # Apart, since this is the one way in which attempts are written; a crash between the two costs a log its end.
        keep_ended(self.database, list(map(_ended, calls, deliveries)), now=self.clock.now(), rng=self.rng)


def asked_path(url: str) -> str:
    """What stands behind the host in the address that was asked: the host is the app's own, whatever it is then."""
    parts = urlsplit(url)
    return f"{parts.path}?{parts.query}" if parts.query else parts.path


def _keep(tx: Transaction, call: Asked) -> Delivery:
    del tx  # it is written in it
    installation = call.question.installation
    delivery: Delivery = Delivery.create(
        request_id=call.request.headers[REQUEST_ID_HEADER],
        sentry_app_id=installation.sentry_app.id,
        installation_id=installation.id,
        organization_id=installation.organization_id,
        event=call.question.event,
        state=_state(call),
        asked_path=asked_path(call.request.url),
        body=call.request.body.decode("ascii"),
        created_at=call.started_at,
    )
    return delivery


def _ended(call: Asked, delivery: Delivery) -> Ended:
    app = call.question.installation.sentry_app
    attempt = Attempt(
        delivery=delivery,
        recipient=Recipient(url=call.request.url, custom_headers=(), client_secret=None, is_internal=app.is_internal),
        request=call.request,
        # A question carries no headers of the app's own.
        own_headers=dict(call.request.headers),
        started_at=call.started_at,
    )
    return Ended(delivery, _state(call), AttemptResult(attempt, call.outcome, ended_at=call.ended_at))


def _state(call: Asked) -> DeliveryState:
    """Nobody asks again by itself: whoever waited has been told."""
    return DeliveryState.PARKED if isinstance(call.outcome, SiloError) else DeliveryState.DELIVERED
