"""Sending deliveries: claims what is due for each app, calls the apps side by side, and settles each call as it ends.

Owns how many calls are under way, of all apps and of one, so that an app that never answers keeps no other waiting.
Every claim is the outbox's: at least once, leased, acknowledged by generation.
"""

import random
import threading
from collections import Counter
from collections.abc import Callable, Sequence
from concurrent.futures import Future, wait
from dataclasses import dataclass
from datetime import timedelta
from typing import TypeAlias

import peewee
import structlog

from shared.clock import Clock
from shared.database.database import Database
from shared.database.statement import now
from shared.errors import Cancelled, Internal, SiloError
from shared.outbox.claim import Retry, acknowledge, claim, release, retry_or_park
from shared.outbox.lease import Leases
from shared.outbox.message import Claim, MessageState, Rejection
from shared.outgoing.client import AppClient, outcome_of
from shared.outgoing.request import AppAnswer
from shared.wake import EVERY_APP
from shared.webhooks.attempt import Attempt, Recipient, judge, make_attempt
from shared.webhooks.delivery import DESTINATION_PREFIX, Delivery, DeliveryState, destination_of, fill_bodies
from shared.webhooks.ended import AttemptResult, Ended, keep_ended
from shared.webhooks.order import call_next, find_too_early, hold_back
from shared.webhooks.schedule import wait_seconds

log = structlog.get_logger(__name__)

MAX_UNDER_WAY = 128
"""Calls of one process that are under way at a time."""
MAX_UNDER_WAY_PER_APP = 8
"""Calls to one app that may be under way at once."""
POLL_SECONDS = 1.0
"""How long the sender sleeps at most when no bell rings."""
STOP_SECONDS = 1.5
"""How long a stopping sender waits for what it is doing."""

Outcome: TypeAlias = AppAnswer | SiloError
Prepare: TypeAlias = Callable[[Delivery], Recipient | Rejection]
"""Who is to be told, or why nobody can be; makes a body that is not there yet. Runs in a snapshot; writes nothing."""

# A walk along an index from destination to destination: it costs by destinations, not by messages.
_APPS_WITH_DUE = f"""
WITH RECURSIVE walk (destination) AS (
    SELECT min(destination) FROM outbox
    UNION ALL
    SELECT (SELECT min(destination) FROM outbox WHERE destination > walk.destination)
    FROM walk WHERE walk.destination IS NOT NULL)
SELECT destination FROM walk WHERE destination LIKE ? AND EXISTS (
    SELECT 1 FROM outbox
    WHERE outbox.destination = walk.destination AND state = '{MessageState.DUE}' AND due_at <= {{now}})"""  # noqa: S608 - no values


@dataclass(frozen=True, kw_only=True)
class _UnderWay:
    claimed: Claim
    attempt: Attempt


