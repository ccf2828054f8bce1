"""Sending deliveries, in two lanes: first attempts at apps that answer at once, and everything else.

Which apps are looked at is known by their bells, by the calls that end, and by a look at everything once a second, on a
thread of its own: what thousands of apps that do not answer have waiting is nothing that the others wait for.
"""

import random
import threading
from collections.abc import Callable

import structlog

from shared.clock import Clock
from shared.database.database import Database
from shared.errors import SiloError
from shared.outbox.lease import Leases
from shared.outgoing.client import AppClient
from shared.webhooks.circuit import Circuits
from shared.webhooks.due import find_apps_with_due
from shared.webhooks.health import WithParked
from shared.webhooks.lane import Lane, Means, Prepare
from shared.webhooks.places import Places

log = structlog.get_logger(__name__)

POLL_SECONDS = 1.0
"""Between two looks at everything that is due: a retry comes at most so much late."""
TURN_SECONDS = 0.25
"""Between two turns while nothing happens: so late is a call at most that takes too long set apart."""
STOP_SECONDS = 1.5
"""How long a stopping sender waits for what it is doing."""


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
        self._leases = Leases(database)
        self._circuits = Circuits(database, clock)
        self._parked = WithParked(database)
        means = Means(
            database=database,
            clock=clock,
            client=client,
            prepare=prepare,
            rng=random.Random(seed),  # noqa: S311 - jitter
            places=Places(),
            circuits=self._circuits,
            parked=self._parked,
            leases=self._leases,
        )
        # Two lanes share the places: what the one may begin, the other cannot.
        self._lanes = [Lane(means, database.wake.listen_to_apps(), is_quick=is_quick) for is_quick in (True, False)]
        self._stopping = threading.Event()
        self._threads = [
            *(threading.Thread(target=self._run, args=(lane,), name=lane.name, daemon=True) for lane in self._lanes),
            # Apart from the lanes, since this look at everything takes longer the more is due.
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
        for lane in self._lanes:
            lane.bell.ring()
        for thread in self._threads:
            if thread.is_alive():
                thread.join(STOP_SECONDS)
        self._leases.stop()

    def send_due(self) -> int:
        """Starts a call for each due delivery that there is a place for; answers how many were claimed."""
        self._look_once()
        return sum(lane.send_all() for lane in self._lanes)

    def settle_ended(self) -> int:
        """Writes down what became of the calls that have ended; answers how many."""
        return sum(lane.settle_ended() for lane in self._lanes)

    def wait(self) -> None:
        """Returns when every call under way has ended."""
        for lane in self._lanes:
            lane.wait()

    def _load(self) -> bool:
        self._circuits.load()
        return True

    def _run(self, lane: Lane) -> None:
        while not self._stopping.is_set():
            if not _tried(lane.turn):
                lane.bell.wait(TURN_SECONDS)
        # What has ended is written down before the process does; what has not is due again when its lease ends.
        lane.settle_last()

    def _look(self) -> None:
        """Rings for whatever is due without a bell: retries, and what another process left."""
        # Circuits are in the database, so that an app that hangs is not called anew by each process that starts.
        _tried(self._load)
        while not self._stopping.wait(POLL_SECONDS):
            _tried(self._look_once)

    def _look_once(self) -> bool:
        self._parked.look()
        looked = find_apps_with_due(self._database)
        for lane in self._lanes:
            # Given before the bell, which says that there is something new to look at.
            lane.looked = looked
            lane.bell.ring()
        return bool(looked)


def _tried(do: Callable[[], bool]) -> bool:
    """What it answers; false when it cannot be done now, which is said in the log."""
    try:
        return do()
    except SiloError as exc:
        log.warning("webhooks.sender_waits", reason=exc.reason)
    except Exception as exc:
        log.exception("webhooks.sender_failed", exc_info=exc)
    return False
