"""One of a sender's two lanes: claims what is due for its apps, calls them side by side, and settles what has ended.

Every claim is like the outbox's: at least once, leased, acknowledged by generation.
"""

import random
from collections import deque
from collections.abc import Callable, Iterable, Sequence
from concurrent.futures import Future, wait
from dataclasses import dataclass, field
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
from shared.wake import AppBell
from shared.webhooks.attempt import Attempt, Recipient, make_attempt
from shared.webhooks.circuit import Circuits
from shared.webhooks.delivery import Delivery, app_id_of, destination_of, fill_bodies
from shared.webhooks.due import claim_due
from shared.webhooks.health import WithParked
from shared.webhooks.order import find_too_early, hold_back
from shared.webhooks.places import Place, Places, Standing
from shared.webhooks.settling import Outcome, Settling

log = structlog.get_logger(__name__)

APPS_A_TURN = 8
"""Apps that are sent to before it is looked again at what has ended, and whose bell has rung."""

Prepare: TypeAlias = Callable[[Delivery], Recipient | Rejection]
"""Who is to be told, or why nobody can be. Runs in a snapshot; writes nothing."""


@dataclass(frozen=True, kw_only=True)
class Means:
    """What the lanes of a sender share."""

    database: Database
    """Where deliveries and the outbox are."""
    clock: Clock
    """For stamps."""
    client: AppClient
    """The way to apps."""
    prepare: Prepare
    """Reads the recipients of deliveries."""
    rng: random.Random
    """Chooses the jitter of waits, and whose turn it is."""
    places: Places
    circuits: Circuits
    parked: WithParked
    leases: Leases
    """A call may take longer than a claim is good for: what is under way is claimed on."""


@dataclass(frozen=True, kw_only=True)
class _UnderWay:
    claimed: Claim
    attempt: Attempt
    place: Place


