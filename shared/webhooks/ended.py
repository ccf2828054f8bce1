"""What became of deliveries: one transaction writes their states, their attempts and the request log."""

import random
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import peewee

from shared.database.database import Database
from shared.database.statement import marks
from shared.database.transaction import Transaction
from shared.domain.request_record import NO_ANSWER
from shared.errors import SiloError
from shared.outgoing.request import AppAnswer
from shared.request_log import keep_records
from shared.webhooks.attempt import Attempt, record_of
from shared.webhooks.clearing import clear_away
from shared.webhooks.delivery import Delivery, DeliveryAttempt, DeliveryState
from shared.webhooks.health import WithParked

MAX_KEPT_CHARACTERS = 8192
"""An answer's body is kept up to here."""
MAX_KEPT_HEADER_CHARACTERS = 4096
"""All names and values of an answer's headers together are kept up to here."""
MAX_ATTEMPTS_KEPT = 20
"""A delivery keeps its newest attempts: an owner looks at how it failed last."""
CLEARED_EVERY = 50
"""Deliveries of an app that end, on the average, between two times that what there is no room for is cleared away."""


@dataclass(frozen=True)
class AttemptResult:
    """What came of an attempt."""

    attempt: Attempt
    outcome: AppAnswer | SiloError
    remark: str | None = None
    """What its owner should know of the outcome besides."""
    ended_at: datetime | None = None
    """None: just now."""


@dataclass(frozen=True)
class Ended:
    """A delivery whose turn is over."""

    delivery: Delivery
    state: DeliveryState
    result: AttemptResult | None = None
    """None: nobody could be called."""
    next_attempt_at: datetime | None = None
    """None: it is not pending."""


# Of each delivery all attempts but the newest, for which there is a place from 1 on.
_TOO_MANY_ATTEMPTS = """
DELETE FROM delivery_attempt WHERE id IN (
    SELECT id FROM (
        SELECT id, ROW_NUMBER() OVER (PARTITION BY delivery_id ORDER BY id DESC) AS place
        FROM delivery_attempt WHERE delivery_id IN ({marks})) AS placed
    WHERE place > ?)"""


def keep_ended(
    database: Database,
    ended: Sequence[Ended],
    *,
    now: datetime,
    rng: random.Random,
    parked: WithParked | None = None,
) -> None:
    """Writes down what became of each; what there is no more room for is cleared away now and then, as ``rng`` says.

    Args:
        database: where deliveries are.
        ended: each delivery once.
        now: for stamps.
        rng: as above.
        parked: notes what it means for the apps; None: nothing, since nobody was told anything.
    """
    if not ended:
        return
    results = [each.result for each in ended if each.result]
    with database.transaction() as tx:
        for each in ended:
            _keep_state(tx, each)
        _keep_attempts(tx, results, now=now)
        records = [record_of(result.attempt, result.outcome) for result in results]
        keep_records(tx, [record for record in records if record], now=now)
        # In one order: two senders that clear away for the same apps do not wait for each other crosswise.
        for sentry_app_id in sorted(
            {each.delivery.sentry_app_id for each in ended if not rng.randrange(CLEARED_EVERY)}
        ):
            clear_away(tx, sentry_app_id, now=now)
        # Last: whoever else notes something waits for it, and holds deliveries meanwhile.
        if parked:
            _note_health(tx, ended, parked, now=now)


def _note_health(tx: Transaction, ended: Sequence[Ended], parked: WithParked, *, now: datetime) -> None:
    # Calls alone: that an app is not installed any more is no news to its owner.
    called = [each for each in ended if each.result and each.delivery.asked_path is None]
    given_up = {each.delivery.sentry_app_id for each in called if each.state is DeliveryState.PARKED}
    answered = {each.delivery.sentry_app_id for each in called if each.state is DeliveryState.DELIVERED}
    parked.note(tx, given_up=given_up, answered=answered - given_up, at=now)


def _keep_state(tx: Transaction, ended: Ended) -> None:
    delivery = ended.delivery
    values: dict[peewee.Field, Any] = {
        Delivery.state: ended.state,
        Delivery.next_attempt_at: ended.next_attempt_at,
        Delivery.attempt_count: Delivery.attempt_count + int(ended.result is not None),
    }
    if delivery.subject is not None:  # made at the first attempt, its body is what later ones send again
        values[Delivery.body] = delivery.body
    Delivery.update(values).where(Delivery.id == delivery.id).execute()


def _keep_attempts(tx: Transaction, results: Sequence[AttemptResult], *, now: datetime) -> None:
    if not results:
        return
    # Others cannot have too many.
    many = [each.attempt.delivery for each in results if each.attempt.delivery.attempt_count >= MAX_ATTEMPTS_KEPT]
    keep_rows(tx, [_row(result, now) for result in results], ids=[delivery.id for delivery in many])


def keep_rows(tx: Transaction, rows: Sequence[Mapping[str, object]], *, ids: Sequence[int]) -> None:
    """Writes attempts; of the deliveries of these ids, which may have too many, the newest are kept."""
    DeliveryAttempt.insert_many(rows).execute()
    if not ids:
        return
    tx.database.rows(_TOO_MANY_ATTEMPTS.format(marks=marks(ids)), (*ids, MAX_ATTEMPTS_KEPT))


def _row(result: AttemptResult, now: datetime) -> dict[str, object]:
    attempt, outcome = result.attempt, result.outcome
    row: dict[str, object] = {
        "delivery": attempt.delivery.id,
        "started_at": attempt.started_at,
        # A clock that was set back between the two gives no negative time.
        "duration_ms": max(0, round(((result.ended_at or now) - attempt.started_at).total_seconds() * 1000)),
        "response_code": NO_ANSWER,
        "error": None,
        "remark": result.remark,
        "request_headers": attempt.own_headers,
        "response_headers": {},
        "response_body": None,
    }
    if isinstance(outcome, SiloError):
        return row | {"error": outcome.message}
    return row | {
        "response_code": outcome.status,
        "response_headers": first_headers(outcome.headers),
        "response_body": _excerpt(outcome),
    }


def first_headers(headers: Mapping[str, str]) -> dict[str, str]:
    """The headers, in their order, that there is room for."""
    kept: dict[str, str] = {}
    room = MAX_KEPT_HEADER_CHARACTERS
    for name, value in headers.items():
        room -= len(name) + len(value)
        # A header that is too long is left out whole; half a value would mislead.
        if room >= 0:
            kept[name] = value
    return kept


def _excerpt(answer: AppAnswer) -> str:
    """The beginning as text that any database column can hold."""
    # PostgreSQL keeps no zero character in a text.
    return answer.text()[:MAX_KEPT_CHARACTERS].replace("\x00", "\N{REPLACEMENT CHARACTER}")
