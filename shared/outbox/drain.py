"""Draining: claim a batch, deliver it, settle each message. Owns the judgement of failures; refuses to wait or to loop.

Three kinds of failure, and who pays for each:

* the destination is away or overloaded: the whole batch is due again, nobody's attempts are burnt, the breaker opens;
* the destination rejects one object, in its answer: that object alone backs off, or is parked; where it is of a release
  that does not know the category, the object waits for the upgrade (``upgrade``);
* the call fails for another reason: the batch is halved until one object stands alone. That one backs off, so that it
  delays no other; nothing is held against it, since nobody has said that it is at fault.
"""

import random
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from typing import Protocol, TypeAlias

import structlog

from shared.clock import Clock
from shared.database.database import Database
from shared.errors import (
    ConfigInvalid,
    DeadlineExceeded,
    Exhausted,
    Forbidden,
    Internal,
    RegionNotFound,
    SiloError,
    Unauthenticated,
    Unavailable,
)
from shared.outbox.breaker import Backoff
from shared.outbox.claim import Retry, acknowledge, claim, release, retry_or_park
from shared.outbox.lease import Leases
from shared.outbox.message import Claim, Rejection
from shared.outbox.upgrade import Upgrade, is_awaiting

log = structlog.get_logger(__name__)

BATCH_LIMIT = 1000
"""Messages claimed at once at most."""
ATTEMPTS_BEFORE_PARKING = 8
"""Rejections of one state of an object before it is parked."""
OBJECT_BACKOFF = Backoff(base_seconds=1.0, cap_seconds=30.0)
"""Between attempts of a rejected object. With the attempts above, the waits of a hopeless one add up to 91 s at most.
The calls come on top, each up to its deadline, so that it is parked well within four minutes."""

LONE_BACKOFF = Backoff(base_seconds=1.0, cap_seconds=120.0)
"""Between calls for an object that failed alone. It is tried for ever; a call that runs out of time each time takes a
tenth of its lane's."""

Answer: TypeAlias = Rejection | SiloError | None
"""What became of one object: it is there (None), it is rejected, or the call for it alone failed."""

# Faults of the way and of its keys, which no object can have caused.
_AWAY = (Unavailable, DeadlineExceeded, Exhausted, Unauthenticated, Forbidden, RegionNotFound, ConfigInvalid)


class Destination(Protocol):
    """A silo to deliver to."""

    def deliver(self, claims: Sequence[Claim]) -> Sequence[Rejection | None]:
        """Sends the current state of each claimed object in as few calls as its limits allow.

        Returns:
            For each claim: None when it is there now, else why it was refused.

        Raises:
            Unavailable, DeadlineExceeded, Exhausted: the destination is away or overloaded.
        """
        ...

    def is_serving(self) -> bool:
        """Whether the destination answers a health check now."""
        ...


@dataclass(frozen=True)
class DrainResult:
    """What one batch came to."""

    claimed: int = 0
    lags_seconds: tuple[float, ...] = ()
    """For each delivered message, the time since its object became dirty."""
    rejected: int = 0
    parked: int = 0
    set_back: int = 0
    """Objects whose calls failed though the destination serves."""
    awaiting_upgrade: int = 0
    """Objects of a category that the destination is too old to know."""
    away: SiloError | None = None
    """Why the destination could not be called; None when it answered."""
    is_full: bool = False
    """Whether it answered for as many as were asked for, so that more are due, most likely."""

    @property
    def delivered(self) -> int:
        return len(self.lags_seconds)


@dataclass
class _Settled:
    """What becomes of the messages of a batch that were answered for."""

    delivered: list[Claim] = field(default_factory=list)
    retries: list[Retry] = field(default_factory=list)
    awaiting_upgrade: list[Claim] = field(default_factory=list)


