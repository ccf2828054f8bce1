"""What the outbox looks like now: backlog, parked messages and age, per destination. Reads only."""

from collections import defaultdict
from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import datetime

from shared.clock import Clock
from shared.database.columns import parse_instant
from shared.database.database import Database
from shared.database.statement import marks, now
from shared.outbox.breaker import BreakerState
from shared.outbox.difference import Sort
from shared.outbox.message import MessageState, OutboxComparison
from shared.outbox.operate import read_pauses


@dataclass(frozen=True)
class ComparisonStatus:
    """What comparing a destination in the background came to."""

    compared_at: datetime
    """When the last comparison ended."""
    rounds: int
    objects: int
    """That the destination should hold, at the last one."""
    found: Mapping[Sort, int]
    """Differences of all time."""
    mended: int
    """Differences of all time that were made due again."""
    unmended: int
    """At the last one, differences that this silo cannot mend."""


@dataclass
class DestinationStatus:
    """One destination as operators see it."""

    destination: str
    backlog: dict[str, int] = field(default_factory=dict)
    """Undelivered messages by category, parked ones not counted."""
    parked_by_category: dict[str, int] = field(default_factory=dict)
    awaiting_upgrade: dict[str, int] = field(default_factory=dict)
    """By category, messages that the destination is too old to know what to do with; they are of no backlog."""
    oldest_age_seconds: dict[str, float] = field(default_factory=dict)
    """By category, the age of the undelivered message that has waited longest."""
    lag_p50_seconds: float | None = None
    """Over the last deliveries; None while there were none."""
    lag_p99_seconds: float | None = None
    breaker: BreakerState = BreakerState.CLOSED
    failing: int = 0
    """Messages of which the last attempt failed, parked or not."""
    last_error: str | None = None
    """Why one of those failed; where there is none, why the destination could not be called."""
    paused_at: datetime | None = None
    """Since when nothing is claimed for it; None: it is not paused."""
    comparison: ComparisonStatus | None = None
    """None: there was no comparison yet."""

    @property
    def parked(self) -> int:
        return sum(self.parked_by_category.values())

    @property
    def categories(self) -> list[str]:
        """Those that have messages, by name."""
        return sorted({*self.backlog, *self.parked_by_category, *self.awaiting_upgrade})

    @property
    def oldest_seconds(self) -> float:
        return max(self.oldest_age_seconds.values(), default=0.0)


def list_destinations(database: Database) -> list[DestinationStatus]:
    """Every destination that has a message, was seen by a worker or is paused, by name. Needs a session."""
    found: defaultdict[str, DestinationStatus] = defaultdict(lambda: DestinationStatus(""))
    for destination, breaker, p50, p99, error in database.rows(
        "SELECT destination, breaker, lag_p50_seconds, lag_p99_seconds, last_error FROM outbox_destination"
    ):
        found[destination] = DestinationStatus(
            destination, lag_p50_seconds=p50, lag_p99_seconds=p99, breaker=BreakerState(breaker), last_error=error
        )
    # One statement for all destinations: an operator looks while there is a backlog, of which one look is enough.
    for destination, category, state, count, oldest, failing, error, at in database.rows(
        "SELECT destination, category, state, count(*), min(enqueued_at), "
        f"count(last_error), max(last_error), {now(database)} FROM outbox GROUP BY 1, 2, 3"
    ):
        status = found[destination]
        # A destination may have messages before any worker has seen it, and be paused without having any.
        status.destination = destination
        if state == MessageState.AWAITING_UPGRADE:
            status.awaiting_upgrade[category] = count
            continue
        status.failing += failing
        status.last_error = error or status.last_error
        if state == MessageState.PARKED:
            status.parked_by_category[category] = count
        else:
            status.backlog[category] = count
            # Both readings are the database's; never below zero, which a dashboard would show as nonsense.
            status.oldest_age_seconds[category] = max(0.0, (parse_instant(at) - parse_instant(oldest)).total_seconds())
    for destination, paused_at in read_pauses().items():
        found[destination].destination = destination
        found[destination].paused_at = paused_at
    for destination, comparison in _list_comparisons():
        found[destination].destination = destination
        found[destination].comparison = comparison
    return [found[name] for name in sorted(found)]


def measure_skew(database: Database, *, clock: Clock) -> float:
    """How many seconds a machine's clock is ahead of its database's; negative: behind.

    Nothing that is due depends on it. Signatures, stamps and what people see do.
    """
    with database.session():
        before = clock.now()
        [(at,)] = database.rows(f"SELECT {now(database)}")
        after = clock.now()
    # The database was asked in between; half the way there and back is as close as one question comes.
    return (before + (after - before) / 2 - parse_instant(at)).total_seconds()


def _list_comparisons() -> Iterator[tuple[str, ComparisonStatus]]:
    """By destination, what came of those that came to their end."""
    for row in OutboxComparison.select().where(~OutboxComparison.compared_at.is_null()):
        counts = {Sort.MISSING: row.missing, Sort.BEHIND: row.behind, Sort.AHEAD: row.ahead}
        counts |= {Sort.ALTERED: row.altered, Sort.LEFT_OVER: row.left_over}
        yield (
            row.destination,
            ComparisonStatus(row.compared_at, row.rounds, row.objects, counts, row.mended, row.unmended),
        )


def record_destination(database: Database, status: DestinationStatus) -> None:
    """Writes what a worker saw of a destination."""
    # One row a destination, whichever process wrote last: any number of workers may have a lane to it.
    with database.transaction() as tx:
        tx.database.rows(
            "INSERT INTO outbox_destination "
            "(destination, breaker, lag_p50_seconds, lag_p99_seconds, last_error, seen_at) "
            f"VALUES (?, ?, ?, ?, ?, {now(database)}) "
            "ON CONFLICT (destination) DO UPDATE SET breaker = excluded.breaker, "
            "lag_p50_seconds = excluded.lag_p50_seconds, lag_p99_seconds = excluded.lag_p99_seconds, "
            "last_error = excluded.last_error, seen_at = excluded.seen_at",
            (
                status.destination,
                status.breaker,
                status.lag_p50_seconds,
                status.lag_p99_seconds,
                status.last_error,
            ),
        )


def is_waiting(database: Database, destination: str, objects: Collection[tuple[str, int]]) -> bool:
    """Whether a message about one of these ``(category, object_id)`` is still to be delivered. Needs a session."""
    # By id alone, and the pairs compared here: few objects share one, and the engines have no common word for a list of
    # pairs.
    ids = [object_id for _, object_id in objects]
    waiting = database.rows(
        f"SELECT category, object_id FROM outbox WHERE destination = ? AND state = ? AND object_id IN ({marks(ids)})",
        (destination, MessageState.DUE.value, *ids),
    )
    return not set(waiting).isdisjoint(objects)
