"""When a destination is compared: as its lane opens, when it answers again, when somebody wants it, and every so often.

Owns the thread of a destination, its waits, and what is noted of each round. What a round does is ``comparison``'s.
"""

import random
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass

import structlog

from shared.database.database import Database
from shared.database.statement import in_seconds, now
from shared.database.transaction import Transaction
from shared.errors import Internal, SiloError
from shared.outbox.breaker import Backoff
from shared.outbox.comparison import ROUND_SECONDS, Comparison, Interrupted, Pause, Round
from shared.outbox.difference import Sort
from shared.outbox.digest import BUCKETS
from shared.outbox.kind import Kinds
from shared.pb.hybridcloud.replication.v1 import replica_service_pb2_grpc
from shared.rpc.aliases import Channel

log = structlog.get_logger(__name__)

POLL_SECONDS = 1.0
"""How late a comparison begins at most that somebody wants or that is due."""
STOP_SECONDS = 1.0
RETRY = Backoff(base_seconds=0.5, cap_seconds=10.0)
"""Between rounds that did not come to their end: a silo that was away is compared soon after it answers again."""
_SORTS = {sort: sort.value.replace(" ", "_") for sort in Sort}
"""The column of each sort."""
# Enough to see what they have in common; a log line of thousands would be cut off where it is collected.
_SHOWN = 10
"""Objects that the log names at most."""


@dataclass(frozen=True)
class Compared:
    """What may be compared, and how often."""

    kinds: Kinds
    channel: Callable[[str], Channel]
    """Gives the channel to a destination; raises ``RegionNotFound`` while its address is not known."""
    every_seconds: int
    """0: never."""


class Comparing:
    """The thread that compares one destination."""

    def __init__(self, database: Database, destination: str, compared: Compared, *, rng: random.Random) -> None:
        self._database = database
        self._destination = destination
        self._compared = compared
        self._rng = rng
        self._wanted = threading.Event()
        self._stopping = threading.Event()
        self._failures = 0
        # A thread of its own: a round takes minutes, and messages of the same destination must not wait for it.
        self._thread = threading.Thread(target=self._run, name=f"outbox-compare-{destination}", daemon=True)

    def start(self) -> None:
        if self._compared.every_seconds:
            self._thread.start()

    def stop(self) -> None:
        self._stopping.set()
        self._wanted.set()

    def join(self, timeout_seconds: float) -> None:
        """Waits until the thread has ended; a call that hangs is left behind."""
        if self._thread.is_alive():
            self._thread.join(timeout_seconds)

    def want(self) -> None:
        """Compares soon: the destination answers again."""
        self._wanted.set()

    def run_once(self, *, pause: Pause | None = None) -> Round:
        """Makes one round, and notes what it came to.

        Args:
            pause: what lets messages be delivered between steps; None: waiting, until the thread is to stop.

        Raises:
            Interrupted: the thread is to stop.
            SiloError: the round did not come to its end.
        """
        # Noted first, so that other processes with a lane to it see that it is no turn of theirs.
        _begin(self._database, self._destination)
        stub = replica_service_pb2_grpc.ReplicaServiceStub(self._compared.channel(self._destination))
        begun = time.monotonic()
        comparison = Comparison(
            self._database,
            self._compared.kinds,
            self._destination,
            stub,
            pause=pause or self._stopping.wait,
            ends_at=begun + ROUND_SECONDS,
            # By chance, and another one each time: nobody has to remember where the last round was.
            anew_from=self._rng.randrange(BUCKETS),
        )
        try:
            result = comparison.run()
        except SiloError:
            # What was mended is counted, whatever came of the rest.
            _note(self._database, self._destination, comparison.result, is_complete=False)
            raise
        _note(self._database, self._destination, result, is_complete=True)
        self._say(result, seconds=time.monotonic() - begun)
        return result

    def _run(self) -> None:
        is_due = True  # what happened while nobody had a lane to the destination, no message tells of
        while not self._stopping.is_set():
            if is_due:
                is_due = not self._attempt()
            # A round that failed is begun again soon, and later each time; otherwise the table is looked at every
            # second.
            wait = RETRY.seconds(self._failures, rng=self._rng) if is_due else POLL_SECONDS
            is_due |= self._wanted.wait(wait)
            # Cleared before the look, so that what is wanted meanwhile is seen at the next turn.
            self._wanted.clear()
            is_due = is_due or self._is_turn()

    def _attempt(self) -> bool:
        """Whether a round came to its end."""
        try:
            self.run_once()
        except Interrupted:
            return False
        except Internal:
            # Not soon again: what is in no order is not so for a moment, and to be asked costs its asker much.
            log.exception("outbox.comparison_failed", destination=self._destination)
            return True
        except SiloError as exc:
            self._failures += 1
            log.info("outbox.comparison_unfinished", destination=self._destination, reason=exc.reason)
            return False
        except Exception as exc:
            self._failures += 1
            log.exception("outbox.comparison_failed", destination=self._destination, exc_info=exc)
            return False
        self._failures = 0
        return True

    def _is_turn(self) -> bool:
        statement = f"""
            SELECT 1 FROM outbox_comparison
            WHERE destination = ? AND (wanted_at IS NOT NULL OR begun_at <= {in_seconds(self._database)})"""
        try:
            with self._database.session():
                return bool(self._database.rows(statement, (self._destination, -float(self._compared.every_seconds))))
        # The database does not answer; whether it is this one's turn can wait until it does.
        except SiloError:
            return False

    def _say(self, result: Round, *, seconds: float) -> None:
        log.info(
            "outbox.compared",
            destination=self._destination,
            seconds=round(seconds, 3),
            objects=result.objects,
            mended=result.mended,
            **{_SORTS[sort]: count for sort, count in sorted(result.found.items())},
        )
        if result.unmended:
            shown = [f"{category} {object_id}" for category, object_id in result.unmended[:_SHOWN]]
            log.warning("outbox.unmended", destination=self._destination, count=len(result.unmended), objects=shown)


