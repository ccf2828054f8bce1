"""The replication worker: one lane per destination, each waking on commit and polling as the net.

Owns threads and waiting. What happens to a batch is ``drain``'s; what a destination is, the silo's.
"""

import random
import threading
import time
from collections import deque
from collections.abc import Callable, Iterable, Sequence

import structlog

from shared.clock import Clock
from shared.database.database import Database
from shared.errors import SiloError
from shared.outbox.breaker import Breaker, BreakerState
from shared.outbox.comparing import Compared, Comparing
from shared.outbox.drain import Destination, Drain, DrainResult
from shared.outbox.lease import Leases
from shared.outbox.listen import Listener
from shared.outbox.message import kept_error
from shared.outbox.operate import forget_destination
from shared.outbox.status import DestinationStatus, record_destination
from shared.wake import EVERY_DESTINATION

log = structlog.get_logger(__name__)

POLL_SECONDS = 1.0
"""How long a lane sleeps at most when no bell rings; also how late a new destination gets its lane at most."""
STOP_SECONDS = 1.5
"""How long a stopping worker waits for calls under way."""
HELPERS = 2
"""Threads that help a lane with a backlog, so that as many calls and one are under way."""
RECORD_SECONDS = 1.0
"""How often a lane writes down what it saw."""
# Enough for a 99th percentile; a busy lane sees the last seconds by them, an idle one the last hours.
_LAGS_KEPT = 1000


class Worker:
    """Drains every destination until stopped. Any number of workers may share one outbox."""

    def __init__(
        self,
        database: Database,
        *,
        clock: Clock,
        list_destinations: Callable[[], Iterable[str]],
        open_destination: Callable[[str], Destination],
        compared: Compared | None = None,
        seed: int | None = None,
    ) -> None:
        """Args:
        database: where the outbox is.
        clock: for how long things take.
        list_destinations: names of the silos to drain for now; asked once per ``POLL_SECONDS``.
        open_destination: gives the port to one of them; called once per name.
        compared: what is compared in the background; None: nothing is.
        seed: of the backoff's randomness, for tests.
        """
        self._database = database
        self._clock = clock
        self._list_destinations = list_destinations
        self._open_destination = open_destination
        self._compared = compared
        self._rng = random.Random(seed)
        self._leases = Leases(database)
        self._lanes: dict[str, Lane] = {}
        self._stopping = threading.Event()
        self._news = database.wake.listen(EVERY_DESTINATION)
        self._supervisor = threading.Thread(target=self._supervise, name="outbox", daemon=True)
        address = database.listen_address
        # Only PostgreSQL can tell other processes of a commit at once; on SQLite the file's change does.
        self._listener = Listener(database, address=address) if address else None

    def start(self) -> None:
        if self._listener:
            self._listener.start()
        self._leases.start()
        self._supervisor.start()

    def stop(self) -> None:
        """Ends every lane after its current batch. Idempotent, and harmless before ``start``."""
        self._stopping.set()
        self._news.set()
        # One bound for all that follows: an operator's five seconds are also those of the servers.
        give_up_at = time.monotonic() + STOP_SECONDS
        if self._supervisor.is_alive():
            self._supervisor.join(STOP_SECONDS)
        lanes, self._lanes = self._lanes, {}
        # All are told before any is waited for, so that stopping lasts as long as the slowest lane, not as their sum.
        for lane in lanes.values():
            lane.stop()
        for lane in lanes.values():
            lane.join(max(0.0, give_up_at - time.monotonic()))
        self._leases.stop()
        if self._listener:
            self._listener.stop()

    def _supervise(self) -> None:
        while not self._stopping.is_set():
            try:
                names = set(self._list_destinations())
                for name in sorted(names - self._lanes.keys()):
                    self._open_lane(name)
                # A region that was given up, or whose database was lost, must not be called any more.
                for name in sorted(self._lanes.keys() - names):
                    self._close_lane(name)
            except SiloError as exc:
                log.warning("outbox.destinations_unknown", reason=exc.reason)
            # A supervisor that ended would leave new regions without a lane until somebody restarts the process.
            except Exception as exc:
                log.exception("outbox.supervisor_failed", exc_info=exc)
            self._news.wait(POLL_SECONDS)
            self._news.clear()

    def _close_lane(self, name: str) -> None:
        """Ends the lane to a destination that is no more, and takes away what it has written down meanwhile."""
        lane = self._lanes.pop(name)
        lane.stop()
        # Before it is forgotten: the lane's last word would else write it down again.
        lane.join(STOP_SECONDS)
        with self._database.transaction() as tx:
            forget_destination(tx, name)
        log.info("outbox.lane_closed", destination=name)

    def _open_lane(self, name: str) -> None:
        drain = Drain(self._database, name, self._open_destination(name), self._clock, self._rng, self._leases)
        comparing = Comparing(self._database, name, self._compared, rng=self._rng) if self._compared else None
        self._lanes[name] = Lane(drain, breaker=Breaker(self._clock, rng=self._rng), comparing=comparing)
        self._lanes[name].start()


