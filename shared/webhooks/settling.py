"""Settling deliveries: what became of calls, and of what nobody could be called for, is written down and acted on."""

import random
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import timedelta
from typing import TypeAlias

import structlog

from shared.clock import Clock
from shared.database.database import Database
from shared.errors import Cancelled, SiloError
from shared.outbox.claim import Retry, acknowledge, release, retry_or_park
from shared.outbox.message import Claim, Rejection
from shared.outgoing.request import AppAnswer
from shared.webhooks.attempt import Attempt, judge
from shared.webhooks.delivery import Delivery, DeliveryState
from shared.webhooks.ended import AttemptResult, Ended, keep_ended
from shared.webhooks.health import WithParked
from shared.webhooks.order import call_next
from shared.webhooks.schedule import wait_seconds

log = structlog.get_logger(__name__)

Outcome: TypeAlias = AppAnswer | SiloError


@dataclass(frozen=True)
class Settling:
    """Implements what a sender does once it knows an outcome."""

    database: Database
    clock: Clock
    rng: random.Random
    """Chooses the jitter of waits, and when there is a clearing."""
    parked: WithParked

    def settle(self, results: Sequence[tuple[Claim, Attempt, Outcome]]) -> None:
        """Writes down what became of calls."""
        # Nobody answered and nobody refused: this process ended the call, which the app is not charged for.
        cut_off = [claimed for claimed, _, outcome in results if isinstance(outcome, Cancelled)]
        judged = [
            (claimed, *self._judged(claimed, attempt, outcome))
            for claimed, attempt, outcome in results
            if not isinstance(outcome, Cancelled)
        ]
        # Written before the message goes: after a crash between the two the app is told again. The other way round the
        # delivery would stay pending, with no message that could ever send it.
        self._keep([ended for _, ended, _ in judged])
        acknowledge(self.database, [claimed for claimed, _, retry in judged if retry is None])
        retry_or_park(self.database, [retry for _, _, retry in judged if retry])
        release(self.database, cut_off)

    def give_up(self, unsendable: Sequence[tuple[Claim, Delivery, Rejection]]) -> None:
        """Writes down that nobody could be called, and why."""
        retries = [(delivery, self._retry(claimed, rejection)) for claimed, delivery, rejection in unsendable]
        self._keep([self._ended(delivery, retry) for delivery, retry in retries])
        # After the rows, as where calls are settled.
        retry_or_park(self.database, [retry for _, retry in retries])

    def _keep(self, ended: Sequence[Ended]) -> None:
        keep_ended(self.database, ended, now=self.clock.now(), rng=self.rng, parked=self.parked)
        over = [each.delivery for each in ended if each.result or each.state is DeliveryState.PARKED]
        firsts = [each.id for each in over if each.issue_id is not None and not each.attempt_count]
        if firsts:
            call_next(self.database, firsts)

    def _judged(self, claimed: Claim, attempt: Attempt, outcome: Outcome) -> tuple[Ended, Retry | None]:
        """What is written down, and what becomes of the message; None: it is done."""
        verdict = judge(outcome, at=self.clock.now())
        retry = self._retry(claimed, verdict.rejection, verdict.retry_after) if verdict.rejection else None
        result = AttemptResult(attempt, outcome, remark=verdict.remark)
        return self._ended(attempt.delivery, retry, result), retry

    def _retry(self, claimed: Claim, rejection: Rejection, retry_after: float | None = None) -> Retry:
        # This one included, which is counted only when it is written down.
        wait = wait_seconds(claimed.attempts + 1, rng=self.rng, retry_after=retry_after)
        if rejection.permanent or wait is None:
            log.warning("webhooks.parked", delivery_id=claimed.object_id, reason=rejection.reason)
            return Retry(claimed, rejection, wait_seconds=None)
        return Retry(claimed, rejection, wait_seconds=wait)

    def _ended(self, delivery: Delivery, retry: Retry | None, result: AttemptResult | None = None) -> Ended:
        if retry is None:
            return Ended(delivery, DeliveryState.DELIVERED, result)
        if retry.wait_seconds is None:
            return Ended(delivery, DeliveryState.PARKED, result)
        next_attempt_at = self.clock.now() + timedelta(seconds=retry.wait_seconds)
        return Ended(delivery, DeliveryState.PENDING, result, next_attempt_at)
