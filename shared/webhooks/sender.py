"""Sending deliveries: claims what is due for each app, calls the apps side by side, and settles each call as it ends.

Which apps are looked at is known by their bells, by the calls that end, and by a look at everything once a second, on a
thread of its own: what thousands of apps that do not answer have waiting is nothing that the others wait for. Every
claim is like the outbox's: at least once, leased, acknowledged by generation.
"""

import random
import threading
from collections.abc import Callable, Iterable, Sequence
from concurrent.futures import Future, wait
from dataclasses import dataclass
from typing import TypeAlias

import peewee
import structlog

from shared.clock import Clock
from shared.database.database import Database
from shared.errors import AppStalled, AppTooSlow, Cancelled, Internal, SiloError
from shared.outbox.claim import acknowledge, release
from shared.outbox.lease import Leases
from shared.outbox.message import Claim, Rejection
from shared.outgoing.client import AppClient, outcome_of
from shared.outgoing.request import AppAnswer
from shared.webhooks.attempt import Attempt, Recipient, make_attempt
from shared.webhooks.delivery import Delivery, app_id_of, destination_of, fill_bodies
from shared.webhooks.due import claim_due, find_apps_with_due
from shared.webhooks.order import find_too_early, hold_back
from shared.webhooks.places import Place, Places, Standing
from shared.webhooks.settling import Outcome, Settling

log = structlog.get_logger(__name__)

POLL_SECONDS = 1.0
"""Between two looks at everything that is due: a retry comes at most so much late."""
TURN_SECONDS = 0.25
"""Between two turns while nothing happens: so late is a call at most that takes too long set apart."""
STOP_SECONDS = 1.5
"""How long a stopping sender waits for what it is doing."""

Prepare: TypeAlias = Callable[[Delivery], Recipient | Rejection]
"""Who is to be told, or why nobody can be. Runs in a snapshot; writes nothing."""


@dataclass(frozen=True, kw_only=True)
class _UnderWay:
    claimed: Claim
    attempt: Attempt
    place: Place


