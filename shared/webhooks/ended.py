"""What became of deliveries: one transaction writes their states, their attempts and the request log."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from shared.database import Database
from shared.domain.request_record import NO_ANSWER
from shared.errors import SiloError
from shared.outgoing.call import AppAnswer
from shared.request_log import keep_records
from shared.webhooks.attempt import Attempt, record_of
from shared.webhooks.delivery import Delivery, DeliveryAttempt, DeliveryState, clear_away

MAX_KEPT_CHARACTERS = 8192
"""Of an answer's body."""


@dataclass(frozen=True)
class Ended:
    """A delivery after an attempt."""

    delivery: Delivery
    state: DeliveryState
    attempt: Attempt | None
    """None: nobody could be called."""
    outcome: AppAnswer | SiloError | None

    @classmethod
    def unsent(cls, delivery: Delivery) -> "Ended":
        """One that can reach nobody."""
        return cls(delivery, DeliveryState.PARKED, None, None)


def keep_ended(database: Database, ended: Sequence[Ended], *, now: datetime) -> None:
    """Writes down what became of each; what there is no more room for is cleared away."""
    if not ended:
        return
    with database.transaction() as tx:
        for each in ended:
            Delivery.update(state=each.state, body=each.delivery.body).where(Delivery.id == each.delivery.id).execute()
        attempts = [_row(each.attempt, each.outcome, now) for each in ended if each.attempt and each.outcome]
        if attempts:
            DeliveryAttempt.insert_many(attempts).execute()
        records = [record_of(each.attempt, each.outcome) for each in ended if each.attempt and each.outcome]
        keep_records(tx, [record for record in records if record], now=now)
        for sentry_app_id in sorted({each.delivery.sentry_app_id for each in ended}):
            clear_away(tx, sentry_app_id, now=now)


def _row(attempt: Attempt, outcome: AppAnswer | SiloError, now: datetime) -> dict[str, object]:
    row: dict[str, object] = {
        "delivery": attempt.delivery.id,
        "started_at": attempt.started_at,
        "duration_ms": max(0, round((now - attempt.started_at).total_seconds() * 1000)),
        "response_code": NO_ANSWER,
        "error": None,
        "request_headers": attempt.own_headers,
        "response_headers": {},
        "response_body": None,
    }
    if isinstance(outcome, SiloError):
        return row | {"error": outcome.message}
    return row | {
        "response_code": outcome.status,
        "response_headers": dict(outcome.headers),
        "response_body": _excerpt(outcome),
    }


def _excerpt(answer: AppAnswer) -> str:
    """The beginning as text that any database column can hold."""
    return answer.text()[:MAX_KEPT_CHARACTERS].replace("\x00", "\N{REPLACEMENT CHARACTER}")