@dataclass(eq=False)
class Lane:
    """Belongs to one thread, but for its bell."""

    means: Means
    bell: AppBell
    is_quick: bool
    """Whether it makes the first attempts at apps that answer at once, and no other calls; the other makes the rest."""
    looked: Sequence[str] = ()
    """Apps that had something due at the last look; whoever looks puts them here."""
    _under_way: dict[Future[AppAnswer], _UnderWay] = field(default_factory=dict)
    _turns: deque[tuple[str, bool]] = field(default_factory=deque)
    """Apps that may have something due, of first attempts or, when true, of retries; in the order of their turns."""
    _again: set[tuple[str, bool]] = field(default_factory=set)
    """What is among them."""

    @property
    def name(self) -> str:
        """Its thread's."""
        return f"webhooks-{'quick' if self.is_quick else 'slow'}"

    def turn(self) -> bool:
        """Does what can be done now; answers whether there is more at once."""
        # Ended calls first: they free the places that the next ones take.
        done = self.settle_ended() + self.send(self.bell.take())
        return bool(done or self._again)

    def send_all(self) -> int:
        """Like ``send``, until there is nothing more at once."""
        claimed = self.send()
        while self._again:
            claimed += self.send()
        return claimed

    def send(self, rung: Iterable[str] = ()) -> int:
        """Starts a call for each due delivery of its apps that there is a place for; answers how many were claimed.

        Args:
            rung: apps that may have something new.
        """
        self.means.places.set_slow_apart()
        looked, self.looked = self.looked, ()
        if looked:
            self._put_in_order(looked)
        # A bell rings for what is new; retries come due without one. It goes first: somebody is waiting for it.
        for app in rung:
            self._come_back(app, is_retry=False, first=True)
        claimed = apps = 0
        # What is left has its turn after another look at who rang meanwhile.
        while self._turns and apps < APPS_A_TURN:
            app, is_retry = self._turns.popleft()
            self._again.discard((app, is_retry))
            # Where there is no room, a call that ends or the next look brings the app back.
            if self._room(app, is_retry=is_retry):
                claimed += self._send_to(app, is_retry=is_retry)
                apps += 1
        return claimed

    def _put_in_order(self, looked: Sequence[str]) -> None:
        """Gives everything that may be due a turn. Once a look: of thousands of apps it takes some time."""
        turns = sorted(self._again | {(app, is_retry) for app in looked for is_retry in (False, True)})
        self.means.rng.shuffle(turns)  # when places are few, every app gets its turn
        # Apps of which nothing is known yet before those that did not answer, which may be many: each costs some time.
        turns.sort(key=lambda turn: self.means.places.standing(app_id_of(turn[0])) is not Standing.NEW)
        self._turns, self._again = deque(turns), set(turns)

    def _come_back(self, app: str, *, is_retry: bool, first: bool = False) -> None:
        """Gives an app a turn, unless it has one."""
        if first:
            self._turns.appendleft((app, is_retry))
        elif (app, is_retry) not in self._again:
            self._turns.append((app, is_retry))
        self._again.add((app, is_retry))

    def _room(self, app: str, *, is_retry: bool) -> int:
        app_id, places = app_id_of(app), self.means.places
        is_mine = self.is_quick == (not is_retry and places.is_quick(app_id)) and not self.means.circuits.is_open(
            app_id
        )
        return places.room(app_id, is_retry=is_retry) if is_mine else 0

    def settle_ended(self) -> int:
        """Writes down what became of the calls that have ended; answers how many."""
        ended = [future for future in self._under_way if future.done()]
        over = [(self._under_way[future], _outcome(future)) for future in ended]
        claims = [under_way.claimed for under_way, _ in over]
        # First: a claim that is settled must not be prolonged in the meantime.
        self.means.leases.let_go(claims)
        try:
            self._settling().settle([(each.claimed, each.attempt, outcome) for each, outcome in over])
        except BaseException:  # what could not be written down is settled at the next turn
            self.means.leases.hold(claims)
            raise
        for future in ended:
            del self._under_way[future]
        for under_way, outcome in over:
            self.means.places.give_back(under_way.place, _standing(outcome))
            self._come_back(destination_of(under_way.place.sentry_app_id), is_retry=under_way.place.is_retry)
            self._count(under_way.place.sentry_app_id, outcome)
        return len(ended)

    def _count(self, sentry_app_id: int, outcome: Outcome) -> None:
        if _timed_out(outcome) or isinstance(outcome, AppAnswer):
            self.means.circuits.record(sentry_app_id, is_timeout=_timed_out(outcome))

    def settle_last(self) -> None:
        """Writes down what has ended, if that can be done."""
        try:
            self.settle_ended()
        except SiloError as exc:  # they are due again, and told again
            log.warning("webhooks.unsettled", reason=exc.reason)

    def wait(self) -> None:
        """Returns when every call under way has ended."""
        wait(self._under_way)

    def _send_to(self, app: str, *, is_retry: bool) -> int:
        # No more is claimed than can be called now: what waits in memory is leased, and nobody else could send it.
        room = self._room(app, is_retry=is_retry)
        if not room:
            return 0
        claims = claim_due(self.means.database, app, is_retry=is_retry, limit=room)
        if claims:
            self._start(app, claims, is_retry=is_retry)
        if len(claims) == room:
            self._come_back(app, is_retry=is_retry)
        return len(claims)

    def _start(self, app: str, claims: Sequence[Claim], *, is_retry: bool) -> None:
        prepared, too_early = self._prepare_all(claims)
        waiting = [each for each in claims if each.object_id in too_early]
        if waiting:
            hold_back(self.means.database, app, waiting)
        # A delivery that was cleared away meanwhile; nobody misses it. Its message would come back at every turn.
        gone = [each for each in claims if each.object_id not in prepared and each.object_id not in too_early]
        acknowledge(self.means.database, gone)
        unsendable: list[tuple[Claim, Delivery, Rejection]] = []
        for each in claims:
            match prepared.get(each.object_id):
                case delivery, Rejection() as rejection:
                    unsendable.append((each, delivery, rejection))
                case delivery, Recipient() as recipient:
                    self._call(each, delivery, recipient, is_retry=is_retry)
        if unsendable:
            self._settling().give_up(unsendable)

    def _settling(self) -> Settling:
        return Settling(self.means.database, self.means.clock, self.means.rng, self.means.parked)

    def _prepare_all(
        self, claims: Sequence[Claim]
    ) -> tuple[dict[int, tuple[Delivery, Recipient | Rejection]], set[int]]:
        """By id, the deliveries that are still there; and the ids of others that have to wait for an earlier one.

        One that cannot be prepared costs its own attempt alone.
        """
        ids = [each.object_id for each in claims]
        with self.means.database.snapshot():
            too_early = find_too_early(self.means.database, ids)
            found = list(Delivery.select().where(Delivery.id.in_([each for each in ids if each not in too_early])))
            fill_bodies(found)
            return {each.id: (each, self._prepared(each)) for each in found}, too_early

    def _prepared(self, delivery: Delivery) -> Recipient | Rejection:
        try:
            return self.means.prepare(delivery)
        except (SiloError, peewee.PeeweeException):  # the database's failure is nobody's fault here
            raise
        except Exception as exc:
            log.exception("webhooks.preparing_failed", delivery_id=delivery.id, exc_info=exc)
            return Rejection(Internal.reason, f"Preparing failed with {type(exc).__name__}.", permanent=False)

    def _call(self, claimed: Claim, delivery: Delivery, recipient: Recipient, *, is_retry: bool) -> None:
        app_id, host = delivery.sentry_app_id, recipient.host
        # It is known only now where the call goes; most go where the one before them went.
        if not self.means.places.room(app_id, is_retry=is_retry, host=host):
            release(self.means.database, [claimed])
            return
        attempt = make_attempt(delivery, recipient, at=self.means.clock.now())
        try:
            future = self.means.client.submit(attempt.request)
        except Cancelled:  # this process is about to end
            # Due at once for another process, and no attempt is counted.
            release(self.means.database, [claimed])
            raise
        place = self.means.places.take(app_id, host=host, is_retry=is_retry)
        self._under_way[future] = _UnderWay(claimed=claimed, attempt=attempt, place=place)
        self.means.leases.hold([claimed])
        future.add_done_callback(lambda _: self.bell.ring())


def _standing(outcome: Outcome) -> Standing | None:
    """How an app stands by the outcome of a call to it; None: it says nothing of it."""
    if isinstance(outcome, Cancelled):
        return None
    return Standing.HANGING if _timed_out(outcome) else Standing.QUICK


def _timed_out(outcome: Outcome) -> bool:
    """Whether the call took all the time that there is, in its answer or before."""
    return isinstance(outcome, AppTooSlow | AppStalled) or (isinstance(outcome, AppAnswer) and outcome.is_late)


def _outcome(future: "Future[AppAnswer]") -> Outcome:
    """Whatever it is, this delivery is judged and the others go on."""
    try:
        return outcome_of(future)
    except Exception as exc:
        log.exception("webhooks.call_failed", exc_info=exc)
        return Internal(f"The call failed with {type(exc).__name__}.")
