"""What is wrong between this silo and the apps that it calls: open circuits, and deliveries that were given up.

Owns the table of it, which every worker of the silo writes, and its revision, by which whoever is told knows the newer
of two reports. Only what changes is written: an app that stays as it is costs nothing. Refuses to know who is told.
"""

from collections.abc import Collection, Iterable
from dataclasses import dataclass
from datetime import datetime

import peewee

from shared.database.columns import InstantField
from shared.database.database import Database
from shared.database.model import Model
from shared.database.statement import among, now
from shared.database.transaction import Transaction

MAX_REPORTED = 10_000
"""Apps in one report; it would take as many that fail at once to leave one out."""


class AppHealth(Model):
    """An app that something was wrong with once, as far as this silo has called it."""

    sentry_app_id = peewee.BigIntegerField(primary_key=True)
    circuit_opened_at = InstantField(null=True)
    """Since when it is left alone, but for probes; null: it is not."""
    parked_at = InstantField(null=True)
    """When the first delivery was given up since the app answered last; null: none was."""

    class Meta:
        table_name = "app_health"


@dataclass(frozen=True, kw_only=True)
class IllApp:
    """What is wrong with one app; at least one of the two."""

    sentry_app_id: int
    circuit_opened_at: datetime | None = None
    parked_at: datetime | None = None


@dataclass(frozen=True)
class HealthReport:
    """All that is wrong, as far as one silo knows."""

    revision: int
    """Greater than that of every earlier report of the silo, also after its database was put back."""
    apps: tuple[IllApp, ...]


def note_circuit(tx: Transaction, sentry_app_id: int, *, is_open: bool, at: datetime) -> None:
    """Notes that an app's circuit has opened or closed; a worker that finds it noted already changes nothing."""
    _note(tx, "circuit_opened_at", [sentry_app_id], is_wrong=is_open, at=at)


def count_on(tx: Transaction, *, at: datetime) -> None:
    """Gives the next report a revision of its own, also where nothing has changed."""
    # By the time, so that a copy of the database that was put back goes on above what it has said before.
    microseconds = int(at.timestamp() * 1_000_000)
    tx.database.rows(
        "UPDATE app_health_revision SET revision = CASE WHEN revision >= ? THEN revision + 1 ELSE ? END",
        (microseconds, microseconds),
    )


class WithParked:
    """The apps of which something was given up since they answered last, as a worker knows them.

    Known from a look once a second, so that an answer of an app that is well costs nothing. What another worker has
    noted since then is cleared by the answer after the next.
    """

    def __init__(self, database: Database) -> None:
        self._database = database
        self._apps: frozenset[int] | None = None
        """None before the first look: any app may be one, and what it answers clears it."""
        self._added: frozenset[int] = frozenset()
        """Those that were noted since the last look began."""

    def look(self) -> None:
        # What is noted while the rows are read may not be among them yet.
        self._added = frozenset()
        with self._database.session():
            rows = self._database.rows("SELECT sentry_app_id FROM app_health WHERE parked_at IS NOT NULL")
        self._apps = frozenset(app_id for (app_id,) in rows) | self._added

    def note(self, tx: Transaction, *, given_up: Collection[int], answered: Collection[int], at: datetime) -> None:
        """Notes that deliveries to apps were given up, and that others have answered for good."""
        _note(tx, "parked_at", given_up, is_wrong=True, at=at)
        cleared = set(answered) if self._apps is None else self._apps.intersection(answered)
        _note(tx, "parked_at", cleared, is_wrong=False, at=at)
        # Only more than is so, if the transaction comes to nothing: the next look knows better.
        tx.after_commit(lambda: self._add(given_up))

    def _add(self, app_ids: Collection[int]) -> None:
        self._added |= frozenset(app_ids)
        if self._apps is not None:
            self._apps |= self._added


def read_report(database: Database) -> HealthReport:
    """What is wrong now."""
    with database.snapshot():
        ((revision,),) = database.rows("SELECT revision FROM app_health_revision")
        ill = AppHealth.select().where(~AppHealth.circuit_opened_at.is_null() | ~AppHealth.parked_at.is_null())
        apps = [
            IllApp(sentry_app_id=each.sentry_app_id, circuit_opened_at=each.circuit_opened_at, parked_at=each.parked_at)
            for each in ill.order_by(AppHealth.sentry_app_id).limit(MAX_REPORTED)
        ]
    return HealthReport(int(revision), tuple(apps))


def _note(tx: Transaction, column: str, sentry_app_ids: Iterable[int], *, is_wrong: bool, at: datetime) -> None:
    # In one order: two workers that note the same apps do not wait for each other crosswise.
    ids = sorted(set(sentry_app_ids))
    if ids and (_set(tx, column, ids) if is_wrong else _clear(tx, column, ids)):
        # Last, and so held for no longer than it has to be: every change of any app waits for it.
        count_on(tx, at=at)


def _set(tx: Transaction, column: str, ids: Collection[int]) -> bool:
    statement = (
        f"INSERT INTO app_health (sentry_app_id, {column}) VALUES (?, {now(tx.database)}) "  # noqa: S608 - names of ours
        f"ON CONFLICT (sentry_app_id) DO UPDATE SET {column} = excluded.{column} "
        f"WHERE app_health.{column} IS NULL RETURNING sentry_app_id"
    )
    return sum(len(tx.database.rows(statement, (each,))) for each in ids) > 0


def _clear(tx: Transaction, column: str, ids: Collection[int]) -> bool:
    wanted, values = among(tx.database, ids)
    statement = f"UPDATE app_health SET {column} = NULL WHERE sentry_app_id {wanted} AND {column} IS NOT NULL"  # noqa: S608
    return bool(tx.database.rows(f"{statement} RETURNING sentry_app_id", values))