@dataclass
class Drain:
    """Drains one destination; holds the size of the next batch, and which objects failed alone.

    Two threads may run it at once: a batch is one thread's, and what one finds out about sizes and objects is as good
    for the other.
    """

    database: Database
    name: str
    destination: Destination
    clock: Clock
    rng: random.Random
    leases: Leases
    limit: int = BATCH_LIMIT
    _upgrade: Upgrade = field(init=False)
    _next_limit: int = field(default=0, init=False)
    _failures: dict[tuple[str, int], int] = field(default_factory=dict, init=False)
    """How often in a row the call for an object alone failed. Forgotten with the worker: the next finds it again."""

    def __post_init__(self) -> None:
        self._next_limit = self.limit
        self._upgrade = Upgrade(self.database, self.name, self.clock)

    def run_once(self) -> DrainResult:
        """Claims one batch, delivers it and settles it; ``claimed == 0`` means that nothing is due."""
        limit = self._next_limit
        # First, so that what waits for an upgrade is claimed in this very turn if it may go.
        self._upgrade.try_again()
        claims = claim(self.database, self.name, limit=limit)
        if not claims:
            return DrainResult()
        began_at = self.clock.monotonic()
        answers: list[Answer] = []
        # No session is open here: a destination that hangs holds no connection and no lock of this silo.
        # Those whose calls failed alone come last and alone again: whoever went with them would wait in vain.
        failed = frozenset(self._failures)
        together = [each for each in claims if _key(each) not in failed] if failed else claims
        alone = [each for each in claims if _key(each) in failed] if failed else []
        claims = [*together, *alone]
        with self.leases.holding(claims):
            away = self._deliver(together, answers) if together else None
            for claimed in alone:
                away = away or self._deliver([claimed], answers)
        # Fewer answers than claims where the destination went away: the rest is due again, and judged by nobody.
        settled = self._judge_all(zip(claims, answers, strict=False))
        self._settle(settled, left=claims[len(answers) :])
        # A batch that is too much for the destination comes back smaller, down to one object, so that a limit of the
        # other side is found without anybody having to configure it. Success doubles it again.
        self._next_limit = max(1, self._next_limit // 2) if away else min(self.limit, self._next_limit * 2)
        took_seconds = self.clock.monotonic() - began_at
        return DrainResult(
            claimed=len(claims),
            # Up to the claim by the database's clock, from there by a stopwatch: no difference between two machines.
            lags_seconds=tuple(
                (c.claimed_at - c.enqueued_at).total_seconds() + took_seconds for c in settled.delivered
            ),
            rejected=sum(1 for retry in settled.retries if retry.counts),
            parked=sum(1 for retry in settled.retries if retry.wait_seconds is None),
            set_back=sum(1 for retry in settled.retries if not retry.counts),
            awaiting_upgrade=len(settled.awaiting_upgrade),
            away=away,
            is_full=not away and len(claims) == limit,
        )

    def _deliver(self, claims: Sequence[Claim], answers: list[Answer]) -> SiloError | None:
        """Appends an answer for each claim in order, up to the point where the destination went away."""
        try:
            answers.extend(self.destination.deliver(claims))
        except _AWAY as exc:
            # With several objects nobody knows which one took the time; they come again in smaller batches.
            if len(claims) > 1 or not self._stands_out(exc):
                return exc
            answers.append(exc)
        except Exception as exc:  # noqa: BLE001 - whatever it is, the object that causes it is found and judged
            if len(claims) == 1:
                answers.append(_named(exc))
                return None
            # Halving finds one bad object among 1,000 in about twenty calls; the good ones are delivered on the way.
            middle = len(claims) // 2
            return self._deliver(claims[:middle], answers) or self._deliver(claims[middle:], answers)
        return None

    def _stands_out(self, exc: SiloError) -> bool:
        """Whether a single object made a healthy destination run out of time: waiting for it would delay the others."""
        return isinstance(exc, DeadlineExceeded) and self.destination.is_serving()

    def _judge_all(self, answered: Iterable[tuple[Claim, Answer]]) -> "_Settled":
        settled = _Settled()
        for claimed, answer in answered:
            if answer is None:
                settled.delivered.append(claimed)
            elif isinstance(answer, Rejection) and is_awaiting(answer):
                settled.awaiting_upgrade.append(claimed)
            else:
                settled.retries.append(self._judge(claimed, answer))
        return settled

    def _judge(self, claimed: Claim, answer: Rejection | SiloError) -> Retry:
        key = _key(claimed)
        # The call failed, and nobody has said a word against the object.
        if isinstance(answer, SiloError):
            failures = self._failures[key] = self._failures.get(key, 0) + 1
            rejection = Rejection(answer.reason, answer.message, permanent=False)
            return Retry(claimed, rejection, LONE_BACKOFF.seconds(failures, rng=self.rng), counts=False)
        attempt = claimed.attempts + 1
        if answer.permanent or attempt >= ATTEMPTS_BEFORE_PARKING:
            log.warning(
                "outbox.parked",
                destination=self.name,
                category=claimed.category,
                object_id=claimed.object_id,
                reason=answer.reason,
            )
            return Retry(claimed, answer, wait_seconds=None)
        return Retry(claimed, answer, wait_seconds=OBJECT_BACKOFF.seconds(attempt, rng=self.rng))

    def _settle(self, settled: "_Settled", *, left: Sequence[Claim]) -> None:
        for claimed in settled.delivered if self._failures else ():
            self._failures.pop(_key(claimed), None)
        # Delivered ones first: should a later statement fail, nothing that arrived is sent again.
        # Should power fail, what is not on disk yet is sent again, and is stale there.
        acknowledge(self.database, settled.delivered, may_be_lost=True)
        retry_or_park(self.database, settled.retries)
        self._upgrade.wait(settled.awaiting_upgrade)
        self._upgrade.delivered(settled.delivered)
        release(self.database, left)


def _key(claimed: Claim) -> tuple[str, int]:
    return claimed.category, claimed.object_id


def _named(exc: Exception) -> SiloError:
    if isinstance(exc, SiloError):
        return exc
    log.error("outbox.delivery_failed", exc_info=exc)
    return Internal(f"Delivering failed with {type(exc).__name__}.")