class Sender:
    """Sends deliveries until stopped. Any number of senders may share one outbox."""

    def __init__(
        self, database: Database, *, clock: Clock, client: AppClient, prepare: Prepare, seed: int | None = None
    ) -> None:
        """Args:
        database: where deliveries and the outbox are.
        clock: for stamps.
        client: the way to apps.
        prepare: reads the recipients of deliveries.
        seed: of the waits' randomness, for tests.
        """
        self._database = database
        self._clock = clock
        self._client = client
        self._prepare = prepare
        self._rng = random.Random(seed)  # noqa: S311 - jitter
        self._settling = Settling(database, clock, self._rng)
        self._places = Places()
        # A call may take longer than a claim is good for: what is under way is claimed on.
        self._leases = Leases(database)
        self._under_way: dict[Future[AppAnswer], _UnderWay] = {}
        self._stopping = threading.Event()
        self._bell = database.wake.listen_to_apps()
        self._again: set[tuple[str, bool]] = set()
        """Apps that may have more than there was room for, of first attempts or, when true, of retries."""
        self._looked: Sequence[str] = ()
        """Apps that had something due at the last look."""
        self._threads = [
            threading.Thread(target=self._run, name="webhooks", daemon=True),
            threading.Thread(target=self._look, name="webhooks-due", daemon=True),
        ]

    def start(self) -> None:
        self._leases.start()
        for thread in self._threads:
            thread.start()

    def stop(self) -> None:
        """Ends after what it is doing; calls under way are due again. Idempotent, and harmless before ``start``."""
        # Before the bell, so that whoever wakes sees it.
        self._stopping.set()
        self._bell.ring()
        for thread in self._threads:
            if thread.is_alive():
                thread.join(STOP_SECONDS)
        self._leases.stop()

    def send_due(self) -> int:
        """Starts a call for each due delivery that there is a place for; answers how many were claimed."""
        self._looked = find_apps_with_due(self._database)
        return self._send(())

    def settle_ended(self) -> int:
        """Writes down what became of the calls that have ended; answers how many."""
        ended = [future for future in self._under_way if future.done()]
        over = [(self._under_way[future], _outcome(future)) for future in ended]
        claims = [under_way.claimed for under_way, _ in over]
        # First: a claim that is settled must not be prolonged in the meantime.
        self._leases.let_go(claims)
        try:
            self._settling.settle([(each.claimed, each.attempt, outcome) for each, outcome in over])
        except BaseException:  # what could not be written down is settled at the next turn
            self._leases.hold(claims)
            raise
        for future in ended:
            del self._under_way[future]
        for under_way, outcome in over:
            self._places.give_back(under_way.place, _standing(outcome))
            self._again.add((destination_of(under_way.place.sentry_app_id), under_way.place.is_retry))
        return len(ended)

    def wait(self) -> None:
        """Returns when every call under way has ended."""
        wait(self._under_way)

    def _run(self) -> None:
        while not self._stopping.is_set():
            try:
                # Ended calls first: they free the places that the next ones take.
                is_busy = bool(self.settle_ended() + self._send(self._bell.take()))
            except SiloError as exc:
                log.warning("webhooks.sender_waits", reason=exc.reason)
                is_busy = False
            except Exception as exc:
                log.exception("webhooks.sender_failed", exc_info=exc)
                is_busy = False
            if not is_busy:
                self._bell.wait(TURN_SECONDS)
        self._settle_last()

    def _look(self) -> None:
        """Rings for whatever is due without a bell: retries, and what another process left."""
        while not self._stopping.wait(POLL_SECONDS):
            try:
                self._looked = find_apps_with_due(self._database)
                self._bell.ring()
            except SiloError as exc:
                log.warning("webhooks.sender_waits", reason=exc.reason)
            except Exception as exc:
                log.exception("webhooks.sender_failed", exc_info=exc)

    def _settle_last(self) -> None:
        try:
            self.settle_ended()
        except SiloError as exc:  # they are due again, and told again
            log.warning("webhooks.unsettled", reason=exc.reason)

    def _send(self, rung: Iterable[str]) -> int:
        self._places.set_slow_apart()
        looked, self._looked = self._looked, ()
        # A bell rings for what is new; retries come due without one.
        wanted = {(app, False) for app in rung} | {(app, is_retry) for app in looked for is_retry in (False, True)}
        turns = sorted(wanted | self._again)
        self._again = set()
        self._rng.shuffle(turns)  # when places are few, every app gets its turn
        return sum(self._send_to(app, is_retry=is_retry) for app, is_retry in turns)

    def _send_to(self, app: str, *, is_retry: bool) -> int:
        # No more is claimed than can be called now: what waits in memory is leased, and nobody else could send it.
        # Where there is no room, a call that ends or the next look brings the app back.
        room = self._places.room(app_id_of(app), is_retry=is_retry)
        if not room:
            return 0
        claims = claim_due(self._database, app, is_retry=is_retry, limit=room)
        if claims:
            self._start(app, claims, is_retry=is_retry)
        if len(claims) == room:
            self._again.add((app, is_retry))
        return len(claims)

    def _start(self, app: str, claims: Sequence[Claim], *, is_retry: bool) -> None:
        prepared, too_early = self._prepare_all(claims)
        waiting = [each for each in claims if each.object_id in too_early]
        if waiting:
            hold_back(self._database, app, waiting)
        # A delivery that was cleared away meanwhile; nobody misses it. Its message would come back at every turn.
        gone = [each for each in claims if each.object_id not in prepared and each.object_id not in too_early]
        acknowledge(self._database, gone)
        unsendable: list[tuple[Claim, Delivery, Rejection]] = []
        for each in claims:
            match prepared.get(each.object_id):
                case delivery, Rejection() as rejection:
                    unsendable.append((each, delivery, rejection))
                case delivery, Recipient() as recipient:
                    self._call(each, delivery, recipient, is_retry=is_retry)
        if unsendable:
            self._settling.give_up(unsendable)

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

    def _call(self, claimed: Claim, delivery: Delivery, recipient: Recipient, *, is_retry: bool) -> None:
        app_id, host = delivery.sentry_app_id, recipient.host
        # It is known only now where the call goes; most go where the one before them went.
        if not self._places.room(app_id, is_retry=is_retry, host=host):
            release(self._database, [claimed])
            return
        attempt = make_attempt(delivery, recipient, at=self._clock.now())
        try:
            future = self._client.submit(attempt.request)
        except Cancelled:  # this process is about to end
            # Due at once for another process, and no attempt is counted.
            release(self._database, [claimed])
            raise
        place = self._places.take(app_id, host=host, is_retry=is_retry)
        self._under_way[future] = _UnderWay(claimed=claimed, attempt=attempt, place=place)
        self._leases.hold([claimed])
        future.add_done_callback(lambda _: self._bell.ring())


def _standing(outcome: Outcome) -> Standing | None:
    """How an app stands by the outcome of a call to it; None: it says nothing of it."""
    if isinstance(outcome, Cancelled):
        return None
    return Standing.HANGING if isinstance(outcome, AppTooSlow | AppStalled) else Standing.QUICK


def _outcome(future: "Future[AppAnswer]") -> Outcome:
    """Whatever it is, this delivery is judged and the others go on."""
    try:
        return outcome_of(future)
    except Exception as exc:
        log.exception("webhooks.call_failed", exc_info=exc)
        return Internal(f"The call failed with {type(exc).__name__}.")