class Lane:
    """The threads of one destination: one that listens, some that help it with a backlog, and one that compares.

    A call is under way most of the time that a batch takes. While there is a backlog the helpers' calls overlap with
    the other's: each reads, sends or acknowledges while the region applies what another has sent. What is claimed by
    one is passed over by the others. Without a backlog they sleep, so that a single message wakes one thread and is
    asked for once.
    """

    def __init__(self, drain: Drain, *, breaker: Breaker, comparing: Comparing | None = None) -> None:
        self._drain = drain
        self._breaker = breaker
        self._comparing = comparing
        self._bell = drain.database.wake.listen(drain.name)
        self._stopping = threading.Event()
        self._lags: deque[float] = deque(maxlen=_LAGS_KEPT)
        self._last_error: str | None = None
        self._has_failed_here = False
        self._recorded_at: float | None = None
        self._unrecorded = True
        self._backlog = threading.Event()
        self._noting = threading.Lock()
        name = f"outbox-{drain.name}"
        # Daemons all: a call that hangs must not keep the process from ending.
        self._threads = [threading.Thread(target=self._run, name=name, daemon=True)]
        self._threads += [
            threading.Thread(target=self._help, name=f"{name}-backlog", daemon=True) for _ in range(HELPERS)
        ]

    def start(self) -> None:
        for thread in self._threads:
            thread.start()
        if self._comparing:
            self._comparing.start()

    def stop(self) -> None:
        self._stopping.set()
        self._bell.set()
        self._backlog.set()
        if self._comparing:
            self._comparing.stop()

    def join(self, timeout_seconds: float) -> None:
        """Waits until the threads have ended; a call that hangs is left behind."""
        give_up_at = time.monotonic() + timeout_seconds
        for thread in self._threads:
            thread.join(max(0.0, give_up_at - time.monotonic()))
        if self._comparing:
            self._comparing.join(max(0.0, give_up_at - time.monotonic()))
        self._drain.database.wake.unlisten(self._drain.name, self._bell)

    def _run(self) -> None:
        try:
            self._drain_until_stopped()
        finally:
            # The last word is not held back by RECORD_SECONDS: nobody comes after it.
            self._recorded_at = None
            self._record()

    def _drain_until_stopped(self) -> None:
        while not self._stopping.is_set():
            # The bell does not shorten this wait: a busy writer must not hammer a silo that is down.
            if self._stopping.wait(self._breaker.wait_seconds()):
                return
            # Cleared before the claim: what commits after it rings for the next turn, and nothing is slept through.
            self._bell.clear()
            result = self._drain_once()
            if result.is_full:
                self._backlog.set()
            # After a batch the next one is looked for at once: there may be more than was claimed.
            if not (result.claimed or result.away or self._stopping.is_set()):
                self._bell.wait(POLL_SECONDS)

    def _help(self) -> None:
        # Without a timeout: it sleeps until a full batch says that there is a backlog, or the lane ends.
        while self._backlog.wait() and not self._stopping.is_set():
            # Only beside a lane that delivers: when the destination is to be tried again is for that one to say.
            if self._breaker.state is BreakerState.OPEN or not self._drain_once().is_full:
                self._backlog.clear()
                if self._stopping.is_set():
                    self._backlog.set()  # it was set to end all helpers, and each of them may look late

    def _drain_once(self) -> DrainResult:
        try:
            result = self._drain.run_once()
        except SiloError as exc:
            result = DrainResult(away=exc)
        except Exception as exc:
            log.exception("outbox.lane_failed", destination=self._drain.name, exc_info=exc)
            # Taken for an absence, so that a fault of ours is tried again with pauses and never in a tight loop.
            result = DrainResult(away=SiloError("The worker failed; its log says why."))
        self._note(result)
        return result

    def _note(self, result: DrainResult) -> None:
        # Two threads note for one breaker, which must see one end of a call after the other.
        with self._noting:
            self._note_alone(result)

    def _note_alone(self, result: DrainResult) -> None:
        before = self._breaker.state
        if result.away:
            self._breaker.failed()
            self._last_error = kept_error(result.away.reason, result.away.message)
        elif result.claimed or self._has_failed_here:
            self._breaker.succeeded()
            self._last_error = None
        # Nothing was claimed: this silo's own database failed. The next time that nothing is due, it works again.
        self._has_failed_here = bool(result.away) and not result.claimed
        if self._breaker.state is not before:
            if self._comparing and self._breaker.state is BreakerState.CLOSED:
                # It may come back with an older database, of which no message tells.
                self._comparing.want()
            log.info("outbox.breaker", destination=self._drain.name, state=self._breaker.state, error=self._last_error)
        self._lags.extend(result.lags_seconds)
        self._unrecorded = self._unrecorded or bool(result.claimed) or self._breaker.state is not before
        self._record()

    def _record(self) -> None:
        now = time.monotonic()
        is_recent = self._recorded_at is not None and now - self._recorded_at < RECORD_SECONDS
        if is_recent or not self._unrecorded:
            return
        # What is waiting is not in it: that is counted when somebody asks, by the table itself.
        status = DestinationStatus(
            self._drain.name,
            lag_p50_seconds=_quantile(self._lags, 0.50),
            lag_p99_seconds=_quantile(self._lags, 0.99),
            breaker=self._breaker.state,
            last_error=self._last_error,
        )
        try:
            record_destination(self._drain.database, status)
        except SiloError as exc:
            log.warning("outbox.status_unrecorded", reason=exc.reason)
            return
        except Exception as exc:
            log.exception("outbox.status_unrecorded", exc_info=exc)
            return
        self._recorded_at, self._unrecorded = now, False


def _quantile(values: Sequence[float] | deque[float], q: float) -> float | None:
    ordered = sorted(values)
    return ordered[min(len(ordered) - 1, int(q * len(ordered)))] if ordered else None
