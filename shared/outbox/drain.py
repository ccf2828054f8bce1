"""Draining: claim a batch, deliver it, settle each message. Owns the judgement of failures; refuses to wait or to loop.

Three kinds of failure, and who pays for each:

* the destination is away or overloaded: the whole batch is due again, nobody's attempts are burnt, the breaker opens;
* one object is rejected: that object alone backs off, or is parked;
* the call fails for another reason: the batch is halved until the object to blame stands alone.
"""

import random
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Protocol

import structlog

from shared.clock import Clock
from shared.database.database import Database
from shared.errors import (
    ConfigInvalid,
    DeadlineExceeded,
    Exhausted,
    Forbidden,
    RegionNotFound,
    SiloError,
    Unauthenticated,
    Unavailable,
)
from shared.outbox.breaker import Backoff
from shared.outbox.claim import Retry, acknowledge, claim, release, retry_or_park
from shared.outbox.lease import Leases
from shared.outbox.message import Claim, Rejection

log = structlog.get_logger(__name__)

BATCH_LIMIT = 500
"""Messages claimed at once at most."""
ATTEMPTS_BEFORE_PARKING = 8
"""Rejections of one state of an object before it is parked."""
OBJECT_BACKOFF = Backoff(base_seconds=1.0, cap_seconds=30.0)
"""Between attempts of a rejected object. With the attempts above, the waits of a hopeless one add up to 91 s at most.
The calls come on top, each up to its deadline, so that it is parked well within four minutes."""

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
    away: SiloError | None = None
    """Why the destination could not be called; None when it answered."""

    @property
    def delivered(self) -> int:
        return len(self.lags_seconds)


@dataclass
class Drain:
    """Drains one destination; holds only the size of the next batch."""

    database: Database
    name: str
    destination: Destination
    clock: Clock
    rng: random.Random
    leases: Leases
    limit: int = BATCH_LIMIT
    _next_limit: int = field(default=0, init=False)

    def __post_init__(self) -> None:
        self._next_limit = self.limit

    def run_once(self) -> DrainResult:
        """Claims one batch, delivers it and settles it; ``claimed == 0`` means that nothing is due."""
        claims = claim(self.database, self.name, limit=self._next_limit)
        if not claims:
            return DrainResult()
        began_at = self.clock.monotonic()
        answers: list[Rejection | None] = []
        # No session is open here: a destination that hangs holds no connection and no lock of this silo.
        with self.leases.holding(claims):
            away = self._deliver(claims, answers)
        answered = list(zip(claims, answers, strict=False))
        delivered = [c for c, rejection in answered if rejection is None]
        retries = [self._judge(c, rejection) for c, rejection in answered if rejection is not None]
        self._settle(claims, delivered, retries)
        # A batch that is too much for the destination comes back smaller, down to one object, so that a limit of the
        # other side is found without anybody having to configure it. Success doubles it again.
        self._next_limit = max(1, self._next_limit // 2) if away else min(self.limit, self._next_limit * 2)
        took_seconds = self.clock.monotonic() - began_at
        return DrainResult(
            claimed=len(claims),
            # Up to the claim by the database's clock, from there by a stopwatch: no difference between two machines.
            lags_seconds=tuple((c.claimed_at - c.enqueued_at).total_seconds() + took_seconds for c in delivered),
            rejected=len(retries),
            parked=sum(1 for retry in retries if retry.wait_seconds is None),
            away=away,
        )

    def _deliver(self, claims: Sequence[Claim], answers: list[Rejection | None]) -> SiloError | None:
        """Appends an answer for each claim in order, up to the point where the destination went away."""
        try:
            answers.extend(self.destination.deliver(claims))
        except _AWAY as exc:
            # With several objects nobody knows which one took the time; they come again in smaller batches.
            if len(claims) > 1 or not self._is_to_blame(exc):
                return exc
            answers.append(Rejection(exc.reason, exc.message, permanent=False))
        except Exception as exc:  # noqa: BLE001 - whatever it is, the object that causes it is found and judged
            if len(claims) == 1:
                answers.append(_rejection(exc))
                return None
            # Halving finds one bad object among 500 in under twenty calls, and the good ones are delivered on the way.
            middle = len(claims) // 2
            return self._deliver(claims[:middle], answers) or self._deliver(claims[middle:], answers)
        return None

    def _is_to_blame(self, exc: SiloError) -> bool:
        """A single object that makes a healthy destination run out of time is at fault itself."""
        return isinstance(exc, DeadlineExceeded) and self.destination.is_serving()

    def _judge(self, claimed: Claim, rejection: Rejection) -> Retry:
        attempt = claimed.attempts + 1
        if rejection.permanent or attempt >= ATTEMPTS_BEFORE_PARKING:
            log.warning(
                "outbox.parked",
                destination=self.name,
                category=claimed.category,
                object_id=claimed.object_id,
                reason=rejection.reason,
            )
            return Retry(claimed, rejection, wait_seconds=None)
        return Retry(claimed, rejection, wait_seconds=OBJECT_BACKOFF.seconds(attempt, rng=self.rng))

    def _settle(self, claims: Sequence[Claim], delivered: Sequence[Claim], retries: Sequence[Retry]) -> None:
        # Delivered ones first: should a later statement fail, nothing that arrived is sent again.
        acknowledge(self.database, delivered)
        retry_or_park(self.database, retries)
        release(self.database, claims[len(delivered) + len(retries) :])


def _rejection(exc: Exception) -> Rejection:
    if isinstance(exc, SiloError):
        return Rejection(exc.reason, exc.message, permanent=False)
    log.error("outbox.delivery_failed", exc_info=exc)
    return Rejection("INTERNAL", f"Delivering failed with {type(exc).__name__}.", permanent=False)