class Sender:
    """Sends deliveries until stopped. Any number of senders may share one outbox."""

    def __init__(
        self, database: Database, *, clock: Clock, client: AppClient, prepare: Prepare, seed: int | None = None
    ) -> None:
        """Args:
        database: where deliveries and the outbox are.
        clock: for stamps.
        client: the way to apps.
        prepare: reads the recipients of deliveries and what to say to them.
        seed: of the backoff's randomness, for tests.
        """
        self._database = database
        self._clock = clock
        self._client = client
        self._prepare = prepare
        self._rng = random.Random(seed)  # noqa: S311 - jitter
        # A call may take longer than a claim is good for: what is under way is claimed on.
        self._leases = Leases(database)
        self._under_way: dict[Future[AppAnswer], _UnderWay] = {}
        self._stopping = threading.Event()
        self._bell = database.wake.listen(EVERY_APP)
        self._thread = threading.Thread(target=self._run, name="webhooks", daemon=True)

    def start(self) -> None:
        self._leases.start()
        self._thread.start()

    def stop(self) -> None:
        """Ends after what it is doing; calls under way are due again. Idempotent, and harmless before ``start``."""
        # Before the bell, so that whoever wakes sees it.
        self._stopping.set()
        self._bell.set()
        if self._thread.is_alive():
            self._thread.join(STOP_SECONDS)
        self._leases.stop()

    def send_due(self) -> int:
        """Starts a call for each due delivery that there is a place for; answers how many were claimed."""
        with self._database.session():
            rows = self._database.rows(_APPS_WITH_DUE.format(now=now(self._database)), (f"{DESTINATION_PREFIX}%",))
        apps = [destination for (destination,) in rows]
        self._rng.shuffle(apps)  # when places are few, every app gets its turn
        # By app, of the calls of this process alone; another process has its own places.
        busy = Counter(destination_of(each.attempt.delivery.sentry_app_id) for each in self._under_way.values())
        claimed = 0
        for app in apps:
            # No more is claimed than can be called now: what waits in memory is leased, and nobody else could send it.
            room = min(MAX_UNDER_WAY_PER_APP - busy[app], MAX_UNDER_WAY - len(self._under_way))
            if room > 0:
                claims = claim(self._database, app, limit=room)
                self._start(app, claims)
                claimed += len(claims)
        return claimed

    def settle_ended(self) -> int:
        """Writes down what became of the calls that have ended; answers how many."""
        ended = [future for future in self._under_way if future.done()]
        claims = [self._under_way[future].claimed for future in ended]
        # First: a claim that is settled must not be prolonged in the meantime.
        self._leases.let_go(claims)
        try:
            self._settle([(self._under_way[future], _outcome(future)) for future in ended])
        except BaseException:  # what could not be written down is settled at the next turn
            self._leases.hold(claims)
            raise
        for future in ended:
            del self._under_way[future]
        return len(ended)

    def wait(self) -> None:
        """Returns when every call under way has ended."""
        wait(self._under_way)

    def _run(self) -> None:
        while not self._stopping.is_set():
            # Before the look: what rings during it wakes the next turn, and nothing is slept through.
            self._bell.clear()
            try:
                # Ended calls first: they free the places that the next ones take.
                is_busy = bool(self.settle_ended() + self.send_due())
            except SiloError as exc:
                log.warning("webhooks.sender_waits", reason=exc.reason)
                is_busy = False
            except Exception as exc:
                log.exception("webhooks.sender_failed", exc_info=exc)
                is_busy = False
            if not is_busy:
                self._bell.wait(POLL_SECONDS)
        self._settle_last()

    def _settle_last(self) -> None:
        try:
            self.settle_ended()
        except SiloError as exc:  # they are due again, and told again
            log.warning("webhooks.unsettled", reason=exc.reason)

    def _start(self, app: str, claims: Sequence[Claim]) -> None:
        prepared, too_early = self._prepare_all(claims)
        waiting = [each for each in claims if each.object_id in too_early]
        if waiting:
            hold_back(self._database, app, waiting)
        gone = [each for each in claims if each.object_id not in prepared and each.object_id not in too_early]
        # The delivery was cleared away meanwhile; nobody misses it.
        # Its message would come back at every turn.
        acknowledge(self._database, gone)
        unsendable: list[tuple[Ended, Retry]] = []
        for each in claims:
            match prepared.get(each.object_id):
                case delivery, Rejection() as rejection:
                    retry = self._retry(each, rejection)
                    unsendable.append((self._ended(delivery, retry), retry))
                case delivery, Recipient() as recipient:
                    self._call(each, delivery, recipient)
        self._keep([ended for ended, _ in unsendable])
        # After the rows, as where calls are settled.
        retry_or_park(self._database, [retry for _, retry in unsendable])

    def _prepare_all(
        self, claims: Sequence[Claim]
    ) -> tuple[dict[int, tuple[Delivery, Recipient | Rejection]], set[int]]:
        """By id, the deliveries that are still there; and the ids of others that have to wait for an earlier one.

        One that cannot be prepared costs its own attempt alone.
        """
        ids = [each.object_id for each in claims]
        with self._database.snapshot():
            too_early = find_too_early(self._database, ids)
            found = list(Delivery.select().where(Delivery.id.in_([each for each in ids if each not in too_early])))
            fill_bodies(found)
            return {each.id: (each, self._prepared(each)) for each in found}, too_early

    def _prepared(self, delivery: Delivery) -> Recipient | Rejection:
        try:
            return self._prepare(delivery)
        except (SiloError, peewee.PeeweeException):  # the database's failure is nobody's fault here
            raise
        except Exception as exc:
            log.exception("webhooks.preparing_failed", delivery_id=delivery.id, exc_info=exc)
            return Rejection(Internal.reason, f"Preparing failed with {type(exc).__name__}.", permanent=False)

    def _call(self, claimed: Claim, delivery: Delivery, recipient: Recipient) -> None:
        attempt = make_attempt(delivery, recipient, at=self._clock.now())
        try:
            future = self._client.submit(attempt.request)
        except Cancelled:  # this process is about to end
            # Due at once for another process, and no attempt is counted.
            release(self._database, [claimed])
            raise
        self._under_way[future] = _UnderWay(claimed=claimed, attempt=attempt)
        self._leases.hold([claimed])
        future.add_done_callback(lambda _: self._bell.set())

    def _settle(self, results: Sequence[tuple[_UnderWay, Outcome]]) -> None:
        # Nobody answered and nobody refused: this process ended the call, which the app is not charged for.
        cut_off = [under_way.claimed for under_way, outcome in results if isinstance(outcome, Cancelled)]
        judged = [
            (under_way.claimed, *self._judged(under_way, outcome))
            for under_way, outcome in results
            if not isinstance(outcome, Cancelled)
        ]
        # Written before the message goes: after a crash between the two the app is told again. The other way round the
        # delivery would stay pending, with no message that could ever send it.
        self._keep([ended for _, ended, _ in judged])
        acknowledge(self._database, [claimed for claimed, _, retry in judged if retry is None])
        retry_or_park(self._database, [retry for _, _, retry in judged if retry])
        release(self._database, cut_off)

    def _keep(self, ended: Sequence[Ended]) -> None:
        keep_ended(self._database, ended, now=self._clock.now())
        over = [each.delivery for each in ended if each.result or each.state is DeliveryState.PARKED]
        firsts = [each.id for each in over if each.issue_id is not None and not each.attempt_count]
        if firsts:
            call_next(self._database, firsts)

    def _judged(self, under_way: _UnderWay, outcome: Outcome) -> tuple[Ended, Retry | None]:
        """What is written down, and what becomes of the message; None: it is done."""
        verdict = judge(outcome, at=self._clock.now())
        retry = self._retry(under_way.claimed, verdict.rejection, verdict.retry_after) if verdict.rejection else None
        result = AttemptResult(under_way.attempt, outcome, remark=verdict.remark)
        return self._ended(under_way.attempt.delivery, retry, result), retry

    def _retry(self, claimed: Claim, rejection: Rejection, retry_after: float | None = None) -> Retry:
        # This one included, which is counted only when it is written down.
        wait = wait_seconds(claimed.attempts + 1, rng=self._rng, retry_after=retry_after)
        if rejection.permanent or wait is None:
            log.warning("webhooks.parked", delivery_id=claimed.object_id, reason=rejection.reason)
            return Retry(claimed, rejection, wait_seconds=None)
        return Retry(claimed, rejection, wait_seconds=wait)

    def _ended(self, delivery: Delivery, retry: Retry | None, result: AttemptResult | None = None) -> Ended:
        if retry is None:
            return Ended(delivery, DeliveryState.DELIVERED, result)
        if retry.wait_seconds is None:
            return Ended(delivery, DeliveryState.PARKED, result)
        next_attempt_at = self._clock.now() + timedelta(seconds=retry.wait_seconds)
        return Ended(delivery, DeliveryState.PENDING, result, next_attempt_at)


def _outcome(future: "Future[AppAnswer]") -> Outcome:
    """Whatever it is, this delivery is judged and the others go on."""
    try:
        return outcome_of(future)
    except Exception as exc:
        log.exception("webhooks.call_failed", exc_info=exc)
        return Internal(f"The call failed with {type(exc).__name__}.")