def want_comparison(tx: Transaction, destination: str) -> None:
    """Has a destination compared once this commits, by whichever process has a lane to it."""
    columns, zeros = _columns()
    tx.database.rows(
        # Wanted in the table and not by a bell: the process that has the lane may be another one.
        f"INSERT INTO outbox_comparison (destination, wanted_at, {columns}) "
        f"VALUES (?, {now(tx.database)}, {zeros}) "
        "ON CONFLICT (destination) DO UPDATE SET wanted_at = excluded.wanted_at",
        (destination,),
    )


def _begin(database: Database, destination: str) -> None:
    columns, zeros = _columns()
    with database.transaction():
        database.rows(
            f"INSERT INTO outbox_comparison (destination, begun_at, {columns}) "
            f"VALUES (?, {now(database)}, {zeros}) "
            "ON CONFLICT (destination) DO UPDATE SET begun_at = excluded.begun_at, wanted_at = NULL",
            (destination,),
        )


def _note(database: Database, destination: str, result: Round, *, is_complete: bool) -> None:
    # Added up by the database: two processes that compare one destination at once lose no count.
    counted = ", ".join(f"{column} = {column} + ?" for column in (*_SORTS.values(), "mended"))
    ended = f", rounds = rounds + 1, objects = ?, unmended = ?, compared_at = {now(database)}" if is_complete else ""
    values = [*(result.found[sort] for sort in _SORTS), result.mended]
    values += [result.objects, len(result.unmended)] if is_complete else []
    with database.transaction():
        database.rows(f"UPDATE outbox_comparison SET {counted}{ended} WHERE destination = ?", (*values, destination))


def _columns() -> tuple[str, str]:
    """The columns that count, and what they count from."""
    columns = ("rounds", "objects", *_SORTS.values(), "mended", "unmended")
    return ", ".join(columns), ", ".join("0" for _ in columns)
